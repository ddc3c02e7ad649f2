// Pure: no I/O, no clock.
import { PRIVATE_NO_STORE } from '../http/cache-control.ts';
import { failed, type Result, success } from '../runtime/result.ts';

/**
 * What of a provider's response headers reaches the client: what its SDKs and its rate limits need, and
 * nothing that speaks of the servers behind.
 */
export const PASSED_HEADERS = [
  'content-type',
  'content-language',
  'link',
  'ory-error-id',
  'ratelimit',
  'ratelimit-limit',
  'ratelimit-policy',
  'ratelimit-remaining',
  'ratelimit-reset',
  'retry-after',
  'www-authenticate',
  'x-kratos-authenticated-identity-id',
  'x-ory-ratelimit-bucket',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-request-id',
  'x-total-count',
] as const;

/**
 * The provider's response as the client gets it: status and body as sent, known headers, kept by no cache.
 * An API that answers with a redirect is not the API: following or passing it would reach somewhere else.
 */
export function passThrough(response: Response): Result<Response, 'upstream_not_valid'> {
  if (response.status >= 300 && response.status < 400) return failed('upstream_not_valid');
  const { status } = response;
  return success(new Response(response.body, { status, headers: passedHeaders(response) }));
}

/** The headers of a provider's response that reach the client, `Cache-Control` of our own among them. */
export function passedHeaders(response: Response, more: readonly string[] = []): Headers {
  const headers = new Headers();
  for (const name of [...PASSED_HEADERS, ...more]) {
    const value = response.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  headers.set('cache-control', PRIVATE_NO_STORE);
  headers.set('x-content-type-options', 'nosniff');
  return headers;
}

// Pure: no I/O, no clock.
import { PRIVATE_NO_STORE } from '../http/cache-control.ts';
import { failed, type Result, success } from '../runtime/result.ts';

/**
 * The response headers of a provider that reach the client: those that the provider's SDKs and rate limits need.
 * Keycard's SDKs obey `retry-after-ms` and `x-should-retry` (`keycardai_api/_base_client.py`).
 * Headers that describe the servers behind Postern are left out.
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
  'retry-after-ms',
  'www-authenticate',
  'x-kratos-authenticated-identity-id',
  'x-ory-ratelimit-bucket',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-request-id',
  'x-should-retry',
  'x-total-count',
] as const;

/**
 * Returns the provider's response for the client: status and body as sent, known headers only, and no caching. An API
 * does not answer with a redirect. So a redirect is a fault: following it, or passing it on, would reach another
 * server.
 */
export function passThrough(response: Response): Result<Response, 'upstream_not_valid'> {
  if (response.status >= 300 && response.status < 400) return failed('upstream_not_valid');
  const { status } = response;
  return success(new Response(response.body, { status, headers: passedHeaders(response) }));
}

/** Returns the headers of a provider's response that reach the client, with Postern's own `Cache-Control`. */
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

/** The headers of a busy provider that say when to try again. Keycard's SDKs obey all three. */
export type RetryHeaders = Readonly<Record<string, string>>;

const RETRY_HEADERS = ['retry-after', 'retry-after-ms', 'x-should-retry'];

export function retryHeaders({ headers }: Response): RetryHeaders {
  return Object.fromEntries([...headers].filter(([name]) => RETRY_HEADERS.includes(name)));
}

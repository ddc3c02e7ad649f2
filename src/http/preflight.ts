// Pure: no I/O, no clock.
import { PRIVATE_NO_STORE } from './cache-control.ts';

/** The origin and the method of the cross-origin request that a preflight announces. */
export interface Asked {
  readonly origin: string;
  readonly method: string;
}

const MAX_AGE_SECONDS = 600;
const MAX_HEADERS_LENGTH = 4096;
const TOKEN_LIST = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:,[ \t]?[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*$/;

/** Reads a true preflight: `OPTIONS`, `Origin` and `Access-Control-Request-Method` (Fetch standard). */
export function readAsked(method: string, headers: Headers): Asked | undefined {
  if (method !== 'OPTIONS') return undefined;
  const origin = headers.get('origin');
  const asked = headers.get('access-control-request-method');
  return origin === null || asked === null ? undefined : { origin, method: asked };
}

/**
 * Answers a preflight that is allowed with 204: this origin, this method, the headers that it asked for, with
 * credentials. `*` is never sent, as it covers neither `Authorization` nor any request with credentials.
 */
export function answerPreflight(request: Headers, { origin, method }: Asked): Response {
  const headers = new Headers({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': method,
    'access-control-max-age': String(MAX_AGE_SECONDS),
    'cache-control': PRIVATE_NO_STORE,
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  });
  const asked = request.get('access-control-request-headers') ?? '';
  if (asked.length <= MAX_HEADERS_LENGTH && TOKEN_LIST.test(asked)) {
    headers.set('access-control-allow-headers', asked);
  }
  return new Response(null, { status: 204, headers });
}

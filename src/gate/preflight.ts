// Pure: no I/O, no clock.
import { PRIVATE_NO_STORE } from '../errors/error-response.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import type { Rule, Rules } from './rules.ts';

/** What a browser asks before a cross-origin request (Fetch standard, CORS-preflight request). */
export interface Preflight {
  readonly origin: string;
  /** The method of the request that is to follow. */
  readonly method: string;
  /** The rule of the request that is to follow, which lets this origin ask. */
  readonly rule: Rule;
}

const MAX_AGE_SECONDS = 600;
const MAX_HEADERS_LENGTH = 4096;
const TOKEN_LIST = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:,[ \t]?[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*$/;

/**
 * Reads a true preflight (`OPTIONS`, `Origin` and `Access-Control-Request-Method`) that the rule of the request
 * to follow wants answered. Every other OPTIONS is a request like any other.
 */
export function readPreflight(
  headers: Headers,
  target: AdmittedTarget,
  { rules, methods }: { readonly rules: Rules; readonly methods: ReadonlySet<string> },
): Preflight | undefined {
  if (target.method !== 'OPTIONS') return undefined;
  const origin = headers.get('origin');
  const method = headers.get('access-control-request-method');
  if (origin === null || method === null || !methods.has(method)) return undefined;
  const { rule } = rules.match(target, method);
  return rule.crossOrigins.has(origin) ? { origin, method, rule } : undefined;
}

/**
 * The answer, 204: this origin, this method, the headers it asked for, with credentials. `*` is never sent, as
 * it covers neither `Authorization` nor any request with credentials.
 */
export function answerPreflight(request: Headers, { origin, method }: Preflight): Response {
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

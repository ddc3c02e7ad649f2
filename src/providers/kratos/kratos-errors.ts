// Pure: no I/O, no clock.
import { parseObject } from '../../runtime/json.ts';

/** The 401 of whoami, as Kratos sends it: without `error.id` (`session/handler.go`, `session/error.go`). */
const WHOAMI_401 =
  '{"error":{"code":401,"status":"Unauthorized","reason":"No valid session credentials found in the request.","message":"The request could not be authorized"}}\n';
/** The 401 of `GET` and `DELETE /sessions` (`session/handler.go`). */
const SESSIONS_401 =
  '{"error":{"code":401,"status":"Unauthorized","reason":"No valid session cookie found.","message":"The request could not be authorized"}}\n';
/** Matches the beginning of a herodot error (`error_default.go`), up to the place of `request`. */
const BEFORE_REQUEST_ID =
  /^\{"error":\{(?:"id":"\w*",)?"code":\d{3},"status":"[\w -]*",(?!"request":)/;

/** Returns the body of a 401 of `/sessions/whoami`: the store's body if it sent one, else Kratos's usual body. */
export function whoami401Body(storeBody: string | undefined, requestId: string | null): string {
  return withRequestId(storeBody ?? WHOAMI_401, requestId);
}

/** Returns the body of a 401 of `/sessions`, for a request without a credential to ask the store about. */
export function sessions401Body(requestId: string | null): string {
  return withRequestId(SESSIONS_401, requestId);
}

/**
 * Puts a client's `X-Request-ID` into the store's error body as `error.request`, as herodot does. The store did not
 * get that header. A body that is not herodot's stays unchanged.
 */
export function withRequestId(body: string, requestId: string | null): string {
  if (requestId === null || requestId === '') return body;
  return body.replace(
    BEFORE_REQUEST_ID,
    (beginning) => `${beginning}"request":${goJsonString(requestId)},`,
  );
}

/** Returns the value that herodot writes into `Ory-Error-Id`: the error's id, empty when it has none. */
export function kratosErrorId(body: string): string {
  const error = parseObject(body)?.error;
  if (typeof error !== 'object' || error === null || !('id' in error)) return '';
  return typeof error.id === 'string' && /^\w*$/.test(error.id) ? error.id : '';
}

/** Returns a JSON string as Go's encoder writes it (`encoding/json`, HTML escaping on). */
function goJsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

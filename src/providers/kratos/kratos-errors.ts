// Pure: no I/O, no clock.

/** whoami's 401, as Kratos really sends it: no `error.id` (`session/handler.go`, `session/error.go`). */
const WHOAMI_401 =
  '{"error":{"code":401,"status":"Unauthorized","reason":"No valid session credentials found in the request.","message":"The request could not be authorized"}}\n';
/** The 401 of `GET` and `DELETE /sessions` (`session/handler.go`). */
const SESSIONS_401 =
  '{"error":{"code":401,"status":"Unauthorized","reason":"No valid session cookie found.","message":"The request could not be authorized"}}\n';
const BEFORE_REQUEST_ID = '"status":"Unauthorized",';

/**
 * The body of a 401 of `/sessions/whoami`: the store's own if it sent one. herodot repeats a client's
 * `X-Request-ID` as `error.request`; the store was not told of it, so it is put in here.
 */
export function whoami401Body(storeBody: string | undefined, requestId: string | null): string {
  const body = storeBody ?? WHOAMI_401;
  return body === WHOAMI_401 ? withRequestId(body, requestId) : body;
}

/** The body of a 401 of `/sessions`, for a request that presents nothing to ask the store about. */
export function sessions401Body(requestId: string | null): string {
  return withRequestId(SESSIONS_401, requestId);
}

function withRequestId(body: string, requestId: string | null): string {
  if (requestId === null || requestId === '') return body;
  return body.replace(
    BEFORE_REQUEST_ID,
    () => `${BEFORE_REQUEST_ID}"request":${goJsonString(requestId)},`,
  );
}

/** A JSON string as Go's encoder writes it (`encoding/json`, HTML escaping on). */
function goJsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

import {
  decodeSessionCookie,
  SESSION_COOKIE_NAME,
  type SessionCookieValues,
} from './session-cookie.ts';
import { isActiveNow, readSessionByToken, type SignedIn, store } from './store.ts';

/**
 * The session token a request presents, in Kratos's order: `X-Session-Token`, then the session cookie when
 * it decodes, then `Authorization: Bearer` (`session/manager_http.go` `extractToken`). Empty is none.
 */
export async function extractSessionToken(request: Request): Promise<string> {
  // The runtime joins the lines of a header; Go's `Header.Get` takes the first.
  const [header] = (request.headers.get('X-Session-Token') ?? '').split(', ');
  if (header) return header;
  const cookie = await readSessionCookie(request);
  return (typeof cookie === 'object' && cookie.sessionToken) || extractBearer(request);
}

/** The active session a request presents, or undefined (`FetchFromRequest`). */
export async function authenticate(request: Request): Promise<SignedIn | undefined> {
  const token = await extractSessionToken(request);
  const { databaseFailing, statementsTimeOut } = store.settings;
  if (!token || databaseFailing || statementsTimeOut) return undefined;
  const found = readSessionByToken(token);
  return found && isActiveNow(found) ? found : undefined;
}

/**
 * Returns the content of the first session cookie that decodes, as gorilla/sessions takes it. Returns the reason as
 * text if none decodes, and undefined without a session cookie.
 */
export async function readSessionCookie(
  request: Request,
): Promise<SessionCookieValues | string | undefined> {
  const options = { now: Date.now(), maxAgeSeconds: store.settings.sessionLifespanSeconds };
  let problem: string | undefined;
  for (const value of readCookies(request, SESSION_COOKIE_NAME)) {
    const decoded = await decodeSessionCookie(value, options);
    if (typeof decoded === 'object') return decoded;
    problem ??= decoded;
  }
  return problem;
}

/** Returns the first cookie of that name, like Go's `Request.Cookie`. */
export function readCookie(request: Request, name: string): string | undefined {
  return readCookies(request, name)[0];
}

/** Returns the cookies of that name, without quotes and without percent-decoding. The runtime joins lines by a comma. */
function readCookies(request: Request, name: string): string[] {
  const prefix = `${name}=`;
  const pairs = (request.headers.get('Cookie') ?? '').split(/;|, /).map((pair) => pair.trim());
  return pairs
    .filter((pair) => pair.startsWith(prefix))
    .map((pair) => pair.slice(prefix.length).replace(/^"(.*)"$/, '$1'));
}

/** The scheme in any case, exactly one space (`session/helper.go` `bearerTokenFromRequest`). */
export function extractBearer(request: Request): string {
  const [scheme = '', token = '', ...rest] = (request.headers.get('Authorization') ?? '').split(
    ' ',
  );
  return scheme.toLowerCase() === 'bearer' && rest.length === 0 ? token : '';
}

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
  const header = request.headers.get('X-Session-Token');
  if (header) return header;
  const cookie = await readSessionCookie(request);
  return cookie?.sessionToken || extractBearer(request);
}

/** The active session a request presents, or undefined (`FetchFromRequest`). */
export async function authenticate(request: Request): Promise<SignedIn | undefined> {
  const token = await extractSessionToken(request);
  if (!token || store.settings.databaseFailing) return undefined;
  const found = readSessionByToken(token);
  return found && isActiveNow(found) ? found : undefined;
}

/** Returns the content of the request's session cookie; undefined without one, or if it does not decode. */
export async function readSessionCookie(
  request: Request,
): Promise<SessionCookieValues | undefined> {
  const value = readCookie(request, SESSION_COOKIE_NAME);
  if (!value) return undefined;
  const maxAgeSeconds = store.settings.sessionLifespanSeconds;
  return await decodeSessionCookie(value, { now: Date.now(), maxAgeSeconds });
}

export function hasSessionCookie(request: Request): boolean {
  return readCookie(request, SESSION_COOKIE_NAME) !== undefined;
}

/** Returns the first cookie of that name, like Go's `Request.Cookie`: without quotes, and without percent-decoding. */
export function readCookie(request: Request, name: string): string | undefined {
  const prefix = `${name}=`;
  const pairs = (request.headers.get('Cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs
    .find((pair) => pair.startsWith(prefix))
    ?.slice(prefix.length)
    .replace(/^"(.*)"$/, '$1');
}

/** The scheme in any case, exactly one space (`session/helper.go` `bearerTokenFromRequest`). */
export function extractBearer(request: Request): string {
  const [scheme = '', token = '', ...rest] = (request.headers.get('Authorization') ?? '').split(
    ' ',
  );
  return scheme.toLowerCase() === 'bearer' && rest.length === 0 ? token : '';
}

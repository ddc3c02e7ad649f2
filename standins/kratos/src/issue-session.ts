import { authenticate } from './credential.ts';
import { regenerateCsrfSecret, secureAttribute } from './csrf.ts';
import type { KratosContext } from './public-url.ts';
import type { Session } from './session.ts';
import {
  clearedSessionCookie,
  encodeSessionCookie,
  SESSION_COOKIE_NAME,
} from './session-cookie.ts';

/**
 * Hands a session to the browser that an answer goes to. Unless the browser was signed in as the same person
 * before, it gets a new CSRF secret too (`session/manager_http.go` `IssueCookie`).
 */
export async function issueSession(
  c: KratosContext,
  answer: Response,
  session: Session,
): Promise<void> {
  const before = await authenticate(c.req.raw);
  if (before?.identity.id !== session.identityId) {
    answer.headers.append('Set-Cookie', regenerateCsrfSecret(c));
  }
  const now = Date.now();
  const value = await encodeSessionCookie(session, now);
  // Whole seconds that are left, and some time has passed in any case.
  const maxAgeSeconds = Math.max(0, Math.ceil((session.expiresAt - now) / 1000) - 1);
  const expires = new Date(now + maxAgeSeconds * 1000).toUTCString();
  answer.headers.append(
    'Set-Cookie',
    `${SESSION_COOKIE_NAME}=${value}; Path=/; Expires=${expires}; Max-Age=${maxAgeSeconds}; HttpOnly; ${secureAttribute()}SameSite=Lax`,
  );
}

/** Takes the session cookie away, by a long value that has ended, and gives a new CSRF secret (`PurgeFromRequest`). */
export async function withdrawSession(c: KratosContext, answer: Response): Promise<void> {
  const value = await clearedSessionCookie(Date.now());
  const expires = new Date(1000).toUTCString();
  answer.headers.append(
    'Set-Cookie',
    `${SESSION_COOKIE_NAME}=${value}; Path=/; Expires=${expires}; Max-Age=0; HttpOnly; ${secureAttribute()}SameSite=Lax`,
  );
  answer.headers.append('Set-Cookie', regenerateCsrfSecret(c));
}

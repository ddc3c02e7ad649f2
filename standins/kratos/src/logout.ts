import { goJson, noContent, seeOther, wantsJson } from './answers.ts';
import { authenticate, extractBearer, readSessionCookie } from './credential.ts';
import { herodotError } from './herodot-error.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { resolveReturnTo, returnToForbidden } from './return-to.ts';
import { clearSessionCookie } from './session-cookie.ts';
import { readSessionByToken } from './store.ts';

/** `GET /self-service/logout/browser` (`selfservice/flow/logout/handler.go`) */
export async function createLogoutFlow(c: KratosContext): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  if (!signedIn) return sessionInactive(c.req.raw);
  const returnTo = c.req.query('return_to');
  if (returnTo && !resolveReturnTo(returnTo, publicUrl(c))) {
    return returnToForbidden(c.req.raw, returnTo);
  }
  const query = new URLSearchParams({ token: signedIn.session.logoutToken });
  if (returnTo) query.set('return_to', returnTo);
  return goJson({
    logout_url: `${publicUrl(c)}/self-service/logout?${query}`,
    logout_token: signedIn.session.logoutToken,
  });
}

/** `GET /self-service/logout?token=`: 303 for a browser, 204 for a script. */
export async function submitLogout(c: KratosContext): Promise<Response> {
  const request = c.req.raw;
  const expected = c.req.query('token');
  if (!expected) {
    return herodotError(request, { code: 400, reason: 'Please include a token in the URL query.' });
  }
  const signedIn = await authenticate(request);
  if (!signedIn) return toErrorPage(c) ?? sessionInactive(request);
  if (signedIn.session.logoutToken !== expected) {
    return toErrorPage(c) ?? logoutTokenMismatch(request);
  }

  const returnTo = c.req.query('return_to') ?? '/ui/login';
  const location = resolveReturnTo(returnTo, publicUrl(c));
  if (!location) return returnToForbidden(request, returnTo);
  await purgeFromRequest(request);
  const answer = wantsJson(request) ? noContent() : seeOther(location);
  answer.headers.append('Set-Cookie', clearSessionCookie());
  return answer;
}

/** `DELETE /self-service/logout/api`: 204 also for a token whose session has ended already. */
export async function logoutApi(c: KratosContext): Promise<Response> {
  const body: unknown = await c.req.json().catch(() => null);
  if (typeof body !== 'object' || body === null) return herodotError(c.req.raw, { code: 400 });
  const { session_token: token } = body as { session_token?: unknown };
  const found = typeof token === 'string' ? readSessionByToken(token) : undefined;
  if (!found) {
    return herodotError(c.req.raw, {
      code: 403,
      reason:
        'The provided Ory Session Token could not be found, is invalid, or otherwise malformed.',
    });
  }
  found.session.active = false;
  return noContent();
}

/** A browser that navigates is sent to the page of errors, so that by its status a failed sign-out looks like a good one. */
function toErrorPage(c: KratosContext): Response | undefined {
  const isPage = (c.req.header('Accept') ?? '').includes('text/html');
  return isPage ? seeOther(`${publicUrl(c)}/ui/error?id=${crypto.randomUUID()}`) : undefined;
}

/** Unlike whoami, the purge looks at the bearer first and never at `X-Session-Token` (`PurgeFromRequest`). */
async function purgeFromRequest(request: Request): Promise<void> {
  const token = extractBearer(request) || (await readSessionCookie(request))?.sessionToken;
  const found = token ? readSessionByToken(token) : undefined;
  if (found) found.session.active = false;
}

function sessionInactive(request: Request): Response {
  return herodotError(request, {
    code: 401,
    id: 'session_inactive',
    reason: 'No active session was found in this request.',
    message: 'request does not have a valid authentication session',
  });
}

function logoutTokenMismatch(request: Request): Response {
  return herodotError(request, {
    code: 403,
    reason:
      'Unable to log out because the logout token in the URL query does not match the session cookie.',
  });
}

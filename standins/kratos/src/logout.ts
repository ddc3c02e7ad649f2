import { goJson, noContent, redirect, wantsJson } from './answers.ts';
import { authenticate, extractBearer, readSessionCookie } from './credential.ts';
import { forwardError } from './error-page.ts';
import { type HerodotError, herodotError } from './herodot-error.ts';
import { withdrawSession } from './issue-session.ts';
import { returnToProblem } from './login.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { resolveReturnTo } from './return-to.ts';
import { readSessionByToken } from './store.ts';

const NO_SESSION: HerodotError = {
  code: 401,
  id: 'session_inactive',
  reason: 'No active session was found in this request.',
  message: 'request does not have a valid authentication session',
};
const WRONG_TOKEN: HerodotError = {
  code: 403,
  reason:
    'Unable to log out because the logout token in the URL query does not match the session cookie.',
};
const NO_SUCH_TOKEN: HerodotError = {
  code: 403,
  reason: 'The provided Ory Session Token could not be found, is invalid, or otherwise malformed.',
};
const NO_BODY =
  'Unable to decode HTTP Request Body because its HTTP Header "Content-Length" is zero.';

/** `GET /self-service/logout/browser` (`selfservice/flow/logout/handler.go`) */
export async function createLogoutFlow(c: KratosContext): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  const problem = signedIn ? returnToProblem(c) : NO_SESSION;
  if (!signedIn || problem) return forwardError(c, problem ?? NO_SESSION);
  const { logoutToken } = signedIn.session;
  const query = new URLSearchParams({ token: logoutToken });
  const returnTo = c.req.query('return_to');
  if (returnTo) query.set('return_to', returnTo);
  return goJson({
    logout_url: `${publicUrl(c)}/self-service/logout?${query}`,
    logout_token: logoutToken,
  });
}

/** `GET /self-service/logout?token=`: 303 for a browser, 204 for a script. */
export async function submitLogout(c: KratosContext): Promise<Response> {
  const request = c.req.raw;
  const expected = c.req.query('token');
  if (!expected) {
    return forwardError(c, { code: 400, reason: 'Please include a token in the URL query.' });
  }
  const signedIn = await authenticate(request);
  if (!signedIn) return forwardError(c, NO_SESSION);
  if (signedIn.session.logoutToken !== expected) return forwardError(c, WRONG_TOKEN);
  const problem = returnToProblem(c);
  if (problem) return forwardError(c, problem);

  await purgeFromRequest(request);
  const location = resolveReturnTo(c.req.query('return_to') || '/ui/login', publicUrl(c));
  const answer = wantsJson(request) ? noContent() : redirect(request, location ?? publicUrl(c));
  await withdrawSession(c, answer);
  return answer;
}

/** `DELETE /self-service/logout/api`: 204 also for a token whose session has ended already. */
export async function logoutApi(c: KratosContext): Promise<Response> {
  const text = await c.req.text();
  if (text === '') return herodotError(c.req.raw, { code: 400, reason: NO_BODY });
  const token = sessionTokenIn(text);
  if (token === 'not JSON') return herodotError(c.req.raw, { code: 400 });
  const found = token === undefined ? undefined : readSessionByToken(token);
  if (!found) return herodotError(c.req.raw, NO_SUCH_TOKEN);
  found.session.active = false;
  return noContent();
}

function sessionTokenIn(text: string): string | undefined {
  try {
    const { session_token: token } = JSON.parse(text) as { session_token?: unknown };
    return typeof token === 'string' ? token : undefined;
  } catch {
    return 'not JSON';
  }
}

/** Unlike whoami, the purge looks at the bearer first and never at `X-Session-Token` (`PurgeFromRequest`). */
async function purgeFromRequest(request: Request): Promise<void> {
  const cookie = await readSessionCookie(request);
  const inCookie = typeof cookie === 'object' ? cookie.sessionToken : undefined;
  const found = readSessionByToken(extractBearer(request) || inCookie || '');
  if (found) found.session.active = false;
}

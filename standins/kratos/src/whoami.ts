import { goJson } from './answers.ts';
import { authenticate, extractSessionToken, readSessionCookie } from './credential.ts';
import { herodotError } from './herodot-error.ts';
import { issueSession } from './issue-session.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { assuranceLevel, availableAssuranceLevel, sessionDocument } from './session.ts';
import { type SignedIn, store } from './store.ts';
import { tokenizeSession } from './tokenizer.ts';

/** The methods that whoami answers. `DELETE` comes by the route of a session, whose id `whoami` is. */
export const WHOAMI_METHODS = [
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
];

// Kratos's fixed lifetime for "you sent no credential at all".
const NO_CREDENTIAL_CACHE_SECONDS = 60;

/** `/sessions/whoami`, the same for each of its methods (`session/handler.go` `whoami`). */
export async function whoami(c: KratosContext): Promise<Response> {
  const request = c.req.raw;
  const now = Date.now();
  const signedIn = await authenticate(request);
  if (!signedIn) return await noSession(request);
  if (!satisfiesRequiredAal(signedIn)) return stepUpRequired(c);

  const templateName = c.req.query('tokenize_as');
  const template = templateName ? store.settings.tokenizers[templateName] : undefined;
  if (templateName && !template) return unknownTemplate(request, templateName);

  const { session, identity } = signedIn;
  const options = { publicUrl: publicUrl(c), now };
  const document = sessionDocument(session, identity, options);
  if (template) document.tokenized = await tokenizeSession(signedIn, template, options);

  const answer = await refreshCookie(c, goJson(document), signedIn);
  answer.headers.set('X-Kratos-Authenticated-Identity-Id', identity.id);
  if (!template) setCacheFor(answer, (session.expiresAt - now) / 1000);
  return answer;
}

/** Issues the cookie again when the session outlives it; a cookie that does not decode fails the request (`RefreshCookie`). */
async function refreshCookie(
  c: KratosContext,
  answer: Response,
  { session }: SignedIn,
): Promise<Response> {
  const cookie = await readSessionCookie(c.req.raw);
  if (typeof cookie === 'string') return herodotError(c.req.raw, { code: 500, message: cookie });
  if (cookie && cookie.expiresAt < session.expiresAt) await issueSession(c, answer, session);
  return answer;
}

/** The 401 as it is really sent: without an id, and the same when the database is down. */
async function noSession(request: Request): Promise<Response> {
  const answer = herodotError(request, {
    code: 401,
    reason: 'No valid session credentials found in the request.',
  });
  const presented = await extractSessionToken(request);
  if (store.settings.cacheFor !== null && !presented) {
    answer.headers.set('Ory-Session-Cache-For', String(NO_CREDENTIAL_CACHE_SECONDS));
  }
  return answer;
}

export function satisfiesRequiredAal(signedIn: SignedIn): boolean {
  return store.settings.requiredAal === 'aal1' || hasHighestAal(signedIn);
}

export function hasHighestAal({ session, identity }: SignedIn): boolean {
  return assuranceLevel(session) >= availableAssuranceLevel(identity);
}

export function stepUpRequired(c: KratosContext): Response {
  const redirectTo = `${publicUrl(c)}/self-service/login/browser?aal=aal2`;
  return herodotError(c.req.raw, {
    code: 403,
    id: 'session_aal2_required',
    reason:
      'An active session was found but it does not fulfill the requested Authenticator Assurance Level. Please verify yourself with a second factor to resolve this issue.',
    details: { redirect_browser_to: redirectTo },
    message: 'Session does not fulfill the requested Authenticator Assurance Level',
    redirectBrowserTo: redirectTo,
  });
}

/** `driver/config/config.go` `TokenizeTemplate` */
function unknownTemplate(request: Request, name: string): Response {
  return herodotError(request, {
    code: 400,
    reason: `Unable to find tokenizer template "${name}".`,
  });
}

function setCacheFor(answer: Response, remainingSeconds: number): void {
  const { cacheFor } = store.settings;
  if (cacheFor === null) return;
  const seconds = Math.round(Math.min(cacheFor, remainingSeconds));
  answer.headers.set('Ory-Session-Cache-For', String(seconds));
}

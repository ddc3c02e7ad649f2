import { redirect, wantsJson } from './answers.ts';
import { continuityCookie } from './continuity.ts';
import { authenticate } from './credential.ts';
import { forwardError } from './error-page.ts';
import { beginAgain, beginFlow, type Flow, findFlow, flowPage, isExpired } from './flow.ts';
import {
  answerExpired,
  answerWithFlow,
  findSubmittedFlow,
  readFlow,
  readSubmission,
} from './flow-answers.ts';
import { type HerodotError, herodotError } from './herodot-error.ts';
import { issueSession } from './issue-session.ts';
import { type KratosContext, publicUrl, uiUrl } from './public-url.ts';
import { applyChange, isPrivileged } from './settings-change.ts';
import { SAVED } from './settings-form.ts';
import { endOthersAfter, type SignedIn, store } from './store.ts';
import { hasHighestAal, stepUpRequired } from './whoami.ts';

const NO_SESSION: HerodotError = {
  code: 401,
  id: 'session_inactive',
  reason: 'No active session was found in this request.',
  message: 'request does not have a valid authentication session',
};

const ANOTHER_IDENTITY = { code: 403, id: 'security_identity_mismatch' };

/** `GET /self-service/settings/api` */
export async function createNativeSettings(c: KratosContext): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  if (!signedIn) {
    const reason =
      'This endpoint can only be accessed with a valid session. Please log in and try again.';
    return herodotError(c.req.raw, { ...NO_SESSION, reason });
  }
  if (!mayChangeSettings(signedIn)) return stepUpRequired(c);
  return startSettings(c, 'api', signedIn);
}

/** `GET /self-service/settings/browser`: who is not signed in is sent to sign in. */
export async function createBrowserSettings(c: KratosContext): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  if (!signedIn) {
    if (!wantsJson(c.req.raw)) return redirect(c.req.raw, loginWithReturnTo(c));
    return herodotError(c.req.raw, { ...NO_SESSION, beside: { CredentialsMissing: false } });
  }
  if (!mayChangeSettings(signedIn)) return askForStepUp(c);
  return startSettings(c, 'browser', signedIn);
}

/** `GET /.well-known/change-password` (`redirectToChangePassword`) */
export function changePasswordPage(c: KratosContext): Response {
  return redirect(c.req.raw, uiUrl(c, 'settings'));
}

/** `GET /self-service/settings/flows?id=` */
export async function readSettingsFlow(c: KratosContext): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  if (!signedIn) return askToSignIn(c);
  const flow = findFlow('settings', c.req.query('id'));
  if (flow && flow.identityId !== signedIn.identity.id) {
    return herodotError(c.req.raw, {
      ...ANOTHER_IDENTITY,
      reason:
        'The request was made for another identity and has been blocked for security reasons.',
    });
  }
  if (!mayChangeSettings(signedIn)) return stepUpRequired(c);
  return readFlow(c, 'settings');
}

/** `POST /self-service/settings?flow=`: profile, password or authenticator app of who is signed in. */
export async function submitSettings(c: KratosContext): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  if (!signedIn) return askToSignIn(c);
  const flow = findSubmittedFlow(c, 'settings');
  if (flow instanceof Response) return flow;
  if (!mayChangeSettings(signedIn)) return askForStepUp(c);
  if (isExpired(flow)) return answerExpired(c, flow);
  if (flow.identityId !== signedIn.identity.id) {
    return forwardError(c, {
      ...ANOTHER_IDENTITY,
      reason:
        'The request was initiated by someone else and has been blocked for security reasons. Please go back and try again.',
    });
  }
  const submission = await readSubmission(c, flow);
  if (submission instanceof Response) return submission;
  const { fields } = submission;
  if (fields === 'not JSON') return answerWithFlow(c, flow, { status: 400 });
  if (isPrivileged(fields, signedIn) && isTooOld(signedIn)) return askToConfirm(c, flow);
  if (!applyChange(c.req.raw, signedIn, fields)) {
    flow.values = Object.fromEntries(
      Object.entries(fields).filter(([name]) => name.startsWith('traits.')),
    );
    return answerWithFlow(c, flow, { status: 400 });
  }
  return await answerChanged(c, flow, signedIn);
}

/** The form of an answer that says success is that of a new flow; a browser gets its session cookie again. */
async function answerChanged(c: KratosContext, flow: Flow, { session }: SignedIn) {
  flow.state = 'success';
  flow.values = {};
  flow.messages = [SAVED];
  endOthersAfter('settings', session);
  const form = beginAgain(c, flow);
  form.messages = [SAVED];
  const page = flowPage(c, flow);
  const next = { action: 'redirect_browser_to', redirect_browser_to: page };
  const beside = flow.type === 'browser' ? { continue_with: [next] } : {};
  const answer = answerWithFlow(c, flow, { form, beside });
  if (flow.type === 'browser') await issueSession(c, answer, session);
  return answer;
}

/** `selfservice.flows.settings.required_aal`, which is another setting than whoami's. */
function mayChangeSettings(signedIn: SignedIn): boolean {
  return store.settings.settingsRequiredAal === 'aal1' || hasHighestAal(signedIn);
}

function isTooOld({ session }: SignedIn): boolean {
  const ageMs = Date.now() - session.authenticatedAt;
  return ageMs >= store.settings.privilegedSessionSeconds * 1000;
}

function startSettings(c: KratosContext, type: Flow['type'], { identity }: SignedIn): Response {
  const flow = beginFlow(c, { kind: 'settings', type, identityId: identity.id });
  return answerWithFlow(c, flow, { isFresh: true });
}

/** `selfservice/flow/settings/handler.go` `OnUnauthenticated` */
function askToSignIn(c: KratosContext): Response {
  if (!wantsJson(c.req.raw)) return redirect(c.req.raw, uiUrl(c, 'login'), 302);
  const reason = 'A valid Ory Session Cookie or Ory Session Token is missing.';
  return herodotError(c.req.raw, { code: 401, reason });
}

function askForStepUp(c: KratosContext): Response {
  if (wantsJson(c.req.raw)) return stepUpRequired(c);
  return redirect(c.req.raw, `${publicUrl(c)}/self-service/login/browser?aal=aal2`);
}

/** A change that only a fresh sign-in allows: what a browser asked for waits behind a cookie (`reauthenticate`). */
function askToConfirm(c: KratosContext, flow: Flow): Response {
  const returnTo = `${publicUrl(c)}/self-service/settings?flow=${flow.id}`;
  const query = new URLSearchParams({ refresh: 'true', return_to: returnTo });
  const location = `${publicUrl(c)}/self-service/login/browser?${query}`;
  const isTold = flow.type === 'api' || wantsJson(c.req.raw);
  const answer = isTold
    ? herodotError(c.req.raw, {
        code: 403,
        id: 'session_refresh_required',
        reason:
          'The login session is too old and thus not allowed to update these fields. Please re-authenticate.',
        redirectBrowserTo: location,
      })
    : redirect(c.req.raw, location);
  if (flow.type === 'browser') {
    answer.headers.append('Set-Cookie', continuityCookie('ory_kratos_continuity', flow.id));
  }
  return answer;
}

function loginWithReturnTo(c: KratosContext): string {
  const returnTo = c.req.query('return_to');
  const query = returnTo ? `?${new URLSearchParams({ return_to: returnTo })}` : '';
  return `${publicUrl(c)}/self-service/login/browser${query}`;
}

import { redirect, wantsJson } from './answers.ts';
import { locationChange } from './complete-login.ts';
import { authenticate } from './credential.ts';
import { beginFlow, type Flow, flowPage } from './flow.ts';
import { answerWithFlow, readFlow, receiveSubmission } from './flow-answers.ts';
import { type HerodotError, herodotError } from './herodot-error.ts';
import type { Identity } from './identity.ts';
import { issueSession } from './issue-session.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { DEFAULT_RETURN_PATH } from './return-to.ts';
import type { Session } from './session.ts';
import { endOthersAfter, store } from './store.ts';
import { firstSession } from './submit-login.ts';
import { label, type Message } from './ui-nodes.ts';

/** The one recovery code that is accepted. */
const DEMO_CODE = '000000';

const CODE_SENT = label(
  1060003,
  'An email containing a recovery code has been sent to the email address you provided. If you have not received an email, check the spelling of the address and make sure to use the address you registered with.',
);
const WRONG_CODE: Message = {
  id: 4060006,
  text: 'The recovery code is invalid or has already been used. Please try again.',
  type: 'error',
};
const SIGNED_IN: HerodotError = {
  code: 400,
  id: 'session_already_available',
  reason: 'A valid session was detected and thus recovery is not possible.',
};

/** `GET /self-service/recovery/api` */
export async function createNativeRecovery(c: KratosContext): Promise<Response> {
  if (await authenticate(c.req.raw)) return herodotError(c.req.raw, SIGNED_IN);
  return startRecovery(c, 'api');
}

/** `GET /self-service/recovery/browser`: who is signed in is sent home. */
export async function createBrowserRecovery(c: KratosContext): Promise<Response> {
  if (!(await authenticate(c.req.raw))) return startRecovery(c, 'browser');
  if (wantsJson(c.req.raw)) return herodotError(c.req.raw, SIGNED_IN);
  return redirect(c.req.raw, publicUrl(c) + DEFAULT_RETURN_PATH, 302);
}

/** `GET /self-service/recovery/flows?id=` */
export const readRecoveryFlow = (c: KratosContext) => readFlow(c, 'recovery');

function startRecovery(c: KratosContext, type: Flow['type']): Response {
  const flow = beginFlow(c, { kind: 'recovery', type, active: 'code' });
  return answerWithFlow(c, flow, { isFresh: true });
}

/** `POST /self-service/recovery?flow=`: the address, then the code sent to it, then a session to set things right. */
export async function submitRecovery(c: KratosContext): Promise<Response> {
  const submission = await receiveSubmission(c, 'recovery');
  if (submission instanceof Response) return submission;
  const { flow, fields } = submission;
  if (fields === 'not JSON') return answerWithFlow(c, flow, { status: 400 });
  const identity = store.identities.get(flow.identityId ?? '');
  const isWaiting = flow.state === 'sent_email';
  if (isWaiting && identity && fields.code === DEMO_CODE) {
    return completeRecovery(c, flow, identity);
  }
  if (fields.code !== undefined) flow.messages = [WRONG_CODE];
  else {
    flow.values = { email: fields.email };
    flow.identityId = findByEmail(fields.email ?? '');
    flow.state = 'sent_email';
    flow.messages = [CODE_SENT];
  }
  // 200 for a wrong code too, which the form's message says.
  return answerWithFlow(c, flow, { beside: { transient_payload: {} } });
}

/** The session is of the first factor alone, whatever the account has enrolled (`selfservice/strategy/code/strategy_recovery.go`). */
async function completeRecovery(
  c: KratosContext,
  flow: Flow,
  identity: Identity,
): Promise<Response> {
  const method = { method: 'code_recovery', aal: 'aal1', completedAt: Date.now() } as const;
  const session = firstSession(c.req.raw, identity, method);
  store.sessions.set(session.id, session);
  flow.state = 'passed_challenge';
  flow.messages = [];
  endOthersAfter('recovery', session);
  const { type } = flow;
  const settings = beginFlow(c, { kind: 'settings', type, identityId: identity.id });
  const answer = answerRecovered(c, flow, { session, settings });
  if (type === 'browser') {
    await issueSession(c, answer, session);
    // The cookie's issue gave the browser a new secret, which the settings form is checked against.
    settings.csrfSecret = c.var.csrf.value;
  }
  return answer;
}

function answerRecovered(
  c: KratosContext,
  flow: Flow,
  { session, settings }: { session: Session; settings: Flow },
): Response {
  const page = flowPage(c, settings);
  const isScript = wantsJson(c.req.raw);
  if (!store.settings.usesContinueWithTransitions) {
    // An app gets no token here, although its session was made.
    return isScript ? locationChange(c.req.raw, page) : redirect(c.req.raw, page);
  }
  if (flow.type === 'browser' && !isScript) return redirect(c.req.raw, page);
  const token = { action: 'set_ory_session_token', ory_session_token: session.token };
  const next = { action: 'show_settings_ui', flow: { id: settings.id, url: page } };
  const continueWith = flow.type === 'api' ? [token, next] : [next];
  return answerWithFlow(c, flow, {
    beside: { continue_with: continueWith, transient_payload: {} },
  });
}

export function findByEmail(email: string): string | undefined {
  return [...store.identities.values()].find(({ traits }) => traits.email === email)?.id;
}

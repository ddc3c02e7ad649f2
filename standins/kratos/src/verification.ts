import { redirect } from './answers.ts';
import { beginFlow, type Flow, findFlow, flowPage } from './flow.ts';
import { answerWithFlow, readFlow, receiveSubmission } from './flow-answers.ts';
import type { KratosContext } from './public-url.ts';
import { findByEmail } from './recovery.ts';
import { store } from './store.ts';
import { label, type Message } from './ui-nodes.ts';

/** The one verification code that is accepted. */
const DEMO_CODE = '000000';

const CODE_SENT = label(
  1080003,
  'An email containing a verification code has been sent to the email address you provided. If you have not received an email, check the spelling of the address and make sure to use the address you registered with.',
);
const WRONG_CODE: Message = {
  id: 4070006,
  text: 'The verification code is invalid or has already been used. Please try again.',
  type: 'error',
};
const VERIFIED: Message = {
  id: 1080002,
  text: 'You successfully verified your email address.',
  type: 'success',
};

/** `GET /self-service/verification/api` */
export const createNativeVerification = (c: KratosContext) => createVerification(c, 'api');
/** `GET /self-service/verification/browser` */
export const createBrowserVerification = (c: KratosContext) => createVerification(c, 'browser');
/** `GET /self-service/verification/flows?id=` */
export const readVerificationFlow = (c: KratosContext) => readFlow(c, 'verification');

function createVerification(c: KratosContext, type: Flow['type']): Response {
  const flow = beginFlow(c, { kind: 'verification', type, active: 'code' });
  return answerWithFlow(c, flow, { isFresh: true });
}

/** `POST /self-service/verification?flow=`: the address, then the code sent to it. A wrong code is answered 200. */
export async function submitVerification(c: KratosContext): Promise<Response> {
  const submission = await receiveSubmission(c, 'verification');
  if (submission instanceof Response) return submission;
  const { flow, fields } = submission;
  if (fields === 'not JSON') return answerWithFlow(c, flow, { status: 400 });
  if (fields.code !== undefined) {
    pass(flow, fields.code);
    return answerWithFlow(c, flow, { beside: { transient_payload: {} } });
  }
  flow.values = { email: fields.email };
  flow.identityId = findVerifiable(fields.email ?? '');
  flow.state = 'sent_email';
  const identity = store.identities.get(flow.identityId ?? '');
  if (identity) identity.isCodePending = true;
  flow.messages = [CODE_SENT];
  return answerWithFlow(c, flow);
}

/** `GET /self-service/verification?flow=&code=`: the link of the mail. */
export function followVerificationLink(c: KratosContext): Response {
  const { flow: id, code } = c.req.query();
  const flow = findFlow('verification', id);
  if (!flow) return redirect(c.req.raw, flowPage(c, { kind: 'verification', id: '' }));
  if (code !== undefined) pass(flow, code);
  return answerWithFlow(c, flow);
}

function pass(flow: Flow, code: string): void {
  const identity = store.identities.get(flow.identityId ?? '');
  if (flow.state !== 'sent_email' || code !== DEMO_CODE || identity === undefined) {
    flow.messages = [WRONG_CODE];
    return;
  }
  const { email } = flow.values;
  if (identity.pendingEmail === email && email !== undefined) {
    identity.traits = { ...identity.traits, email };
    identity.pendingEmail = undefined;
  }
  identity.verified = true;
  identity.isCodePending = false;
  flow.state = 'passed_challenge';
  flow.messages = [VERIFIED];
}

function findVerifiable(email: string): string | undefined {
  const pending = [...store.identities.values()].find(({ pendingEmail }) => pendingEmail === email);
  return pending?.id ?? findByEmail(email);
}

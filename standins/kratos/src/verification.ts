import {
  type AccountFlow,
  accountFlowDocument,
  accountPage,
  readAccountFlow,
  readSubmission,
  startAccountFlow,
} from './account-flow.ts';
import { goJson, seeOther, wantsJson } from './answers.ts';
import type { KratosContext } from './public-url.ts';
import { findByEmail } from './recovery.ts';
import { store } from './store.ts';

/** The one verification code that is accepted. */
const DEMO_CODE = '000000';

/** `GET /self-service/verification/api` */
export const createNativeVerification = (c: KratosContext) => createVerification(c, 'api');
/** `GET /self-service/verification/browser` */
export const createBrowserVerification = (c: KratosContext) => createVerification(c, 'browser');
/** `GET /self-service/verification/flows?id=` */
export const readVerificationFlow = (c: KratosContext) => readAccountFlow(c, 'verification');

function createVerification(c: KratosContext, type: 'api' | 'browser'): Response {
  return startAccountFlow(c, { kind: 'verification', type, identityId: undefined });
}

/** `POST /self-service/verification?flow=`: the address, then the code sent to it. A wrong code is answered 200. */
export async function submitVerification(c: KratosContext): Promise<Response> {
  const submission = await readSubmission(c, 'verification');
  if (submission instanceof Response) return submission;
  const { flow, fields } = submission;
  if (fields.code === undefined) {
    flow.email = fields.email;
    flow.identityId = findVerifiable(fields.email ?? '');
    flow.state = 'sent_email';
  } else pass(flow, fields.code);
  return answer(c, flow);
}

/** `GET /self-service/verification?flow=&code=`: the link of the mail. */
export function followVerificationLink(c: KratosContext): Response {
  const flow = store.accountFlows.get(c.req.query('flow') ?? '');
  if (flow?.kind !== 'verification')
    return seeOther(accountPage(c, { kind: 'verification', id: '' }));
  const { code } = c.req.query();
  if (code !== undefined) pass(flow, code);
  return answer(c, flow);
}

function answer(c: KratosContext, flow: AccountFlow): Response {
  const isPage = flow.type === 'browser' && !wantsJson(c.req.raw);
  return isPage ? seeOther(accountPage(c, flow)) : goJson(accountFlowDocument(c, flow));
}

function pass(flow: AccountFlow, code: string): void {
  const identity =
    flow.identityId === undefined ? undefined : store.identities.get(flow.identityId);
  if (flow.state !== 'sent_email' || code !== DEMO_CODE || identity === undefined) return;
  if (identity.pendingEmail === flow.email && flow.email !== undefined) {
    identity.traits = { ...identity.traits, email: flow.email };
    identity.pendingEmail = undefined;
  }
  identity.verified = true;
  flow.state = 'passed_challenge';
}

function findVerifiable(email: string): string | undefined {
  const pending = [...store.identities.values()].find(({ pendingEmail }) => pendingEmail === email);
  return pending?.id ?? findByEmail(email);
}

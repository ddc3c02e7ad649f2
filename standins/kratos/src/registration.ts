import { goJson, redirect, wantsJson } from './answers.ts';
import { completedSession } from './complete-login.ts';
import { authenticate } from './credential.ts';
import { forwardError } from './error-page.ts';
import type { Fields } from './fields.ts';
import { beginFlow, type Flow } from './flow.ts';
import { answerWithFlow, readFlow, receiveSubmission } from './flow-answers.ts';
import { createIdentity, type Identity, identityDocument } from './identity.ts';
import { issueSession } from './issue-session.ts';
import { ALREADY_SIGNED_IN } from './login.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { findByEmail } from './recovery.ts';
import { DEFAULT_RETURN_PATH, resolveReturnTo } from './return-to.ts';
import { traitsOf } from './settings-change.ts';
import { store } from './store.ts';
import { firstSession } from './submit-login.ts';
import type { Message } from './ui-nodes.ts';

const EXISTS: Message = {
  id: 4000007,
  text: 'An account with the same identifier (email, phone, username, ...) exists already.',
  type: 'error',
};
const NO_STRATEGY: Message = {
  id: 4040001,
  text: 'Could not find any strategy to sign you up. Did you fill out the form correctly?',
  type: 'error',
};

/** `GET /self-service/registration/api` */
export const createNativeRegistration = (c: KratosContext) => createRegistration(c, 'api');
/** `GET /self-service/registration/browser` */
export const createBrowserRegistration = (c: KratosContext) => createRegistration(c, 'browser');
/** `GET /self-service/registration/flows?id=` */
export const readRegistrationFlow = (c: KratosContext) => readFlow(c, 'registration');

async function createRegistration(c: KratosContext, type: Flow['type']): Promise<Response> {
  if (await authenticate(c.req.raw)) {
    if (type === 'api' || wantsJson(c.req.raw)) return forwardError(c, ALREADY_SIGNED_IN);
    return redirect(c.req.raw, publicUrl(c) + DEFAULT_RETURN_PATH, 302);
  }
  return answerWithFlow(c, beginFlow(c, { kind: 'registration', type }), { isFresh: true });
}

/**
 * `POST /self-service/registration?flow=`: the traits, then a password, as the default `two_steps` has it, and both at
 * once as it still allows. The hook `session` stands behind it, so that a new account is signed in.
 */
export async function submitRegistration(c: KratosContext): Promise<Response> {
  const submission = await receiveSubmission(c, 'registration');
  if (submission instanceof Response) return submission;
  const { flow, fields } = submission;
  if (fields === 'not JSON') return reject(c, flow, NO_STRATEGY);
  flow.values = Object.fromEntries(
    Object.entries(fields).filter(([name]) => name.startsWith('traits.')),
  );
  if (fields.method === 'profile') return answerWithFlow(c, flow, { status: 400 });
  if (fields.method !== 'password' || !fields.password) return reject(c, flow, NO_STRATEGY);
  if (findByEmail(fields['traits.email'] ?? '')) return reject(c, flow, EXISTS);
  return await completeRegistration(c, flow, createAccount(fields));
}

function createAccount(fields: Fields): Identity {
  const id = crypto.randomUUID();
  const password = fields.password ?? '';
  const identity = createIdentity({ id, traits: traitsOf(fields), password }, Date.now());
  identity.verified = false;
  store.identities.set(id, identity);
  return identity;
}

/** `selfservice/flow/registration/hook.go` `PostRegistrationHook` */
async function completeRegistration(
  c: KratosContext,
  flow: Flow,
  identity: Identity,
): Promise<Response> {
  const method = { method: 'password', aal: 'aal1', completedAt: Date.now() } as const;
  const session = firstSession(c.req.raw, identity, method);
  store.sessions.set(session.id, session);
  flow.state = 'passed_challenge';
  const returnTo = resolveReturnTo(flow.returnTo ?? DEFAULT_RETURN_PATH, publicUrl(c));
  const location = returnTo ?? publicUrl(c);
  const document = {
    identity: identityDocument(identity, publicUrl(c)),
    session: completedSession(c, { session, identity }),
  };
  if (flow.type === 'api') {
    return goJson({ ...document, session_token: session.token, continue_with: null });
  }
  const next = { action: 'redirect_browser_to', redirect_browser_to: location };
  const answer = wantsJson(c.req.raw)
    ? goJson({ ...document, continue_with: [next] })
    : redirect(c.req.raw, location);
  await issueSession(c, answer, session);
  return answer;
}

function reject(c: KratosContext, flow: Flow, message: Message): Response {
  flow.messages = [message];
  return answerWithFlow(c, flow, { status: 400 });
}

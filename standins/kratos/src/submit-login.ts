import { redirect, wantsJson } from './answers.ts';
import { completeLogin } from './complete-login.ts';
import { authenticate } from './credential.ts';
import { forwardError } from './error-page.ts';
import type { Fields } from './fields.ts';
import { type Flow, isExpired } from './flow.ts';
import {
  answerExpired,
  answerWithFlow,
  findSubmittedFlow,
  readSubmission,
} from './flow-answers.ts';
import type { Identity } from './identity.ts';
import { ALREADY_SIGNED_IN, FIRST_FACTOR_FIRST } from './login.ts';
import { ACCOUNT_DISABLED, INVALID_CREDENTIALS, INVALID_TOTP, NO_STRATEGY } from './login-form.ts';
import { startOidc } from './oidc.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { DEFAULT_RETURN_PATH } from './return-to.ts';
import {
  type AuthenticationMethod,
  assuranceLevel,
  createSession,
  readDevice,
  type Session,
} from './session.ts';
import { type SignedIn, store } from './store.ts';
import { genericError, type Message } from './ui-nodes.ts';

/** The one second-factor code that is accepted. */
export const DEMO_TOTP_CODE = '000000';

/** `POST /self-service/login?flow=` with a JSON or form body (`selfservice/flow/login/handler.go`). */
export async function submitLogin(c: KratosContext): Promise<Response> {
  const flow = findSubmittedFlow(c, 'login');
  if (flow instanceof Response) return flow;
  const current = await authenticate(c.req.raw);
  const refused = refuseByState(c, flow, current);
  if (refused) return refused;

  const submission = await readSubmission(c, flow);
  if (submission instanceof Response) return submission;
  const { fields } = submission;
  if (fields === 'not JSON') return reject(c, flow, genericError('Unable to decode form as JSON.'));
  if (fields.provider !== undefined && (fields.method ?? 'oidc') === 'oidc') {
    return startOidc(c, flow, fields.provider);
  }

  const proven = proveIdentity(c.req.raw, { flow, fields, current });
  if ('text' in proven) return reject(c, flow, proven);
  return await completeLogin(c, flow, proven);
}

/** Somebody signed in can go on only to confirm it or to step up; somebody who is not, only with the first factor. */
function refuseByState(
  c: KratosContext,
  flow: Flow,
  current: SignedIn | undefined,
): Response | undefined {
  if (current) {
    const isUpgrade = flow.requestedAal > assuranceLevel(current.session);
    if (!flow.refresh && !isUpgrade) {
      if (flow.type === 'api' || wantsJson(c.req.raw)) {
        return reject(c, flow, genericError(ALREADY_SIGNED_IN.reason ?? ''));
      }
      return redirect(c.req.raw, publicUrl(c) + DEFAULT_RETURN_PATH);
    }
  } else if (flow.requestedAal === 'aal2') return forwardError(c, FIRST_FACTOR_FIRST);
  return isExpired(flow) ? answerExpired(c, flow) : undefined;
}

interface Attempt {
  readonly flow: Flow;
  readonly fields: Fields;
  readonly current: SignedIn | undefined;
}

/** The session that the submitted factor proves, or the message that says why it proves none. */
function proveIdentity(request: Request, { flow, fields, current }: Attempt): SignedIn | Message {
  if (fields.method === 'totp') return proveSecondFactor(request, { flow, fields, current });
  if (fields.method !== 'password' || flow.requestedAal === 'aal2') return NO_STRATEGY;

  const identity = findByIdentifier(fields.identifier ?? '');
  if (!identity?.password || identity.password !== fields.password) {
    flow.values = { identifier: fields.identifier ?? '' };
    return INVALID_CREDENTIALS;
  }
  if (identity.state === 'inactive') {
    flow.active = 'password';
    return ACCOUNT_DISABLED;
  }
  const method: AuthenticationMethod = { method: 'password', aal: 'aal1', completedAt: Date.now() };
  if (current?.identity.id === identity.id) return withMethod(request, current, method);
  return { identity, session: firstSession(request, identity, method) };
}

function proveSecondFactor(
  request: Request,
  { flow, fields, current }: Attempt,
): SignedIn | Message {
  if (!current?.identity.totp || fields.totp_code !== DEMO_TOTP_CODE) {
    flow.values = { totp_code: undefined };
    return INVALID_TOTP;
  }
  const method: AuthenticationMethod = { method: 'totp', aal: 'aal2', completedAt: Date.now() };
  return withMethod(request, current, method);
}

/** Signing in again keeps the session and its id, moves its times, and shows the device of this request too. */
export function withMethod(
  request: Request,
  { session, identity }: SignedIn,
  method: AuthenticationMethod,
): SignedIn {
  const now = method.completedAt;
  const lifespanMs = store.settings.sessionLifespanSeconds * 1000;
  const changed: Session = {
    ...session,
    methods: [...session.methods, method],
    authenticatedAt: now,
    expiresAt: now + lifespanMs,
    seenFrom: { ...readDevice(request), id: '00000000-0000-0000-0000-000000000000' },
  };
  return { identity, session: changed };
}

export function firstSession(
  request: Request,
  { id }: Identity,
  method: AuthenticationMethod,
): Session {
  const expiresAt = method.completedAt + store.settings.sessionLifespanSeconds * 1000;
  return createSession({ identityId: id, expiresAt, methods: [method] }, request, Date.now());
}

function findByIdentifier(identifier: string): Identity | undefined {
  const wanted = identifier.trim().toLowerCase();
  return [...store.identities.values()].find(({ traits }) => traits.email === wanted);
}

/** 400 with the flow for a script; a browser goes back to the form, which shows the message. */
function reject(c: KratosContext, flow: Flow, message: Message): Response {
  flow.messages = [message];
  return answerWithFlow(c, flow, { status: 400 });
}

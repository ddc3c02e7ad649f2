import { goJson, seeOther, wantsJson } from './answers.ts';
import {
  csrfViolation,
  DEFAULT_RETURN_PATH,
  flowExpired,
  holdsCsrfCookie,
} from './create-login.ts';
import { authenticate } from './credential.ts';
import { herodotError } from './herodot-error.ts';
import type { Identity } from './identity.ts';
import {
  INVALID_CREDENTIALS,
  INVALID_TOTP,
  type LoginFlow,
  loginFlowDocument,
  type Message,
  NO_STRATEGY,
} from './login-flow.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { resolveReturnTo } from './return-to.ts';
import {
  type AuthenticationMethod,
  createSession,
  type Session,
  sessionDocument,
} from './session.ts';
import { issueSessionCookie } from './session-cookie.ts';
import { endOthersAfter, type SignedIn, store } from './store.ts';
import { satisfiesRequiredAal } from './whoami.ts';

/** The one second-factor code that is accepted. */
const DEMO_TOTP_CODE = '000000';

export type Fields = Record<string, string>;

/** `POST /self-service/login?flow=` with a JSON or form body (`selfservice/flow/login/handler.go`). */
export async function submitLogin(c: KratosContext): Promise<Response> {
  const request = c.req.raw;
  const flow = store.flows.get(c.req.query('flow') ?? '');
  if (!flow) return herodotError(request, { code: 404 });
  if (flow.expiresAt <= Date.now()) return flowExpired(request);
  const fields = await readFields(request);
  if (!fields) return herodotError(request, { code: 400 });
  if (!passesCsrf(request, flow, fields)) return csrfViolation(request);

  const proven = await proveIdentity(request, flow, fields);
  if ('text' in proven) return rejectSubmission(c, flow, proven);
  if (proven.identity.state === 'inactive') return identityDisabled(request);
  store.sessions.set(proven.session.id, proven.session);
  flow.passed = true;
  endOthersAfter('login', proven.session);
  return await completeLogin(c, flow, proven);
}

function passesCsrf(request: Request, flow: LoginFlow, fields: Fields): boolean {
  if (flow.type === 'api') return true;
  return holdsCsrfCookie(request, flow) && fields.csrf_token === flow.csrfToken;
}

/** The session that the submitted factor proves, or the message that says why it proves none. */
async function proveIdentity(
  request: Request,
  flow: LoginFlow,
  fields: Fields,
): Promise<SignedIn | Message> {
  flow.active = fields.method;
  const current = await authenticate(request);
  if (fields.method === 'totp') return proveSecondFactor(current, fields);
  if (fields.method !== 'password' || flow.requestedAal === 'aal2') return NO_STRATEGY;

  flow.identifier = fields.identifier ?? '';
  const identity = findByIdentifier(flow.identifier);
  if (!identity?.password || identity.password !== fields.password) return INVALID_CREDENTIALS;
  if (current?.identity.id === identity.id) return reauthenticated(current);
  return { identity, session: firstSession(request, identity) };
}

function proveSecondFactor(current: SignedIn | undefined, fields: Fields): SignedIn | Message {
  if (!current?.identity.totp || fields.totp_code !== DEMO_TOTP_CODE) return INVALID_TOTP;
  return withMethod(current, { method: 'totp', aal: 'aal2', completedAt: Date.now() });
}

/** Signing in again keeps the session and its id, and moves `authenticated_at`. */
function reauthenticated(current: SignedIn): SignedIn {
  return withMethod(current, { method: 'password', aal: 'aal1', completedAt: Date.now() });
}

function withMethod({ session, identity }: SignedIn, method: AuthenticationMethod): SignedIn {
  const methods = [...session.methods, method];
  return { identity, session: { ...session, methods, authenticatedAt: method.completedAt } };
}

function firstSession(request: Request, identity: Identity): Session {
  const now = Date.now();
  const expiresAt = now + store.settings.sessionLifespanSeconds * 1000;
  const methods: AuthenticationMethod[] = [{ method: 'password', aal: 'aal1', completedAt: now }];
  return createSession({ identityId: identity.id, expiresAt, methods }, request, now);
}

function findByIdentifier(identifier: string): Identity | undefined {
  const wanted = identifier.trim().toLowerCase();
  return [...store.identities.values()].find(({ traits }) => traits.email === wanted);
}

/** 400 with the flow for a script; a browser goes back to the form, which shows the message. */
function rejectSubmission(c: KratosContext, flow: LoginFlow, message: Message): Response {
  flow.messages = [message];
  if (flow.type === 'browser' && !wantsJson(c.req.raw)) {
    return seeOther(`${publicUrl(c)}/ui/login?flow=${flow.id}`);
  }
  return goJson(loginFlowDocument(flow, publicUrl(c)), 400);
}

async function completeLogin(
  c: KratosContext,
  flow: LoginFlow,
  { session, identity }: SignedIn,
): Promise<Response> {
  const now = Date.now();
  const document = sessionDocument(session, identity, { publicUrl: publicUrl(c), now });
  if (flow.type === 'api') return goJson({ session_token: session.token, session: document });

  const setCookie = await issueSessionCookie(session, now);
  const stepUp = `${publicUrl(c)}/self-service/login/browser?aal=aal2`;
  const isBelow = !satisfiesRequiredAal({ session, identity });
  if (wantsJson(c.req.raw)) {
    if (isBelow) return locationChange(c.req.raw, stepUp, setCookie);
    return goJson({ session: document }, 200, { 'Set-Cookie': setCookie });
  }
  if (isBelow) return seeOther(stepUp, setCookie);
  const location = resolveReturnTo(flow.returnTo ?? DEFAULT_RETURN_PATH, publicUrl(c));
  return seeOther(location ?? publicUrl(c), setCookie);
}

function identityDisabled(request: Request): Response {
  return herodotError(request, {
    code: 401,
    id: 'identity_disabled',
    reason: 'This account was disabled.',
    message: 'identity is disabled',
  });
}

/** The text members of a form or JSON body; undefined for another body. */
export async function readFields(request: Request): Promise<Fields | undefined> {
  try {
    return textMembers(await readBody(request));
  } catch {
    // A body that is not what its type says is the caller's mistake, told as 400.
    return undefined;
  }
}

async function readBody(request: Request): Promise<Iterable<[string, unknown]>> {
  const type = request.headers.get('Content-Type') ?? '';
  if (!type.includes('application/json')) return await request.formData();
  return Object.entries((await request.json()) as object);
}

function textMembers(members: Iterable<[string, unknown]>): Fields {
  const fields: Fields = {};
  for (const [name, value] of members) if (typeof value === 'string') fields[name] = value;
  return fields;
}

/** 422: a script in a browser is sent on, as 303 does one that navigates (`x/err.go` `NewBrowserLocationChangeRequired`). */
export function locationChange(request: Request, location: string, setCookie: string): Response {
  const answer = herodotError(request, {
    code: 422,
    id: 'browser_location_change_required',
    reason: `In order to complete this flow please redirect the browser to: ${location}`,
    message: 'browser location change required',
    redirectBrowserTo: location,
  });
  answer.headers.append('Set-Cookie', setCookie);
  return answer;
}

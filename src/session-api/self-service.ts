import type { Credential } from '../credentials/credential.ts';
import { failed, success } from '../errors/result.ts';
import { readBoundedText, TOO_LONG } from '../http/read-bounded-text.ts';
import type { SessionStore } from '../providers/session-store.ts';
import type { Upstream } from '../providers/upstream.ts';
import type { Announcer } from '../revocation/announcer.ts';
import type { MarkSubject } from '../revocation/mark.ts';
import type { Session } from '../session/session.ts';
import { announced } from './announced.ts';
import type { ApiAnswer, ApiCall, ApiHandler, ApiMethods } from './api-route.ts';
import {
  type CallerOptions,
  chooseCredential,
  identityMark,
  resolveSession,
  sessionMark,
} from './caller.ts';
import {
  type FlowEffect,
  isSignedOut,
  issuedSessionCookie,
  readIssuedToken,
} from './flow-effects.ts';
import { passedHeaders } from './pass-through.ts';
import { type PublicHost, publicBody, publicCookie, publicLocation } from './public-host.ts';
import { readJsonBody } from './request-body.ts';
import { selfServiceHeaders } from './self-service-request.ts';

export interface SelfServiceOptions extends CallerOptions {
  readonly kratos: Upstream;
  /** To find out whose a session is that a flow has just made. */
  readonly store: SessionStore;
  readonly announcer: Announcer;
  readonly host: PublicHost;
}

const KINDS = ['login', 'registration', 'settings', 'recovery', 'verification'] as const;
const EFFECTS: Readonly<Record<(typeof KINDS)[number], FlowEffect>> = {
  login: 'session',
  registration: 'none',
  settings: 'identity',
  recovery: 'recovered-identity',
  verification: 'none',
};
/** Bodies whose URLs are rewritten are read whole; flows with many nodes are tens of KiB. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The routes of Kratos's flows that a browser or an app needs to sign in, step up, change settings, recover and
 * sign out (`selfservice/flow/…/handler.go`), by path. Nothing else of Kratos's is reachable by them.
 */
export function selfServiceRoutes(options: SelfServiceOptions): Record<string, ApiMethods> {
  const flow =
    (effect: FlowEffect): ApiHandler =>
    (call) =>
      runFlow(call, effect, options);
  const read = flow('none');
  const routes: Record<string, ApiMethods> = {
    '/self-service/errors': { GET: read },
    '/self-service/logout/browser': { GET: read },
    '/self-service/logout': { GET: flow('logout') },
    '/self-service/logout/api': { DELETE: (call) => logoutApi(call, options) },
    '/self-service/methods/oidc/callback/:provider': {
      GET: flow('identity'),
      POST: flow('identity'),
    },
    '/.well-known/ory/webauthn.js': { GET: read },
  };
  for (const kind of KINDS) {
    routes[`/self-service/${kind}/browser`] = { GET: read };
    routes[`/self-service/${kind}/api`] = { GET: read };
    routes[`/self-service/${kind}/flows`] = { GET: read };
    routes[`/self-service/${kind}`] = { GET: flow(EFFECTS[kind]), POST: flow(EFFECTS[kind]) };
  }
  return routes;
}

async function runFlow(
  call: ApiCall,
  effect: FlowEffect,
  options: SelfServiceOptions,
): Promise<ApiAnswer> {
  // Kratos guards its flows against other sites' pages by tokens of its own.
  const chosen = await chooseCredential(call.request, call.anchor, { ...options, isChange: false });
  if (
    !chosen.ok &&
    (chosen.failure === 'credential_conflicting' || chosen.failure === 'store_unavailable')
  ) {
    return chosen;
  }
  const credential = chosen.ok ? chosen.value.credential : undefined;
  const send = () => sendFlow(call, credential, options);
  if (effect === 'none') return send();
  const session = credential && (await resolveSession(credential, call.anchor, options.sessions));
  const expected = session === undefined ? [] : expectedMarks(session, effect);
  return announced(
    { announcer: options.announcer, anchor: call.anchor },
    expected,
    send,
    (response) => confirmedMarks(response, effect, { call, credential, expected, options }),
  );
}

function expectedMarks(session: Session, effect: FlowEffect): MarkSubject[] {
  switch (effect) {
    case 'session':
    case 'logout':
      return [sessionMark(session.id, session.identity.id)];
    case 'identity':
      return [identityMark(session.identity.id)];
    case 'recovered-identity':
    case 'none':
      return [];
  }
}

interface FlowRun {
  readonly call: ApiCall;
  readonly credential: Credential | undefined;
  readonly expected: readonly MarkSubject[];
  readonly options: SelfServiceOptions;
}

/** Whom a flow's answer says that it changed. A redirect back to the form is no change. */
async function confirmedMarks(
  response: Response,
  effect: FlowEffect,
  run: FlowRun,
): Promise<readonly MarkSubject[]> {
  switch (effect) {
    case 'logout':
      return isSignedOut(response, run.options.cookieNames) ? run.expected : [];
    case 'session':
      return steppedUpMarks(response, run);
    case 'identity':
      if (!isAnswered(response)) return [];
      return response.status !== 200 && (await isFormShownAgain(run)) ? [] : run.expected;
    case 'recovered-identity': {
      const session = await issuedSession(response, run.options);
      return session === undefined ? [] : [identityMark(session.identity.id)];
    }
    case 'none':
      return [];
  }
}

/** A session below the level it could have is one the store says nothing of until it has stepped up. */
async function steppedUpMarks(
  response: Response,
  { credential, expected, options }: FlowRun,
): Promise<readonly MarkSubject[]> {
  const isDone =
    response.status === 200 || issuedSessionCookie(response, options.cookieNames) !== undefined;
  if (!isDone || credential === undefined || expected.length > 0) return isDone ? expected : [];
  const session = await issuedSession(response, options);
  return session === undefined ? [] : [sessionMark(session.id, session.identity.id)];
}

/** The session that an answer hands to its client, as the store has it now. */
async function issuedSession(
  response: Response,
  { cookieNames, store }: SelfServiceOptions,
): Promise<Session | undefined> {
  const issued = issuedSessionCookie(response, cookieNames) ?? (await readIssuedToken(response));
  const answer = issued && (await store.check(issued));
  return answer?.kind === 'session' ? answer.session : undefined;
}

/** 422 sends a browser on that asked by a script, as 303 does one that navigates. */
function isAnswered({ status }: Response): boolean {
  return status < 400 || status === 422;
}

/** A browser is sent to the same page whether its settings were taken or not; the flow itself knows. */
async function isFormShownAgain({ call, credential, options }: FlowRun): Promise<boolean> {
  const id = new URLSearchParams(call.target.search).get('flow') ?? '';
  if (call.target.method !== 'POST' || id === '') return false;
  const headers = selfServiceHeaders(call.request, credential, flowHeaders(options));
  headers.set('accept', 'application/json');
  headers.delete('content-type');
  const segments = ['self-service', 'settings', 'flows'];
  const query = new URLSearchParams({ id }).toString();
  const sent = await options.kratos.send({ method: 'GET', segments, query, headers });
  if (!sent.ok) return false;
  const text = await readTextOf(sent.value);
  return sent.value.status === 200 && text !== undefined && /"state":"show_form"/.test(text);
}

async function logoutApi(call: ApiCall, options: SelfServiceOptions): Promise<ApiAnswer> {
  const body = await readJsonBody(call.request);
  if (!body.ok) return body;
  const { session_token: token } = body.value;
  if (typeof token !== 'string' || !/^[\x21-\x7e]{16,4096}$/.test(token)) {
    return failed('body_not_valid');
  }
  const credential: Credential = {
    carrier: { kind: 'session-token-header' },
    value: token,
  };
  const session = await resolveSession(credential, call.anchor, options.sessions);
  const expected = session === undefined ? [] : [sessionMark(session.id, session.identity.id)];
  const headers = selfServiceHeaders(call.request, undefined, flowHeaders(options));
  headers.set('content-type', 'application/json');
  const change = {
    method: 'DELETE',
    segments: ['self-service', 'logout', 'api'],
    headers,
    body: JSON.stringify({ session_token: token }),
  };
  return announced({ announcer: options.announcer, anchor: call.anchor }, expected, async () => {
    const sent = await options.kratos.send(change);
    return sent.ok ? passFlow(sent.value, options) : sent;
  });
}

async function sendFlow(
  { request, target }: ApiCall,
  credential: Credential | undefined,
  options: SelfServiceOptions,
): Promise<ApiAnswer> {
  const path = target.decodedPath.slice(options.host.apiPath.length);
  const sent = await options.kratos.send({
    method: target.method === 'HEAD' ? 'GET' : target.method,
    segments: path.split('/').slice(1),
    query: target.search.slice(1),
    headers: selfServiceHeaders(request, credential, flowHeaders(options)),
    body: request.body,
  });
  return sent.ok ? passFlow(sent.value, options) : sent;
}

function flowHeaders({ cookieNames, host }: SelfServiceOptions) {
  return { cookieNames, publicUrl: host.publicUrl };
}

/** Kratos's answer on the site's own host: cookies, redirects and URLs in documents are the site's. */
async function passFlow(response: Response, { host }: SelfServiceOptions): Promise<ApiAnswer> {
  const headers = passedHeaders(response, ['clear-site-data']);
  const location = response.headers.get('location');
  if (location !== null) headers.set('location', publicLocation(location, host));
  for (const cookie of response.headers.getSetCookie()) {
    headers.append('set-cookie', publicCookie(cookie, host));
  }
  const { status } = response;
  const isJson = /^application\/(?:[a-z.-]+\+)?json\b/i.test(headers.get('content-type') ?? '');
  if (!isJson) return success(new Response(response.body, { status, headers }));
  const text = await readTextOf(response);
  if (text === undefined) return failed('upstream_not_valid');
  return success(new Response(publicBody(text, host), { status, headers }));
}

async function readTextOf(response: Response): Promise<string | undefined> {
  try {
    const text = await readBoundedText(response, MAX_BODY_BYTES);
    return text === TOO_LONG ? undefined : text;
  } catch {
    return undefined;
  }
}

import type { Credential } from '../../credentials/credential.ts';
import { invalidBody } from '../../http/invalid-part.ts';
import { readJsonBody } from '../../http/request-body.ts';
import { failed } from '../../runtime/result.ts';
import {
  type ApiAnswer,
  type ApiCall,
  type ApiChange,
  type ApiMethods,
  type ApiPlan,
  answerWith,
  change,
  make,
  read,
} from '../../session-changes/api-route.ts';
import { chooseCredential, identifyCaller } from '../../session-changes/caller.ts';
import { type ChangeAnswer, unrecordedChange } from '../../session-changes/session-change.ts';
import { passFlow } from './flow-answer.ts';
import {
  FLOW_KINDS,
  type FlowKind,
  type FlowRequest,
  flowHeaders,
  type SelfServiceOptions,
} from './flow-request.ts';
import { signOut } from './logout.ts';
import { recover } from './recovery.ts';
import { selfServiceHeaders } from './self-service-request.ts';
import { changeSettings } from './settings.ts';
import { comeBack, signIn } from './sign-in.ts';
import { verify } from './verification.ts';

/** Plans the change that a flow's request may make. */
type FlowPlan = (flow: FlowRequest) => ApiPlan | Promise<ApiPlan>;

const PLANS: Readonly<Record<FlowKind, FlowPlan>> = {
  login: (flow) => make(signIn(flow)),
  registration: (flow) => make(signIn(flow)),
  settings: changeSettings,
  recovery: (flow) => make(recover(flow)),
  verification: verify,
};

/**
 * The routes of Kratos's flows that a browser or an app needs to sign in, step up, change settings, recover and
 * sign out (`selfservice/flow/…/handler.go`), by path. They reach no other route of Kratos. docs/session-api.md lists
 * the routes that are left out.
 */
export function selfServiceRoutes(options: SelfServiceOptions): Record<string, ApiMethods> {
  const changing = (plan: FlowPlan): ApiChange => change((call) => planFlow(call, plan, options));
  const look = read((call) => readFlowPage(call, options));
  const back = changing((flow) => make(comeBack(flow)));
  const routes: Record<string, ApiMethods> = {
    '/self-service/errors': { GET: look },
    '/self-service/logout/browser': { GET: look },
    '/self-service/logout': { GET: changing(planLogout) },
    '/self-service/logout/api': { DELETE: change((call) => planLogoutApi(call, options)) },
    // Kratos's `pkce: force` leaves the provider out of the path. Kratos has no POST there.
    '/self-service/methods/oidc/callback': { GET: back },
    '/self-service/methods/oidc/callback/:provider': { GET: back, POST: back },
    // A trial of a social sign-in, which an operator begins at Kratos's admin API. It issues no session.
    '/self-service/login/test': { DELETE: changing((flow) => make(unrecordedChange(flow.send))) },
    '/.well-known/change-password': { GET: look },
    '/.well-known/ory/webauthn.js': { GET: look },
  };
  for (const kind of FLOW_KINDS) {
    routes[`/self-service/${kind}/browser`] = { GET: look };
    routes[`/self-service/${kind}/api`] = { GET: look };
    routes[`/self-service/${kind}/flows`] = { GET: look };
    routes[`/self-service/${kind}`] = { GET: changing(PLANS[kind]), POST: changing(PLANS[kind]) };
  }
  return routes;
}

async function planLogout(flow: FlowRequest): Promise<ApiPlan> {
  const { credential, caller } = flow;
  // Without a credential there is no session that could end.
  if (credential === undefined) return answerWith(await flow.send());
  if (caller?.kind === 'unknown') return answerWith(failed('store_unavailable'));
  return signOut({ flow, credential });
}

/** Chooses the credential without a check of the page's origin: Kratos protects its flows with CSRF tokens. */
function chooseForFlow(call: ApiCall, { callers }: SelfServiceOptions) {
  return chooseCredential(call, callers, { isChange: false });
}

async function readFlowPage(call: ApiCall, options: SelfServiceOptions): Promise<ApiAnswer> {
  const chosen = await chooseForFlow(call, options);
  if (!chosen.ok && isFatal(chosen.failure)) return chosen;
  return sendFlow(call, chosen.ok ? chosen.value.credential : undefined, options);
}

async function planFlow(
  call: ApiCall,
  plan: FlowPlan,
  options: SelfServiceOptions,
): Promise<ApiPlan> {
  const chosen = await chooseForFlow(call, options);
  if (!chosen.ok && isFatal(chosen.failure)) return answerWith(chosen);
  const credential = chosen.ok ? chosen.value.credential : undefined;
  const send = () => sendFlow(call, credential, options, { isChange: true });
  if (!options.changes.keepsLog) return make(unrecordedChange(send));
  const caller = chosen.ok
    ? await identifyCaller(chosen.value, call.waitUntil, options.callers.sessions)
    : undefined;
  return plan({ call, credential, caller, options, send });
}

/** Returns whether a failure ends the request. Otherwise the request is sent without a session: Kratos may accept it. */
function isFatal(failure: string): failure is 'credential_conflicting' | 'store_unavailable' {
  return failure === 'credential_conflicting' || failure === 'store_unavailable';
}

async function planLogoutApi(call: ApiCall, options: SelfServiceOptions): Promise<ApiPlan> {
  const body = await readJsonBody(call.request);
  if (!body.ok) return answerWith(body);
  const { session_token: token } = body.value;
  if (typeof token !== 'string' || !/^[\x21-\x7e]{16,4096}$/.test(token)) {
    return answerWith(invalidBody('"session_token" must be the token of the session to end.'));
  }
  const credential: Credential = { carrier: { kind: 'session-token-header' }, value: token };
  const headers = selfServiceHeaders(call.request, undefined, flowHeaders(options));
  headers.set('content-type', 'application/json');
  const sent = {
    method: 'DELETE',
    segments: ['self-service', 'logout', 'api'],
    headers,
    body: JSON.stringify({ session_token: token }),
  };
  const send = async (): Promise<ChangeAnswer> => {
    const answer = await options.kratos.send(sent);
    return answer.ok ? passFlow(answer.value, options) : answer;
  };
  if (!options.changes.keepsLog) return make(unrecordedChange(send));
  const chosen = { credential, resolution: undefined };
  const caller = await identifyCaller(chosen, call.waitUntil, options.callers.sessions);
  return planLogout({ call, credential, caller, options, send });
}

async function sendFlow(
  { request, target }: ApiCall,
  credential: Credential | undefined,
  options: SelfServiceOptions,
  { isChange = false } = {},
): Promise<ApiAnswer> {
  const path = target.decodedPath.slice(options.host.apiPath.length);
  const sent = await options.kratos.send({
    method: target.method === 'HEAD' ? 'GET' : target.method,
    segments: path.split('/').slice(1),
    query: target.search.slice(1),
    headers: selfServiceHeaders(request, credential, flowHeaders(options)),
    body: request.body,
    isChange,
  });
  return sent.ok ? passFlow(sent.value, options) : sent;
}

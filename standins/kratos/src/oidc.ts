import { redirect, wantsJson } from './answers.ts';
import { completeLogin, locationChange } from './complete-login.ts';
import { continuityCookie, readContinuity } from './continuity.ts';
import { forwardError } from './error-page.ts';
import { type Flow, findFlow, isExpired } from './flow.ts';
import { answerExpired } from './flow-answers.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { store } from './store.ts';
import { firstSession } from './submit-login.ts';

/** The tiny provider at `/.standin/provider/authorize`, by any name that a flow asks for. */
const COOKIE_NAME = 'ory_kratos_oidc_auth_code_session';

/** A social sign-in begins: the browser is sent to the provider, with a state that its cookie repeats (`selfservice/strategy/oidc/strategy_login.go`). */
export function startOidc(c: KratosContext, flow: Flow, provider: string): Response {
  const state = btoa(JSON.stringify({ flow: flow.id, provider }));
  const callback = `${publicUrl(c)}/self-service/methods/oidc/callback/${provider}`;
  const query = new URLSearchParams({
    client_id: 'kratos',
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid',
    state,
  });
  const location = `${publicUrl(c)}/.standin/provider/authorize?${query}`;
  const answer = wantsJson(c.req.raw)
    ? locationChange(c.req.raw, location)
    : redirect(c.req.raw, location);
  answer.headers.append('Set-Cookie', continuityCookie(COOKIE_NAME, state));
  flow.active = 'oidc';
  return answer;
}

/**
 * `GET /.standin/provider/authorize`: the provider signs in whom `login_hint` names by the id of an identity, the demo
 * account unless it does, and sends the browser back at once. The id is the code.
 */
export function authorize(c: KratosContext): Response {
  const { redirect_uri: callback = '', state = '', login_hint: hint } = c.req.query();
  const [first] = store.identities.keys();
  const query = new URLSearchParams({ code: hint ?? first ?? '', state });
  return redirect(c.req.raw, `${callback}?${query}`);
}

/** `GET /self-service/methods/oidc/callback/{provider}` (`selfservice/strategy/oidc/strategy.go` `ValidateCallback`). */
export async function oidcCallback(c: KratosContext): Promise<Response> {
  const { state: stateText, code } = c.req.query();
  if (!stateText) return refuse(c, 'the OpenID Provider did not return the state query parameter.');
  const state = readState(stateText);
  if (!state) return refuse(c, 'the state parameter is invalid.');
  if ((c.req.param('provider') ?? state.provider) !== state.provider) {
    return forwardError(c, { code: 400, reason: MISMATCH });
  }
  const flow = findFlow('login', state.flow);
  if (!flow) return refuse(c, 'the state parameter is invalid.');
  if (isExpired(flow)) return answerExpired(c, flow);
  if (readContinuity(c, COOKIE_NAME) !== stateText) {
    return refuse(
      c,
      'the query state parameter does not match the state parameter from the session cookie.',
    );
  }
  const identity = store.identities.get(code ?? '');
  if (!identity) return refuse(c, 'the OpenID Provider did not return the code query parameter.');
  const method = { method: 'oidc', aal: 'aal1', completedAt: Date.now() } as const;
  return completeLogin(c, flow, { identity, session: firstSession(c.req.raw, identity, method) });
}

/** `POST …/callback/{provider}`: a form that a provider posts becomes the same request by GET, which carries cookies. */
export async function oidcFormCallback(c: KratosContext): Promise<Response> {
  const query = new URLSearchParams(await c.req.text());
  return redirect(c.req.raw, `${publicUrl(c)}${c.req.path}?${query}`, 302);
}

const MISMATCH =
  'Unable to complete OpenID Connect flow: provider mismatch between internal state and URL.';

function refuse(c: KratosContext, why: string): Response {
  const reason = `Unable to complete OpenID Connect flow because ${why}`;
  return forwardError(c, { code: 400, reason });
}

function readState(text: string): { flow: string; provider: string } | undefined {
  try {
    const { flow, provider } = JSON.parse(atob(text)) as Record<string, unknown>;
    return { flow: String(flow), provider: String(provider) };
  } catch {
    // Not a state that was given out here.
    return undefined;
  }
}

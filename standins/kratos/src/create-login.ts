import { goJson, seeOther, wantsJson } from './answers.ts';
import { authenticate, readCookie } from './credential.ts';
import { type HerodotError, herodotError } from './herodot-error.ts';
import {
  LOGIN_LIFESPAN_MS,
  type LoginFlow,
  loginFlowDocument,
  openingMessages,
} from './login-flow.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { randomAlphanumeric } from './random-text.ts';
import { resolveReturnTo, returnToForbidden } from './return-to.ts';
import { type AssuranceLevel, assuranceLevel } from './session.ts';
import { type SignedIn, store } from './store.ts';

export const CSRF_COOKIE_NAME = 'csrf_token_postern_standin';

/** The page that a browser reaches if its flow named no `return_to`. */
export const DEFAULT_RETURN_PATH = '/ui/welcome';

/** `GET /self-service/login/api` (`selfservice/flow/login/handler.go`) */
export async function createNativeLogin(c: KratosContext): Promise<Response> {
  const refused = refusal(c, await authenticate(c.req.raw));
  if (refused) return herodotError(c.req.raw, refused);
  const returnTo = c.req.query('return_to');
  if (returnTo && !resolveReturnTo(returnTo, publicUrl(c))) {
    return returnToForbidden(c.req.raw, returnTo);
  }
  return goJson(loginFlowDocument(startFlow(c, 'api', ''), publicUrl(c)));
}

/** `GET /self-service/login/browser`: to the sign-in page, or the flow itself for a script. */
export async function createBrowserLogin(c: KratosContext): Promise<Response> {
  const request = c.req.raw;
  const returnTo = c.req.query('return_to');
  const location = resolveReturnTo(returnTo ?? DEFAULT_RETURN_PATH, publicUrl(c));
  if (!location) return returnToForbidden(request, returnTo ?? '');
  const refused = refusal(c, await authenticate(request));
  if (refused) return refuseBrowser(c, refused, location);

  const csrfToken = readCookie(request, CSRF_COOKIE_NAME) || randomAlphanumeric(32);
  const flow = startFlow(c, 'browser', csrfToken);
  const answer = wantsJson(request)
    ? goJson(loginFlowDocument(flow, publicUrl(c)))
    : seeOther(`${publicUrl(c)}/ui/login?flow=${flow.id}`);
  answer.headers.append(
    'Set-Cookie',
    `${CSRF_COOKIE_NAME}=${csrfToken}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax`,
  );
  return answer;
}

/** `GET /self-service/login/flows?id=`: a browser's flow only for the browser that holds its cookie. */
export function readLoginFlow(c: KratosContext): Response {
  const flow = store.flows.get(c.req.query('id') ?? '');
  if (!flow) return herodotError(c.req.raw, { code: 404 });
  if (flow.expiresAt <= Date.now()) return flowExpired(c.req.raw);
  if (!holdsCsrfCookie(c.req.raw, flow)) return csrfViolation(c.req.raw);
  return goJson(loginFlowDocument(flow, publicUrl(c)));
}

/** Whether a browser flow is asked for by the browser that started it. */
export function holdsCsrfCookie(request: Request, flow: LoginFlow): boolean {
  return flow.type === 'api' || readCookie(request, CSRF_COOKIE_NAME) === flow.csrfToken;
}

export function csrfViolation(request: Request): Response {
  return herodotError(request, {
    code: 403,
    id: 'security_csrf_violation',
    reason:
      'Please retry the flow and optionally clear your cookies. The request was rejected to protect you from Cross-Site-Request-Forgery (CSRF) which could cause account takeover, leaking personal information, and other serious security issues.',
    message: 'the request was rejected to protect you from Cross-Site-Request-Forgery',
  });
}

export function flowExpired(request: Request): Response {
  return herodotError(request, {
    code: 410,
    id: 'self_service_flow_expired',
    reason: 'The self-service flow expired, initialize a new one.',
  });
}

/** Returns the reason against starting a flow: signed in already, or a second factor before the first. */
function refusal(c: KratosContext, current: SignedIn | undefined): HerodotError | undefined {
  const wantsSecondFactor = c.req.query('aal') === 'aal2';
  const refresh = c.req.query('refresh') === 'true';
  if (!current) {
    if (!wantsSecondFactor) return undefined;
    return {
      code: 401,
      id: 'session_aal1_required',
      reason: 'You can not requested a higher AAL (AAL2/AAL3) without an active session.',
      message: 'aal2 and aal3 can only be requested if a session exists already',
    };
  }
  if (refresh || (wantsSecondFactor && assuranceLevel(current.session) === 'aal1')) {
    return undefined;
  }
  return {
    code: 400,
    id: 'session_already_available',
    reason:
      'A valid session was detected and thus login is not possible. Did you forget to set `?refresh=true`?',
    message: 'you are already logged in',
  };
}

/** A browser is sent where it can go on: home when signed in, to the first factor when not. */
function refuseBrowser(c: KratosContext, refused: HerodotError, location: string): Response {
  if (wantsJson(c.req.raw)) return herodotError(c.req.raw, refused);
  if (refused.code === 400) return seeOther(location);
  const query = new URLSearchParams({ return_to: location });
  return seeOther(`${publicUrl(c)}/self-service/login/browser?${query}`);
}

function startFlow(c: KratosContext, type: LoginFlow['type'], csrfToken: string): LoginFlow {
  const now = Date.now();
  const refresh = c.req.query('refresh') === 'true';
  const requestedAal: AssuranceLevel = c.req.query('aal') === 'aal2' ? 'aal2' : 'aal1';
  const flow: LoginFlow = {
    id: crypto.randomUUID(),
    type,
    csrfToken,
    issuedAt: now,
    expiresAt: now + LOGIN_LIFESPAN_MS,
    requestUrl: requestUrl(c.req.raw),
    returnTo: c.req.query('return_to'),
    refresh,
    requestedAal,
    active: undefined,
    identifier: '',
    messages: openingMessages({ refresh, requestedAal }),
    passed: false,
  };
  forgetExpiredFlows(now);
  store.flows.set(flow.id, flow);
  return flow;
}

/** The URL of the client, as a proxy's headers state it (`x/http_secure_redirect.go` `RequestURL`). */
function requestUrl(request: Request): string {
  const url = new URL(request.url);
  const host = request.headers.get('X-Forwarded-Host');
  if (host) url.host = host;
  const protocol = request.headers.get('X-Forwarded-Proto');
  if (protocol) url.protocol = protocol;
  return url.href;
}

function forgetExpiredFlows(now: number): void {
  for (const flow of store.flows.values()) {
    if (flow.expiresAt <= now) store.flows.delete(flow.id);
  }
}

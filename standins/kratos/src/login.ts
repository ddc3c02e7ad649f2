import { goJson, redirect, wantsJson } from './answers.ts';
import { authenticate } from './credential.ts';
import { forwardError } from './error-page.ts';
import { beginFlow, type Flow } from './flow.ts';
import { answerWithFlow, readFlow } from './flow-answers.ts';
import { flowDocument } from './flow-document.ts';
import { type HerodotError, herodotError } from './herodot-error.ts';
import { openingMessages } from './login-form.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { randomAlphanumeric } from './random-text.ts';
import { DEFAULT_RETURN_PATH, resolveReturnTo, returnToForbidden } from './return-to.ts';
import { assuranceLevel } from './session.ts';
import type { SignedIn } from './store.ts';

export const ALREADY_SIGNED_IN: HerodotError = {
  code: 400,
  id: 'session_already_available',
  reason:
    'A valid session was detected and thus login is not possible. Did you forget to set `?refresh=true`?',
  message: 'you are already logged in',
};
export const FIRST_FACTOR_FIRST: HerodotError = {
  code: 401,
  id: 'session_aal1_required',
  reason: 'You can not requested a higher AAL (AAL2/AAL3) without an active session.',
  message: 'aal2 and aal3 can only be requested if a session exists already',
};

/** `GET /self-service/login/api` (`selfservice/flow/login/handler.go`) */
export async function createNativeLogin(c: KratosContext): Promise<Response> {
  const current = await authenticate(c.req.raw);
  const refused = returnToProblem(c) ?? refusal(c, current);
  if (refused) return herodotError(c.req.raw, refused);
  return goJson(flowDocument(c, startFlow(c, 'api', current), { isFresh: true }));
}

/** `GET /self-service/login/browser`: to the sign-in page, or the flow itself for a script. */
export async function createBrowserLogin(c: KratosContext): Promise<Response> {
  const current = await authenticate(c.req.raw);
  const problem = returnToProblem(c);
  if (problem) return forwardError(c, problem);
  const refused = refusal(c, current);
  if (refused === ALREADY_SIGNED_IN && !wantsJson(c.req.raw)) {
    const returnTo = c.req.query('return_to') ?? DEFAULT_RETURN_PATH;
    return redirect(c.req.raw, resolveReturnTo(returnTo, publicUrl(c)) ?? publicUrl(c));
  }
  if (refused) return forwardError(c, refused);
  return answerWithFlow(c, startFlow(c, 'browser', current), { isFresh: true });
}

/** `GET /self-service/login/flows?id=` */
export const readLoginFlow = (c: KratosContext) => readFlow(c, 'login');

export function returnToProblem(c: KratosContext): HerodotError | undefined {
  const returnTo = c.req.query('return_to');
  if (!returnTo || resolveReturnTo(returnTo, publicUrl(c))) return undefined;
  return returnToForbidden(returnTo);
}

/** Returns the reason against starting a flow: signed in already, or a second factor before the first. */
function refusal(c: KratosContext, current: SignedIn | undefined): HerodotError | undefined {
  const aal = c.req.query('aal') || 'aal1';
  if (aal !== 'aal1' && aal !== 'aal2') {
    const reason = `Unable to parse AuthenticationMethod Assurance Level (AAL): expected one of [aal1, aal2] but got ${aal}`;
    return { code: 400, reason };
  }
  if (!current) return aal === 'aal2' ? FIRST_FACTOR_FIRST : undefined;
  const isStepUp = aal === 'aal2' && assuranceLevel(current.session) === 'aal1';
  return isStepUp || isRefresh(c) ? undefined : ALREADY_SIGNED_IN;
}

function startFlow(c: KratosContext, type: Flow['type'], current: SignedIn | undefined): Flow {
  const requestedAal = c.req.query('aal') === 'aal2' ? 'aal2' : 'aal1';
  const refresh = current !== undefined && isRefresh(c);
  const wantsCode = c.req.query('return_session_token_exchange_code') === 'true';
  return beginFlow(c, {
    kind: 'login',
    type,
    refresh,
    requestedAal,
    identityId: current?.identity.id,
    messages: openingMessages({ refresh, requestedAal }),
    ...(type === 'api' && wantsCode && !current && { exchangeCode: randomAlphanumeric(64) }),
  });
}

function isRefresh(c: KratosContext): boolean {
  return c.req.query('refresh') === 'true';
}

import {
  accountFlowDocument,
  accountPage,
  readAccountFlow,
  readSubmission,
  startAccountFlow,
} from './account-flow.ts';
import { goJson, seeOther, wantsJson } from './answers.ts';
import { authenticate } from './credential.ts';
import { herodotError } from './herodot-error.ts';
import type { Identity } from './identity.ts';
import type { KratosContext } from './public-url.ts';
import { issueSessionCookie } from './session-cookie.ts';
import { endOthersAfter, type SignedIn, store } from './store.ts';
import type { Fields } from './submit-login.ts';
import { hasHighestAal, stepUpRequired } from './whoami.ts';

/** `GET /self-service/settings/api` */
export const createNativeSettings = (c: KratosContext) => createSettings(c, 'api');
/** `GET /self-service/settings/browser` */
export const createBrowserSettings = (c: KratosContext) => createSettings(c, 'browser');
/** `GET /self-service/settings/flows?id=` */
export async function readSettingsFlow(c: KratosContext): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  if (!signedIn) return sessionInactive(c.req.raw);
  if (!mayChangeSettings(signedIn)) return stepUpRequired(c);
  const flow = store.accountFlows.get(c.req.query('id') ?? '');
  if (flow?.kind === 'settings' && flow.identityId !== signedIn.identity.id) {
    return identityMismatch(c.req.raw);
  }
  return readAccountFlow(c, 'settings');
}

/** `selfservice.flows.settings.required_aal`, which is another setting than whoami's. */
function mayChangeSettings(signedIn: SignedIn): boolean {
  return store.settings.settingsRequiredAal === 'aal1' || hasHighestAal(signedIn);
}

function identityMismatch(request: Request): Response {
  return herodotError(request, {
    code: 403,
    id: 'security_identity_mismatch',
    reason: 'The request was made for another identity and has been blocked for security reasons.',
    message: 'The requested action was forbidden',
  });
}

async function createSettings(c: KratosContext, type: 'api' | 'browser'): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  if (!signedIn) return sessionInactive(c.req.raw);
  if (!mayChangeSettings(signedIn)) return stepUpRequired(c);
  return startAccountFlow(c, { kind: 'settings', type, identityId: signedIn.identity.id });
}

/** `POST /self-service/settings?flow=`: a new email or password for who is signed in. */
export async function submitSettings(c: KratosContext): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  if (!signedIn) return sessionInactive(c.req.raw);
  if (!mayChangeSettings(signedIn)) return stepUpRequired(c);
  const submission = await readSubmission(c, 'settings');
  if (submission instanceof Response) return submission;
  const { flow, fields } = submission;
  if (flow.identityId !== signedIn.identity.id) return identityMismatch(c.req.raw);
  const isChanged = applyChange(signedIn.identity, fields);
  flow.state = isChanged ? 'success' : 'show_form';
  if (isChanged) endOthersAfter('settings', signedIn.session);
  const isBrowser = flow.type === 'browser';
  const answer =
    isBrowser && !wantsJson(c.req.raw)
      ? seeOther(accountPage(c, flow))
      : goJson(accountFlowDocument(c, flow), isChanged ? 200 : 400);
  if (isBrowser && isChanged) {
    answer.headers.append('Set-Cookie', await issueSessionCookie(signedIn.session, Date.now()));
  }
  return answer;
}

function applyChange(identity: Identity, fields: Fields): boolean {
  const { method, password } = fields;
  const email = fields['traits.email'] ?? fields.email;
  identity.updatedAt = Date.now();
  if (method === 'profile' && email?.includes('@')) {
    if (store.settings.verifiesNewAddress) {
      identity.pendingEmail = email;
      return true;
    }
    identity.traits = { ...identity.traits, email };
    return true;
  }
  if (method === 'password' && password !== undefined && password.length >= 8) {
    identity.password = password;
    return true;
  }
  return false;
}

function sessionInactive(request: Request): Response {
  return herodotError(request, {
    code: 401,
    id: 'session_inactive',
    reason: 'No active session was found in this request.',
    message: 'request does not have a valid authentication session',
  });
}

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
import type { Fields } from './submit-login.ts';

/** `GET /self-service/settings/api` */
export const createNativeSettings = (c: KratosContext) => createSettings(c, 'api');
/** `GET /self-service/settings/browser` */
export const createBrowserSettings = (c: KratosContext) => createSettings(c, 'browser');
/** `GET /self-service/settings/flows?id=` */
export const readSettingsFlow = (c: KratosContext) => readAccountFlow(c, 'settings');

async function createSettings(c: KratosContext, type: 'api' | 'browser'): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  if (!signedIn) return sessionInactive(c.req.raw);
  return startAccountFlow(c, { kind: 'settings', type, identityId: signedIn.identity.id });
}

/** `POST /self-service/settings?flow=`: a new email or password for who is signed in. */
export async function submitSettings(c: KratosContext): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  if (!signedIn) return sessionInactive(c.req.raw);
  const submission = await readSubmission(c, 'settings');
  if (submission instanceof Response) return submission;
  const { flow, fields } = submission;
  if (flow.identityId !== signedIn.identity.id) return herodotError(c.req.raw, { code: 403 });
  const isChanged = applyChange(signedIn.identity, fields);
  flow.state = isChanged ? 'success' : 'show_form';
  if (flow.type === 'browser' && !wantsJson(c.req.raw)) return seeOther(accountPage(c, flow));
  return goJson(accountFlowDocument(c, flow), isChanged ? 200 : 400);
}

function applyChange(identity: Identity, fields: Fields): boolean {
  const { method, password } = fields;
  const email = fields['traits.email'] ?? fields.email;
  identity.updatedAt = Date.now();
  if (method === 'profile' && email?.includes('@')) {
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

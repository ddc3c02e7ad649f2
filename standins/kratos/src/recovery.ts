import {
  type AccountFlow,
  accountFlowDocument,
  accountPage,
  newAccountFlow,
  readAccountFlow,
  readSubmission,
  startAccountFlow,
} from './account-flow.ts';
import { goJson, seeOther, wantsJson } from './answers.ts';
import type { KratosContext } from './public-url.ts';
import { createSession } from './session.ts';
import { issueSessionCookie } from './session-cookie.ts';
import { endOthersAfter, store } from './store.ts';
import { locationChange } from './submit-login.ts';

/** The one recovery code that is accepted. */
const DEMO_CODE = '000000';

/** `GET /self-service/recovery/api` */
export const createNativeRecovery = (c: KratosContext) => createRecovery(c, 'api');
/** `GET /self-service/recovery/browser` */
export const createBrowserRecovery = (c: KratosContext) => createRecovery(c, 'browser');
/** `GET /self-service/recovery/flows?id=` */
export const readRecoveryFlow = (c: KratosContext) => readAccountFlow(c, 'recovery');

function createRecovery(c: KratosContext, type: 'api' | 'browser'): Response {
  return startAccountFlow(c, { kind: 'recovery', type, identityId: undefined });
}

/** `POST /self-service/recovery?flow=`: the address, then the code sent to it, then a session to set things right. */
export async function submitRecovery(c: KratosContext): Promise<Response> {
  const submission = await readSubmission(c, 'recovery');
  if (submission instanceof Response) return submission;
  const { flow, fields } = submission;
  if (flow.state === 'sent_email' && fields.code === DEMO_CODE) return completeRecovery(c, flow);
  const isCodeWrong = fields.code !== undefined;
  if (!isCodeWrong) {
    flow.email = fields.email;
    flow.identityId = findByEmail(fields.email ?? '');
    flow.state = 'sent_email';
  }
  if (flow.type === 'browser' && !wantsJson(c.req.raw)) return seeOther(accountPage(c, flow));
  return goJson(accountFlowDocument(c, flow)); // 200 for a wrong code too, which the form's message says
}

async function completeRecovery(c: KratosContext, flow: AccountFlow): Promise<Response> {
  const { identityId } = flow;
  if (identityId === undefined) return goJson(accountFlowDocument(c, flow), 400);
  const now = Date.now();
  const expiresAt = now + store.settings.sessionLifespanSeconds * 1000;
  const methods = [{ method: 'password' as const, aal: 'aal1' as const, completedAt: now }];
  const session = createSession({ identityId, expiresAt, methods }, c.req.raw, now);
  store.sessions.set(session.id, session);
  flow.state = 'passed_challenge';
  endOthersAfter('recovery', session);
  const settings = newAccountFlow({ kind: 'settings', type: flow.type, identityId }, '');
  const settingsPage = accountPage(c, settings);
  if (flow.type === 'api') {
    const continueWith = [
      { action: 'set_ory_session_token', ory_session_token: session.token },
      { action: 'show_settings_ui', flow: { id: settings.id, url: settingsPage } },
    ];
    return goJson({ ...accountFlowDocument(c, flow), continue_with: continueWith });
  }
  const setCookie = await issueSessionCookie(session, now);
  return wantsJson(c.req.raw)
    ? locationChange(c.req.raw, settingsPage, setCookie)
    : seeOther(settingsPage, setCookie);
}

export function findByEmail(email: string): string | undefined {
  return [...store.identities.values()].find(({ traits }) => traits.email === email)?.id;
}

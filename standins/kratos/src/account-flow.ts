import { goJson, seeOther, wantsJson } from './answers.ts';
import { CSRF_COOKIE_NAME, csrfViolation, flowExpired } from './create-login.ts';
import { readCookie } from './credential.ts';
import { formatGoTime } from './go-json.ts';
import { herodotError } from './herodot-error.ts';
import { identityDocument, type JsonObject } from './identity.ts';
import { LOGIN_LIFESPAN_MS } from './login-flow.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { randomAlphanumeric } from './random-text.ts';
import { store } from './store.ts';
import { type Fields, readFields } from './submit-login.ts';

/** A settings, recovery or verification flow in progress. Times are milliseconds since the epoch. */
export interface AccountFlow {
  id: string;
  kind: 'settings' | 'recovery' | 'verification';
  type: 'api' | 'browser';
  csrfToken: string;
  issuedAt: number;
  expiresAt: number;
  state: 'show_form' | 'success' | 'choose_method' | 'sent_email' | 'passed_challenge';
  /** The owner: known from the start for settings, taken from the address for recovery. */
  identityId: string | undefined;
  /** The address that received the code of a recovery or verification. */
  email: string | undefined;
}

/** A flow that has just begun. */
export function newAccountFlow(
  given: Pick<AccountFlow, 'kind' | 'type' | 'identityId'>,
  csrfToken: string,
): AccountFlow {
  const now = Date.now();
  const flow: AccountFlow = {
    ...given,
    id: crypto.randomUUID(),
    csrfToken,
    issuedAt: now,
    expiresAt: now + LOGIN_LIFESPAN_MS,
    state: given.kind === 'settings' ? 'show_form' : 'choose_method',
    email: undefined,
  };
  store.accountFlows.set(flow.id, flow);
  return flow;
}

/** Starts a flow: the document for a script, the page of the flow for a browser. */
export function startAccountFlow(
  c: KratosContext,
  given: Pick<AccountFlow, 'kind' | 'type' | 'identityId'>,
): Response {
  const isBrowser = given.type === 'browser';
  const csrfToken = isBrowser
    ? readCookie(c.req.raw, CSRF_COOKIE_NAME) || randomAlphanumeric(32)
    : '';
  const flow = newAccountFlow(given, csrfToken);
  const answer =
    !isBrowser || wantsJson(c.req.raw)
      ? goJson(accountFlowDocument(c, flow))
      : seeOther(accountPage(c, flow));
  if (isBrowser) {
    const cookie = `${CSRF_COOKIE_NAME}=${csrfToken}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax`;
    answer.headers.append('Set-Cookie', cookie);
  }
  return answer;
}

/** `GET …/flows?id=` */
export function readAccountFlow(c: KratosContext, kind: AccountFlow['kind']): Response {
  const flow = store.accountFlows.get(c.req.query('id') ?? '');
  if (flow?.kind !== kind) return herodotError(c.req.raw, { code: 404 });
  if (flow.expiresAt <= Date.now()) return flowExpired(c.req.raw);
  // Settings are shown to whose they are; the others to the browser that began them.
  const isOther = kind !== 'settings' && flow.type === 'browser';
  if (isOther && readCookie(c.req.raw, CSRF_COOKIE_NAME) !== flow.csrfToken) {
    return csrfViolation(c.req.raw);
  }
  return goJson(accountFlowDocument(c, flow));
}

/** The flow a submission is for, with its fields, or the answer that refuses it. */
export async function readSubmission(
  c: KratosContext,
  kind: AccountFlow['kind'],
): Promise<{ flow: AccountFlow; fields: Fields } | Response> {
  const request = c.req.raw;
  const flow = store.accountFlows.get(c.req.query('flow') ?? '');
  if (flow?.kind !== kind) return herodotError(request, { code: 404 });
  if (flow.expiresAt <= Date.now()) return flowExpired(request);
  const fields = await readFields(request);
  if (!fields) return herodotError(request, { code: 400 });
  const hasCookie = readCookie(request, CSRF_COOKIE_NAME) === flow.csrfToken;
  if (flow.type === 'browser' && !(hasCookie && fields.csrf_token === flow.csrfToken)) {
    return csrfViolation(request);
  }
  return { flow, fields };
}

/** A form that waits for a code has a button that sends it again, to the address it names; a verification drops it when it has passed. */
function emailNodes({ kind, state, email }: AccountFlow): JsonObject[] {
  const isOver = kind === 'verification' && state === 'passed_challenge';
  if (email === undefined || isOver) return [];
  const attributes = {
    name: 'email',
    type: 'submit',
    value: email,
    disabled: false,
    node_type: 'input',
  };
  return [{ type: 'input', group: 'code', attributes, messages: [], meta: {} }];
}

export function accountFlowDocument(c: KratosContext, flow: AccountFlow): JsonObject {
  const identity =
    flow.identityId === undefined ? undefined : store.identities.get(flow.identityId);
  return {
    id: flow.id,
    type: flow.type,
    expires_at: formatGoTime(flow.expiresAt),
    issued_at: formatGoTime(flow.issuedAt),
    request_url: `${publicUrl(c)}/self-service/${flow.kind}/${flow.type}`,
    ui: {
      action: `${publicUrl(c)}/self-service/${flow.kind}?flow=${flow.id}`,
      method: 'POST',
      nodes: [
        {
          type: 'input',
          group: 'default',
          attributes: {
            name: 'csrf_token',
            type: 'hidden',
            value: flow.csrfToken,
            disabled: false,
            node_type: 'input',
          },
          messages: [],
          meta: {},
        },
        ...emailNodes(flow),
      ],
    },
    ...(flow.kind === 'settings' &&
      identity && { identity: identityDocument(identity, publicUrl(c)) }),
    state: flow.state,
  };
}

export function accountPage(
  c: KratosContext,
  { kind, id }: Pick<AccountFlow, 'kind' | 'id'>,
): string {
  return `${publicUrl(c)}/ui/${kind}?flow=${id}`;
}

import { type KratosContext, publicUrl } from './public-url.ts';
import type { AssuranceLevel } from './session.ts';
import { store } from './store.ts';
import type { Message } from './ui-nodes.ts';
import { parsedUuid } from './uuid.ts';

export type FlowKind = 'login' | 'registration' | 'settings' | 'recovery' | 'verification';

/** A self-service flow in progress. Times are milliseconds since the epoch. */
export interface Flow {
  readonly id: string;
  readonly kind: FlowKind;
  readonly type: 'api' | 'browser';
  /** That of the browser that began it. */
  csrfSecret: string;
  readonly issuedAt: number;
  expiresAt: number;
  readonly requestUrl: string;
  readonly returnTo: string | undefined;
  state: 'choose_method' | 'show_form' | 'sent_email' | 'passed_challenge' | 'success';
  active: string | undefined;
  messages: readonly Message[];
  /** Submitted values, by the name of the input. */
  values: Readonly<Record<string, string | undefined>>;
  /** The owner: known from the start for settings, taken from the address for recovery and verification. */
  identityId: string | undefined;
  /** Of logins. */
  readonly refresh: boolean;
  readonly requestedAal: AssuranceLevel;
  readonly exchangeCode: string | undefined;
}

const MINUTE_MS = 60_000;

/** `selfservice.flows.*.lifespan`, as the recorded Kratos was configured. */
const LIFESPANS_MS: Readonly<Record<FlowKind, number>> = {
  login: 10 * MINUTE_MS,
  registration: 10 * MINUTE_MS,
  settings: 60 * MINUTE_MS,
  recovery: 60 * MINUTE_MS,
  verification: 60 * MINUTE_MS,
};

/** A flow that has just begun. */
export function beginFlow(
  c: KratosContext,
  given: Pick<Flow, 'kind' | 'type'> & Partial<Flow>,
): Flow {
  const now = Date.now();
  const flow: Flow = {
    id: crypto.randomUUID(),
    csrfSecret: c.var.csrf.value,
    issuedAt: now,
    expiresAt: now + LIFESPANS_MS[given.kind],
    requestUrl: requestUrl(c.req.raw),
    returnTo: c.req.query('return_to'),
    state: given.kind === 'settings' ? 'show_form' : 'choose_method',
    active: undefined,
    messages: [],
    values: {},
    identityId: undefined,
    refresh: false,
    requestedAal: 'aal1',
    exchangeCode: undefined,
    ...given,
  };
  store.flows.set(flow.id, flow);
  return flow;
}

/** A flow in the place of one that has expired, or that is done. */
export function beginAgain(c: KratosContext, { kind, type, requestUrl: url, ...old }: Flow): Flow {
  const { identityId, refresh, requestedAal } = old;
  return beginFlow(c, { kind, type, requestUrl: url, identityId, refresh, requestedAal });
}

export function isExpired(flow: Flow): boolean {
  return flow.expiresAt <= Date.now();
}

/** The flow of that id, if it is of the kind; an id that is none finds nothing either. */
export function findFlow(kind: FlowKind, id: string | undefined): Flow | undefined {
  const flow = store.flows.get(parsedUuid(id ?? ''));
  return flow?.kind === kind ? flow : undefined;
}

/** The URL that the form of a flow is sent to, without a host. */
export function actionPath({ kind, id }: Flow): string {
  return `/self-service/${kind}?flow=${id}`;
}

/** The page that shows a flow. */
export function flowPage(c: KratosContext, { kind, id }: Pick<Flow, 'kind' | 'id'>): string {
  return `${publicUrl(c)}/ui/${kind}?flow=${id}`;
}

/** The URL of the client, as a proxy's headers state it (`x/http.go` `RequestURL`). */
function requestUrl(request: Request): string {
  const url = new URL(request.url);
  const host = request.headers.get('X-Forwarded-Host');
  if (host) url.host = host;
  const protocol = request.headers.get('X-Forwarded-Proto');
  if (protocol) url.protocol = protocol;
  return url.href;
}

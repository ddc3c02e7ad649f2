import type { Credential } from '../../credentials/credential.ts';
import { readBoundedText, TOO_LONG } from '../../http/read-bounded-text.ts';
import type { PublicHost } from '../../providers/kratos/public-host.ts';
import type { SessionStore } from '../../providers/session-store.ts';
import type { Upstream } from '../../providers/upstream.ts';
import type { JsonObject, JsonValue } from '../../runtime/json.ts';
import { isObject, parseObject } from '../../runtime/json.ts';
import type { ApiCall } from '../../session-changes/api-route.ts';
import type { Caller, CallerOptions } from '../../session-changes/caller.ts';
import type { ChangeMaker } from '../../session-changes/change-maker.ts';
import type { ChangeAnswer } from '../../session-changes/session-change.ts';
import { selfServiceHeaders } from './self-service-request.ts';

export interface SelfServiceOptions extends CallerOptions {
  readonly kratos: Upstream;
  /** To find out whose a session is that a flow has just made. */
  readonly store: SessionStore;
  readonly changes: Pick<ChangeMaker, 'recall' | 'isSettled'>;
  readonly host: PublicHost;
  /**
   * Names of the identity that has an address, by Kratos's admin API, which gives `undefined` when it fails;
   * `undefined`: that API is not configured.
   */
  readonly findByAddress: ((address: string) => Promise<string[] | undefined>) | undefined;
  /** Kratos ends a person's other sessions when they sign in. */
  readonly signInEndsSessions: boolean;
  readonly now: () => number;
}

/** One request to a flow, with who makes it. */
export interface FlowRequest {
  readonly call: ApiCall;
  /** The one credential it is sent with. */
  readonly credential: Credential | undefined;
  /** `undefined`: no credential was presented. */
  readonly caller: Caller | undefined;
  readonly options: SelfServiceOptions;
  /** Sends it to Kratos. */
  send(): Promise<ChangeAnswer>;
}

export const FLOW_KINDS = [
  'login',
  'registration',
  'settings',
  'recovery',
  'verification',
] as const;
export type FlowKind = (typeof FLOW_KINDS)[number];

/** Bodies whose URLs are rewritten are read whole; flows with many nodes are tens of KiB. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Kratos keeps here what a browser was about to change when it had to sign in once more (`continuity/manager_cookie.go`). */
const CONTINUITY_COOKIE = /(?:^|;\s*)ory_kratos_continuity=/;

/** The flow a request names; empty when it names none. */
export function flowIdOf({ call }: Pick<FlowRequest, 'call'>): string {
  return new URLSearchParams(call.target.search).get('flow') ?? '';
}

/** Whether a request only asks to look: a GET that brings nothing but the flow's id. */
export function isLook({ call }: Pick<FlowRequest, 'call'>): boolean {
  if (call.target.method === 'POST') return false;
  const names = [...new URLSearchParams(call.target.search).keys()];
  const continues = CONTINUITY_COOKIE.test(call.request.headers.get('cookie') ?? '');
  return !continues && names.every((name) => name === 'flow');
}

/** What Kratos has of a flow: its document, its refusal, or nothing that could be had. */
export type FlowReading =
  | { readonly kind: 'document'; readonly document: JsonObject }
  | { readonly kind: 'refused' }
  | { readonly kind: 'fault' };

/** Reads a flow as the request's client would, with a credential in place of its own where one is given. */
export function readFlow(
  kind: FlowKind,
  id: string,
  flow: FlowRequest,
  credential = flow.credential,
): Promise<FlowReading> {
  const query = new URLSearchParams({ id }).toString();
  return readDocument(['self-service', kind, 'flows'], flow, { query, credential });
}

/** Begins a settings flow, whose document says whose the credential is also below the level that whoami asks for. */
export function beginSettings(flow: FlowRequest, credential: Credential): Promise<FlowReading> {
  const type = credential.carrier.kind === 'cookie' ? 'browser' : 'api';
  return readDocument(['self-service', 'settings', type], flow, { credential });
}

async function readDocument(
  segments: readonly string[],
  { call, options }: FlowRequest,
  { query = '', credential }: { query?: string; credential: Credential | undefined },
): Promise<FlowReading> {
  const headers = selfServiceHeaders(call.request, credential, flowHeaders(options));
  headers.set('accept', 'application/json');
  headers.delete('content-type');
  const sent = await options.kratos.send({ method: 'GET', segments, query, headers });
  if (!sent.ok) return { kind: 'fault' };
  const { status } = sent.value;
  const text = await readTextOf(sent.value);
  const document = text === undefined ? undefined : parseObject(text);
  if (status === 200 && document !== undefined) return { kind: 'document', document };
  const isRefusal = status >= 300 && status < 500 && status !== 429;
  return { kind: isRefusal ? 'refused' : 'fault' };
}

/** The JSON document of an answer; the answer's body stays readable. */
export async function documentOf(response: Response): Promise<JsonObject | undefined> {
  // A document has been read whole and bounded before it came here; a page is still on its way.
  const isDocument = /\bjson\b/i.test(response.headers.get('content-type') ?? '');
  return isDocument && !response.bodyUsed ? parseObject(await response.clone().text()) : undefined;
}

export async function readTextOf(response: Response): Promise<string | undefined> {
  try {
    const text = await readBoundedText(response, MAX_BODY_BYTES);
    return text === TOO_LONG ? undefined : text;
  } catch {
    return undefined;
  }
}

export function flowHeaders({ cookieNames, host }: SelfServiceOptions) {
  return { cookieNames, publicUrl: host.publicUrl };
}

/** The address that a flow's form sends its code to (`ui.nodes`, the node of that name). */
export function addressIn(document: JsonObject | undefined): string | undefined {
  const nodes = isObject(document?.ui) ? document.ui.nodes : undefined;
  if (!Array.isArray(nodes)) return undefined;
  for (const node of nodes as JsonValue[]) {
    const attributes = isObject(node) && isObject(node.attributes) ? node.attributes : {};
    const { name, value } = attributes;
    if (name === 'email' && typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

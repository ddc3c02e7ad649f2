import type { Credential } from '../../credentials/credential.ts';
import { MAX_FLOW_BYTES } from '../../http/body-limits.ts';
import { readWholeText } from '../../http/read-bounded-text.ts';
import { readKratosId } from '../../providers/kratos/kratos-id.ts';
import { readGoParameter } from '../../providers/kratos/kratos-query.ts';
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

export interface SelfServiceOptions {
  readonly callers: CallerOptions;
  readonly kratos: Upstream;
  /** Finds out whose session a flow has just issued. */
  readonly store: SessionStore;
  readonly changes: Pick<ChangeMaker, 'isSettled' | 'keepsLog' | 'recall'>;
  readonly host: PublicHost;
  /**
   * Reads the names of the identity that has an address, from Kratos's admin API. It returns `undefined` when that API
   * fails, and is itself `undefined` when that API is not configured.
   */
  readonly findByAddress: ((address: string) => Promise<string[] | undefined>) | undefined;
  /** Whether Kratos ends a person's other sessions when the person signs in. */
  readonly signInEndsSessions: boolean;
  readonly now: () => number;
}

/** One request to a flow, with its caller. */
export interface FlowRequest {
  readonly call: ApiCall;
  /** The one credential that the request is sent with. */
  readonly credential: Credential | undefined;
  /** `undefined`: no credential was presented. */
  readonly caller: Caller | undefined;
  readonly options: SelfServiceOptions;
  /** Sends the request to Kratos. */
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

/** The cookie of a change that Kratos interrupted until the browser signs in again (`continuity/manager_cookie.go`). */
const CONTINUITY_COOKIE = /(?:^|;\s*)ory_kratos_continuity=/;

/**
 * The id of the flow that a request names, in one spelling; empty when Kratos finds no id in the request (`GetFlowID` of
 * `selfservice/flow/flow.go`). Marks are remembered under this id.
 */
export function flowIdOf({ call }: Pick<FlowRequest, 'call'>): string {
  return readKratosId(readGoParameter(call.target.search, 'flow')) ?? '';
}

/** Returns whether a request only reads: a GET with only the flow's id, and without an interrupted change. */
export function isReadOnly({ call }: Pick<FlowRequest, 'call'>): boolean {
  if (call.target.method === 'POST') return false;
  const names = [...new URLSearchParams(call.target.search).keys()];
  const continues = CONTINUITY_COOKIE.test(call.request.headers.get('cookie') ?? '');
  return !continues && names.every((name) => name === 'flow');
}

/** Kratos's answer about a flow: its document, a refusal, or a fault. */
export type FlowReading =
  | { readonly kind: 'document'; readonly document: JsonObject }
  | { readonly kind: 'refused' }
  | { readonly kind: 'fault' };

/** Reads a flow as the request's client would. `credential` takes the place of the client's own. */
export function readFlow(
  kind: FlowKind,
  id: string,
  flow: FlowRequest,
  credential = flow.credential,
): Promise<FlowReading> {
  const query = new URLSearchParams({ id }).toString();
  return readDocument(['self-service', kind, 'flows'], flow, { query, credential });
}

/** Begins a settings flow. Its document names the credential's identity even below the level that whoami asks for. */
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

/** Parses the JSON document of an answer. The answer's body stays readable. */
export async function documentOf(response: Response): Promise<JsonObject | undefined> {
  // A JSON body was read whole before, up to a limit. The body of a page is still a stream.
  const isDocument = /\bjson\b/i.test(response.headers.get('content-type') ?? '');
  return isDocument && !response.bodyUsed ? parseObject(await response.clone().text()) : undefined;
}

export function readTextOf(response: Response): Promise<string | undefined> {
  return readWholeText(response, MAX_FLOW_BYTES);
}

export function flowHeaders({ callers, host }: SelfServiceOptions) {
  return { cookieNames: callers.cookieNames, publicUrl: host.publicUrl };
}

/** The address that a flow's form sends its code to (`ui.nodes`, the node named `email`). */
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

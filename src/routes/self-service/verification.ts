import type { JsonValue } from '../../runtime/json.ts';
import { isObject } from '../../runtime/json.ts';
import { failed } from '../../runtime/result.ts';
import type { Session } from '../../session/session.ts';
import { type ApiPlan, answerWith, make } from '../../session-changes/api-route.ts';
import {
  type ChangeAnswer,
  type Conclusion,
  rechecking,
  type SessionChange,
  UNCHANGED,
} from '../../session-changes/session-change.ts';
import { identityMarks, wholePerson } from '../../session-changes/subjects.ts';
import {
  addressIn,
  documentOf,
  type FlowReading,
  type FlowRequest,
  flowIdOf,
  isReadOnly,
  readFlow,
} from './flow-request.ts';
import { namesBySettings } from './issued-session.ts';

const PASSED = 'passed_challenge';
const NOT_TOLD: Conclusion = Object.freeze({ kind: 'not-told' });

/**
 * Verifies an address. That changes the identity's data, and ends no session. The flow names the address only until the
 * address is verified, so the flow is read before the request is sent.
 */
export async function verify(flow: FlowRequest): Promise<ApiPlan> {
  const intent = { kind: 'in-the-answer', needsLog: !isReadOnly(flow) } as const;
  const plan = (concluding: SessionChange['conclude']) =>
    make({ intent, send: () => flow.send(), conclude: concluding });
  const id = flowIdOf(flow);
  if (isReadOnly(flow)) return plan(async () => UNCHANGED);
  const before = id === '' ? REFUSED : await readFlow('verification', id, flow);
  if (before.kind === 'fault') return answerWith(failed('store_unavailable'));
  return plan((answer) => concludeVerification(answer, before, flow));
}

const REFUSED: FlowReading = Object.freeze({ kind: 'refused' });

async function concludeVerification(
  answer: ChangeAnswer,
  before: FlowReading,
  flow: FlowRequest,
): Promise<Conclusion> {
  const after = await stateAfter(answer, flow);
  if (after === 'unknown') return NOT_TOLD;
  if (after === 'not-passed') return UNCHANGED;
  const document = before.kind === 'document' ? before.document : undefined;
  if (after === 'not-shown' && document === undefined) return recheckCaller(flow);
  const name = `verification:${flowIdOf(flow)}`;
  const address = document?.state === PASSED ? undefined : addressIn(document);
  return address === undefined ? concludeRetry(name, flow) : recheckOwner(address, name, flow);
}

/**
 * Concludes for a flow that had passed before the request, and so no longer names its address. If an earlier try was
 * not marked, no source knows for whom to write the mark.
 */
async function concludeRetry(name: string, { options }: FlowRequest): Promise<Conclusion> {
  const settled = await options.changes.isSettled(name);
  if (!settled.ok) return NOT_TOLD;
  return settled.value ? UNCHANGED : { kind: 'nobody-found', settles: name };
}

async function recheckOwner(
  address: string,
  settles: string,
  flow: FlowRequest,
): Promise<Conclusion> {
  const caller = await currentCaller(flow);
  if (typeof caller === 'object' && hasAddress(caller, address)) {
    return rechecking(wholePerson(caller), settles);
  }
  const { findByAddress } = flow.options;
  const names = findByAddress === undefined ? [] : await findByAddress(address);
  if (names === undefined) return NOT_TOLD;
  return names.length > 0
    ? rechecking(identityMarks(names), settles)
    : { kind: 'nobody-found', settles };
}

/**
 * Has the caller's sessions checked again, for a flow that Kratos shows only to another browser. The flow may be the
 * caller's, and no other person is known for it.
 */
async function recheckCaller(flow: FlowRequest): Promise<Conclusion> {
  if (flow.caller?.kind === 'below' && flow.credential !== undefined) {
    const names = await namesBySettings(flow.credential, [], flow);
    return names === undefined ? NOT_TOLD : rechecking(identityMarks(names));
  }
  const caller = await currentCaller(flow);
  if (caller === 'unknown') return NOT_TOLD;
  return rechecking(caller === 'nobody' ? [] : wholePerson(caller));
}

/**
 * Reads the flow's state from the answer, or else from the flow: a browser is redirected in either case. `unknown`: the
 * store failed. A client repeats a request that got no answer, and then finds the flow as the first try left it.
 */
async function stateAfter(
  answer: ChangeAnswer,
  flow: FlowRequest,
): Promise<'passed' | 'not-passed' | 'not-shown' | 'unknown'> {
  if (!answer.ok) return 'not-passed';
  const { status } = answer.value;
  if (status >= 400 && status !== 422) return 'not-passed';
  const stated = (await documentOf(answer.value))?.state;
  if (stated !== undefined) return stated === PASSED ? 'passed' : 'not-passed';
  const id = flowIdOf(flow);
  const reading = id === '' ? REFUSED : await readFlow('verification', id, flow);
  if (reading.kind === 'fault') return 'unknown';
  if (reading.kind === 'refused') return 'not-shown';
  return reading.document.state === PASSED ? 'passed' : 'not-passed';
}

/** Reads the caller's session from the store again, for the current state of their identity. */
async function currentCaller({
  caller,
  credential,
  call,
  options,
}: FlowRequest): Promise<Session | 'nobody' | 'unknown'> {
  if (caller?.kind === 'unknown') return 'unknown';
  if (caller?.kind !== 'known' || credential === undefined) return 'nobody';
  const requirement = { minCheckedAt: options.now(), onlyIfCached: false };
  const found = await options.callers.sessions.resolve(credential, requirement, call.waitUntil);
  if (found.outcome === 'signed-in') return found.session;
  return found.outcome === 'not-signed-in' ? 'nobody' : 'unknown';
}

function hasAddress({ document }: Session, address: string): boolean {
  const { identity } = document;
  const addresses = isObject(identity) ? identity.verifiable_addresses : undefined;
  if (!Array.isArray(addresses)) return false;
  return addresses.some(
    (one: JsonValue) =>
      isObject(one) &&
      typeof one.value === 'string' &&
      one.value.toLowerCase() === address.toLowerCase(),
  );
}

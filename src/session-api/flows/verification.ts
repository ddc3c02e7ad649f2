import { failed } from '../../errors/result.ts';
import type { JsonValue, Session } from '../../session/session.ts';
import {
  type ChangeAnswer,
  type Conclusion,
  rechecking,
  type SessionChange,
  UNCHANGED,
} from '../../session-changes/session-change.ts';
import { identityMarks, wholePerson } from '../../session-changes/subjects.ts';
import { type ApiPlan, answerWith, make } from '../api-route.ts';
import {
  addressIn,
  documentOf,
  type FlowReading,
  type FlowRequest,
  flowIdOf,
  isLook,
  isObject,
  readFlow,
} from './flow-request.ts';

const PASSED = 'passed_challenge';
const NOT_PASSED = 'refused';

/**
 * Verifies an address, which changes what is known of its person and ends nothing. The flow names the address only
 * until it has passed, so it is read before anything is sent.
 */
export async function verify(flow: FlowRequest): Promise<ApiPlan> {
  const intent = { kind: 'in-the-answer', needsLog: !isLook(flow) } as const;
  const plan = (concluding: SessionChange['conclude']) =>
    make({ intent, send: () => flow.send(), conclude: concluding });
  const id = flowIdOf(flow);
  if (isLook(flow)) return plan(async () => UNCHANGED);
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
  const state = answer.ok ? await stateAfter(answer.value, flow) : NOT_PASSED;
  if (state !== undefined && state !== PASSED) return UNCHANGED;
  const document = before.kind === 'document' ? before.document : undefined;
  const person = await currentPerson(flow);
  // Passed before, or shown to another browser alone: then it may be the caller's, and is shown to be nobody else's.
  const owedTo = `verification:${flowIdOf(flow)}`;
  if (state === undefined || document?.state === PASSED) {
    const owed = await flow.options.changes.recall(owedTo);
    if (!owed.ok) return { kind: 'not-told', owedTo };
    if (owed.value.length > 0) return { kind: 'nobody-found', owedTo };
    return rechecking(person === undefined ? [] : wholePerson(person));
  }
  const address = addressIn(document);
  if (address === undefined) return { kind: 'nobody-found', owedTo };
  if (person !== undefined && hasAddress(person, address)) return rechecking(wholePerson(person));
  const { findByAddress } = flow.options;
  const names = findByAddress === undefined ? [] : await findByAddress(address);
  if (names === undefined) return { kind: 'not-told', owedTo };
  return names.length > 0 ? rechecking(identityMarks(names)) : { kind: 'nobody-found', owedTo };
}

/**
 * A flow's state, by the answer's document; a browser is sent on either way, and the flow knows. `undefined`: the flow is
 * not shown to this client.
 */
async function stateAfter(response: Response, flow: FlowRequest): Promise<JsonValue | undefined> {
  if (response.status >= 400 && response.status !== 422) return NOT_PASSED;
  const stated = (await documentOf(response))?.state;
  if (stated !== undefined) return stated;
  const id = flowIdOf(flow);
  const reading = id === '' ? REFUSED : await readFlow('verification', id, flow);
  return reading.kind === 'document' ? reading.document.state : undefined;
}

/** Who makes the request, as the store has them now. */
async function currentPerson({ caller, credential, call, options }: FlowRequest) {
  if (caller?.kind !== 'known' || credential === undefined) return undefined;
  const demand = { asOf: options.now(), onlyIfCached: false };
  const found = await options.sessions.resolve(credential, demand, call.anchor);
  return found.outcome === 'signed-in' ? found.session : undefined;
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

import type { JsonObject } from '../../runtime/json.ts';
import {
  type Conclusion,
  ending,
  type SessionChange,
  UNCHANGED,
} from '../../session-changes/session-change.ts';
import { identityMarks } from '../../session-changes/subjects.ts';
import {
  addressIn,
  documentOf,
  type FlowRequest,
  flowIdOf,
  isReadOnly,
  readFlow,
} from './flow-request.ts';
import {
  findIssuedTo,
  type IssuedSession,
  nextFlowsOf,
  readIssuedSession,
} from './issued-session.ts';

const NOT_TOLD: Conclusion = Object.freeze({ kind: 'not-told' });

/**
 * Recovers an account. A recovery gives the account back to its owner, so all earlier sessions of the account are
 * marked as ended. Kratos ends them too if its hook `revoke_active_sessions` is set after recovery.
 */
export function recover(flow: FlowRequest): SessionChange {
  return {
    intent: { kind: 'in-the-answer', needsLog: !isReadOnly(flow) },
    send: () => flow.send(),
    async conclude(answer) {
      if (!answer.ok) return UNCHANGED;
      const issued = await readIssuedSession(answer.value, flow.options);
      if (issued === undefined) return concludeWithoutSession(answer.value, flow);
      const found = await findIssuedTo(issued, flow);
      if (typeof found === 'object') return ending(identityMarks(found.names));
      const names = await namesByAddress(issued, flow);
      if (names !== undefined && names.length > 0) return ending(identityMarks(names));
      return names === undefined || found === 'fault' ? NOT_TOLD : { kind: 'nobody-found' };
    },
  };
}

/**
 * Concludes from an answer that issues no session to its client. Without `use_continue_with_transitions`, Kratos
 * recovers an app's account all the same: it makes a session, runs its hooks, and sends the app to a settings flow
 * (`selfservice/strategy/code/strategy_recovery.go`, `recoveryIssueSession`). A recovery that cannot go on leads to
 * itself, or to a new recovery.
 */
async function concludeWithoutSession(response: Response, flow: FlowRequest): Promise<Conclusion> {
  const id = flowIdOf(flow);
  const [next] = nextFlowsOf({ document: await documentOf(response), response });
  if (next === undefined || next === id) return UNCHANGED;
  const recovery = await readFlow('recovery', id, flow);
  if (recovery.kind === 'fault') return NOT_TOLD;
  if (recovery.kind === 'refused' || recovery.document.state !== 'passed_challenge') {
    return UNCHANGED;
  }
  const other = await readFlow('recovery', next, flow);
  if (other.kind !== 'refused') return other.kind === 'fault' ? NOT_TOLD : UNCHANGED;
  const names = await namesByStatedAddress(recovery.document, flow);
  if (names === undefined) return NOT_TOLD;
  return names.length > 0 ? ending(identityMarks(names)) : { kind: 'nobody-found' };
}

/**
 * Finds the identity's names by the address that the code was sent to, if the store does not name the identity at the
 * session's level. `undefined`: the store failed.
 */
async function namesByAddress(
  { document }: IssuedSession,
  flow: FlowRequest,
): Promise<string[] | undefined> {
  if (addressIn(document) !== undefined) return namesByStatedAddress(document, flow);
  if (flow.options.findByAddress === undefined) return [];
  const reading = await readFlow('recovery', flowIdOf(flow), flow);
  if (reading.kind === 'fault') return undefined;
  return reading.kind === 'document' ? namesByStatedAddress(reading.document, flow) : [];
}

/** Finds the names by the address in a flow's document; an empty list if it states none. `undefined`: the store failed. */
async function namesByStatedAddress(
  document: JsonObject | undefined,
  { options: { findByAddress } }: FlowRequest,
): Promise<string[] | undefined> {
  const address = addressIn(document);
  return address === undefined || findByAddress === undefined ? [] : findByAddress(address);
}

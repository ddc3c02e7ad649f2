import { ending, type SessionChange, UNCHANGED } from '../../session-changes/session-change.ts';
import { identityMarks } from '../../session-changes/subjects.ts';
import { addressIn, type FlowRequest, flowIdOf, isReadOnly, readFlow } from './flow-request.ts';
import { findIssuedTo, type IssuedSession, readIssuedSession } from './issued-session.ts';

/**
 * Recovers an account. An answer that issues a session gives the account back to its owner, so all earlier sessions of
 * the account are marked as ended. Kratos ends them too if its hook `revoke_active_sessions` is set after recovery.
 */
export function recover(flow: FlowRequest): SessionChange {
  return {
    intent: { kind: 'in-the-answer', needsLog: !isReadOnly(flow) },
    send: () => flow.send(),
    async conclude(answer) {
      const issued = answer.ok ? await readIssuedSession(answer.value, flow.options) : undefined;
      if (issued === undefined) return UNCHANGED;
      const found = await findIssuedTo(issued, flow);
      if (typeof found === 'object') return ending(identityMarks(found.names));
      const names = await namesByAddress(issued, flow);
      if (names !== undefined && names.length > 0) return ending(identityMarks(names));
      return { kind: names === undefined || found === 'fault' ? 'not-told' : 'nobody-found' };
    },
  };
}

/**
 * Finds the identity's names by the address that the code was sent to, if the store does not name the identity at the
 * session's level. `undefined`: the store failed.
 */
async function namesByAddress(
  { document }: IssuedSession,
  flow: FlowRequest,
): Promise<string[] | undefined> {
  const { findByAddress } = flow.options;
  if (findByAddress === undefined) return [];
  const stated = addressIn(document);
  if (stated !== undefined) return findByAddress(stated);
  const reading = await readFlow('recovery', flowIdOf(flow), flow);
  if (reading.kind === 'fault') return undefined;
  const address = reading.kind === 'document' ? addressIn(reading.document) : undefined;
  return address === undefined ? [] : findByAddress(address);
}

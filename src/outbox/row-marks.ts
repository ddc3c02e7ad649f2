// Pure: no I/O, no clock.
import { type Mark, type MarkSubject, oneMarkEach } from '../revocation/mark.ts';
import type { OutboxRow } from './poll-statement.ts';

/** A tentative mark of everything: each cached session is checked once more, and no token is denied. */
const STORE_AS_A_WHOLE: Mark = { subject: { kind: 'everything' }, isTentative: true };

/**
 * Returns the marks of these changes, one for each subject. An ended session and a deleted or deactivated identity deny
 * tokens. Everything else is tentative, because a changed name or address ends no session.
 */
export function marksOfRows(rows: readonly OutboxRow[]): Mark[] {
  return oneMarkEach(rows.flatMap(marksOfRow));
}

function marksOfRow({ kind, sessionId, identityId, externalId }: OutboxRow): Mark[] {
  const isTentative = kind !== 'session_ended' && kind !== 'identity_ended';
  if (kind === 'session_changed' || kind === 'session_ended') {
    if (sessionId === undefined) return [STORE_AS_A_WHOLE];
    const subject = {
      kind: 'session',
      sessionId,
      ...(identityId !== undefined && { identityId }),
    } as const;
    return [{ subject, isTentative }];
  }
  if (kind === 'everything' || identityId === undefined) return [STORE_AS_A_WHOLE];
  const names = isTentative || externalId === undefined ? [identityId] : [identityId, externalId];
  return names.map((name) => ({ subject: { kind: 'identity', identityId: name }, isTentative }));
}

/**
 * Combines marks of which more would deny tokens than the log has room for: sessions into their identity, then all into the
 * store as a whole, which denies no token. So a flood of changes in Kratos never denies the tokens of another issuer, as the
 * log's own compaction would.
 *
 * @param room returns the number of marks that may deny tokens
 */
export function combineMarks(marks: readonly Mark[], room: () => number): readonly Mark[] {
  const count = countDefinite(marks);
  const most = count === 0 ? 0 : room();
  if (count <= most) return marks;
  const people = oneMarkEach(marks.map((mark) => ({ ...mark, subject: personOf(mark.subject) })));
  return countDefinite(people) <= most ? people : [STORE_AS_A_WHOLE];
}

function countDefinite(marks: readonly Mark[]): number {
  return marks.filter(({ isTentative }) => !isTentative).length;
}

function personOf(subject: MarkSubject): MarkSubject {
  return subject.kind === 'session' && subject.identityId !== undefined
    ? { kind: 'identity', identityId: subject.identityId }
    : subject;
}

import { describe, expect, it } from 'vitest';
import { type OutboxRow, type RowKind, readPollAnswer } from '../../src/outbox/poll-statement.ts';
import { combineMarks, marksOfRows } from '../../src/outbox/row-marks.ts';

const EVERYTHING = { subject: { kind: 'everything' }, isTentative: true };

function row(
  kind: RowKind,
  sessionId?: string,
  identityId?: string,
  externalId?: string,
): OutboxRow {
  return { id: '1', kind, sessionId, identityId, externalId };
}

const ended = (session: string, person: string) => row('session_ended', session, person);

describe('marksOfRows()', () => {
  it('denies tokens for an ended session, and none for a changed one', () => {
    expect(marksOfRows([ended('s1', 'p1'), row('session_changed', 's2', 'p1')])).toEqual([
      { subject: { kind: 'session', sessionId: 's1', identityId: 'p1' }, isTentative: false },
      { subject: { kind: 'session', sessionId: 's2', identityId: 'p1' }, isTentative: true },
    ]);
  });

  it('denies the tokens of a deleted identity by both of its names', () => {
    expect(marksOfRows([row('identity_ended', undefined, 'p1', 'customer-1')])).toEqual([
      { subject: { kind: 'identity', identityId: 'p1' }, isTentative: false },
      { subject: { kind: 'identity', identityId: 'customer-1' }, isTentative: false },
    ]);
  });

  it('makes one mark of a subject, the definite one in any order', () => {
    const rows = [
      row('session_changed', 's1', 'p1'),
      ended('s1', 'p1'),
      row('session_changed', 's1', 'p1'),
    ];
    expect(marksOfRows(rows)).toEqual([
      { subject: { kind: 'session', sessionId: 's1', identityId: 'p1' }, isTentative: false },
    ]);
  });

  it.each([
    ['a truncated table', row('everything')],
    ['a row that names no session', row('session_ended')],
    ['a row that names no identity', row('identity_changed')],
  ])('checks every session again for %s', (_, one) => {
    expect(marksOfRows([one])).toEqual([EVERYTHING]);
  });

  it('checks every session again for a row of an unknown kind', () => {
    const { rows } = readPollAnswer([{ id: '7', kind: 'device_changed' }], '');
    expect(marksOfRows(rows)).toEqual([EVERYTHING]);
  });
});

describe('combineMarks()', () => {
  const marks = marksOfRows([
    ...Array.from({ length: 6 }, (_, index) => ended(`s${index}`, `p${index % 2}`)),
    row('identity_changed', undefined, 'p9'),
  ]);

  it('leaves marks that fit as they are', () => {
    expect(combineMarks(marks, () => 6)).toEqual(marks);
  });

  it('combines sessions into their identities', () => {
    expect(combineMarks(marks, () => 5)).toEqual([
      { subject: { kind: 'identity', identityId: 'p0' }, isTentative: false },
      { subject: { kind: 'identity', identityId: 'p1' }, isTentative: false },
      { subject: { kind: 'identity', identityId: 'p9' }, isTentative: true },
    ]);
  });

  it('combines what is still too much into all sessions, and denies no token', () => {
    expect(combineMarks(marks, () => 1)).toEqual([EVERYTHING]);
  });

  it('does not count the room for marks that deny no token', () => {
    const tentative = marksOfRows([row('identity_changed', undefined, 'p1')]);
    const room = () => {
      throw new Error('counted');
    };
    expect(combineMarks(tentative, room)).toEqual(tentative);
  });
});

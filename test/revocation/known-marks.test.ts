import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { KnownMarks } from '../../src/revocation/known-marks.ts';
import { LOG_START, type RecordedMark } from '../../src/revocation/log-protocol.ts';
import { type MarkSubject, subjectKey } from '../../src/revocation/mark.ts';
import type { RevocationSubject } from '../../src/revocation/revocation-view.ts';

const issuer = 'https://issuer.example.test';
/** Everything that a mark can name of one token of Ann's. */
const ANN: RevocationSubject = {
  sessionId: 's',
  identityId: 'ann',
  credentialName: 'c',
  issuer,
  tokenId: 't',
  applicationIds: ['a'],
};
const [sessionId, identityId] = ['s', 'ann'];

function marked(subject: MarkSubject, position: number, more: Partial<RecordedMark> = {}) {
  const key = subjectKey(subject);
  return { key, position, issuedBefore: position + 1, keepUntil: position + 100, ...more };
}

/** Returns the marks of a reader who received these, each in a page of its own. */
function knowing(...marks: readonly RecordedMark[]): KnownMarks {
  const known = new KnownMarks();
  for (const mark of marks)
    known.take({ marks: [mark], position: mark.position, hasMore: false }, known.position);
  return known;
}

/** Each kind of mark that names Ann, and what of her it needs to be told by. */
const NAMING_ANN: [MarkSubject, RevocationSubject][] = [
  [{ kind: 'session', sessionId }, { sessionId }],
  [
    { kind: 'session', sessionId, issuer },
    { sessionId, issuer },
  ],
  [
    { kind: 'session-of', sessionId, identityId },
    { sessionId, identityId },
  ],
  [
    { kind: 'session-of', sessionId, identityId, issuer },
    { sessionId, identityId, issuer },
  ],
  [
    { kind: 'other-sessions', identityId, exceptSessionId: 'x' },
    { sessionId, identityId },
  ],
  [
    { kind: 'application-of', identityId, applicationId: 'a', issuer },
    { identityId, issuer, applicationIds: ['a'] },
  ],
  [{ kind: 'identity', identityId }, { identityId }],
  [
    { kind: 'identity', identityId, issuer },
    { identityId, issuer },
  ],
  [{ kind: 'credential', credentialName: 'c' }, { credentialName: 'c' }],
  [
    { kind: 'token', issuer, tokenId: 't' },
    { issuer, tokenId: 't' },
  ],
  [{ kind: 'issuer', issuer }, { issuer }],
];

describe('KnownMarks', () => {
  it.each(NAMING_ANN)('finds %j by %j, and by all ids of a session', (subject, needed) => {
    const known = knowing(marked(subject, 10));
    for (const asked of [needed, ANN]) {
      expect([known.lastPosition(asked), known.issuedBefore(asked)]).toEqual([10, 11]);
    }
    expect(known.size).toBe(1);
  });

  it.each(NAMING_ANN)('does not find %j with a part of %j missing', (subject, needed) => {
    const known = knowing(marked(subject, 10));
    for (const name of Object.keys(needed)) {
      const { [name as keyof RevocationSubject]: _, ...less } = ANN;
      // All sessions but one are meant, so one that is not known is among them. A token that names no application may
      // be the one that is meant.
      const isFound =
        (subject.kind === 'other-sessions' && name === 'sessionId') || name === 'applicationIds';
      expect([name, known.lastPosition(less)]).toEqual([name, isFound ? 10 : LOG_START]);
    }
  });

  it.each(NAMING_ANN)('does not find %j with another value for an id in %j', (subject, needed) => {
    const known = knowing(marked(subject, 10));
    for (const name of Object.keys(needed)) {
      const isFound = subject.kind === 'other-sessions' && name === 'sessionId';
      const another = name === 'applicationIds' ? ['another'] : 'another';
      const position = known.lastPosition({ ...ANN, [name]: another });
      expect([name, position]).toEqual([name, isFound ? 10 : LOG_START]);
    }
  });

  it('finds no mark in an empty log, and any session after a mark of everything', () => {
    expect([knowing().lastPosition(ANN), knowing().issuedBefore(ANN)]).toEqual([LOG_START, 0]);
    const known = knowing(marked({ kind: 'everything' }, 10), marked({ kind: 'everything' }, 20));
    expect([known.lastPosition(ANN), known.lastPosition({}), known.issuedBefore({})]).toEqual([
      20, 20, 21,
    ]);
    known.take({ marks: [marked({ kind: 'everything' }, 5)], position: 5, hasMore: false }, 0);
    expect([known.lastPosition({}), known.position]).toEqual([20, 20]);
  });

  it.each(NAMING_ANN)(
    'returns the latest of all marks that name a session, in any order of arrival: %j',
    (subject) => {
      const later = marked(subject, 30, { issuedBefore: 1 });
      const others = [
        marked({ kind: 'identity', identityId: 'ann' }, 10, { issuedBefore: 5 }),
        marked({ kind: 'everything' }, 20, { issuedBefore: 2 }),
      ];
      const known = knowing(...others, later);
      const isReplaced = later.key === others[0]?.key;
      expect([known.lastPosition(ANN), known.issuedBefore(ANN)]).toEqual([30, isReplaced ? 2 : 5]);
      known.take({ marks: [marked(subject, 29)], position: 29, hasMore: false }, 0);
      expect([known.lastPosition(ANN), known.issuedBefore(ANN)]).toEqual([30, isReplaced ? 2 : 5]);
      expect(known.size).toBe(isReplaced ? 1 : 2);
    },
  );

  it('refuses a page beyond its own end, which would leave a gap', () => {
    const known = knowing(marked({ kind: 'session', sessionId: 'a' }, 10));
    const page = {
      marks: [marked({ kind: 'session', sessionId }, 30)],
      position: 30,
      hasMore: false,
    };
    expect([known.take(page, 11), known.position, known.lastPosition(ANN)]).toEqual([false, 10, 0]);
    expect([known.take(page, 10), known.position, known.lastPosition(ANN)]).toEqual([true, 30, 30]);
  });

  it.each(NAMING_ANN)('reports the first refusal caused by %j, and no other', (subject) => {
    const known = knowing(marked(subject, 10));
    expect([known.noteRefusal(ANN), known.noteRefusal(ANN)]).toEqual([10, undefined]);
    known.take({ marks: [marked(subject, 20)], position: 20, hasMore: false }, 10);
    expect([known.noteRefusal(ANN), known.noteRefusal(ANN)]).toEqual([20, undefined]);
    known.take({ marks: [marked(subject, 20)], position: 20, hasMore: false }, 10); // once more
    expect([known.noteRefusal(ANN), known.size]).toEqual([undefined, 1]);
    expect(known.noteRefusal({ sessionId: 'nobody' })).toBeUndefined();
  });

  it.each(NAMING_ANN)(
    'forgets %j when all sessions and tokens that it could name have expired',
    (subject) => {
      const known = knowing(
        marked(subject, 10),
        marked({ kind: 'session', sessionId: 'other' }, 12),
      );
      known.forgetBefore(110);
      expect([known.size, known.lastPosition(ANN)]).toEqual([2, 10]);
      known.forgetBefore(111);
      expect([known.size, known.lastPosition(ANN)]).toEqual([1, LOG_START]);
      known.forgetBefore(113);
      expect(known.size).toBe(0);
    },
  );

  it('does not name the spared session, or sessions of another person', () => {
    const known = knowing(
      marked({ kind: 'other-sessions', identityId, exceptSessionId: 's' }, 10),
      marked({ kind: 'other-sessions', identityId, exceptSessionId: 'x' }, 20),
    );
    const position = (id: string, person = 'ann') =>
      known.lastPosition({ sessionId: id, identityId: person });
    expect(['s', 'x', 'y'].map((id) => position(id))).toEqual([20, 10, 20]);
    expect(position('y', 'bob')).toBe(LOG_START);
  });

  it('names a token by any of its applications, in canonical form', () => {
    const uuid = '0d2bd3ab-3bf1-4c5d-9a4e-6f1f6c0e9b11';
    const mark = (applicationId: string, position: number) =>
      marked({ kind: 'application-of', identityId, applicationId, issuer }, position);
    const known = knowing(mark(uuid.toUpperCase(), 10), mark('b', 20));
    const position = (...applicationIds: string[]) =>
      known.lastPosition({ identityId, issuer, applicationIds });
    expect([position(uuid), position('x', 'b'), position(uuid, 'b')]).toEqual([10, 20, 20]);
    expect([position('x'), position('B'), position()]).toEqual([0, 0, 0]);
  });

  it('reports the first refusal caused by a mark of everything, and no other', () => {
    const everything = marked({ kind: 'everything' }, 10);
    const known = knowing(everything);
    expect([known.noteRefusal(ANN), known.noteRefusal({})]).toEqual([10, undefined]);
    known.take({ marks: [everything], position: 10, hasMore: false }, 0); // once more
    expect(known.noteRefusal(ANN)).toBeUndefined();
  });

  it('keeps no data of people whose marks it has forgotten', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void; // the flag has made it
    const heapBytes = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const known = knowing();
    const [people, before] = [50_000, heapBytes()];
    for (let position = 1; position <= people; position += 1) {
      const subject = { kind: 'session-of', sessionId, identityId: `p${position}` } as const;
      known.take({ marks: [marked(subject, position)], position, hasMore: false }, position - 1);
    }
    expect(heapBytes() - before).toBeGreaterThan(people * 100); // it would show
    known.forgetBefore(people + 101);
    expect([known.size, known.position]).toEqual([0, people]);
    expect(heapBytes() - before).toBeLessThan(people * 20);
  });

  it('forgets some marks of a person and keeps the others', () => {
    const of = (id: string) => ({ kind: 'session-of', sessionId: id, identityId }) as const;
    const known = knowing(
      marked(of('a'), 10),
      marked(of('b'), 20),
      marked({ kind: 'other-sessions', identityId, exceptSessionId: 'c' }, 15),
    );
    known.forgetBefore(112);
    expect([known.size, known.lastPosition({ sessionId: 'a', identityId })]).toEqual([2, 15]);
    known.forgetBefore(120);
    expect(known.size).toBe(1);
    const positions = ['a', 'b', 'c'].map((id) =>
      known.lastPosition({ sessionId: id, identityId }),
    );
    expect(positions).toEqual([LOG_START, 20, LOG_START]);
  });
});

import { describe, expect, it } from 'vitest';
import { endOfSecond, marksFor } from '../../../src/routes/events/named-by-issuer.ts';

const issuer = 'https://issuer.example.test';
const issuedBefore = 1_700_000_000_999;

/** Marks that deny the issuer's own tokens. */
const denied = { isTentative: false, issuedBefore };
/** Marks that only have sessions checked again. */
const checked = { isTentative: true };

const session = { kind: 'session', sessionId: 's' };
const identity = { kind: 'identity', identityId: 'i' };
const token = { kind: 'token', tokenId: 't', issuer };

describe('marksFor()', () => {
  const marks = (named: Parameters<typeof marksFor>[0]) =>
    marksFor(named, { issuer, issuedBefore });

  it("denies the issuer's own tokens, and has the store's sessions with the same id checked again", () => {
    expect(marks({ sessionId: 's' })).toStrictEqual([
      { subject: { ...session, issuer }, ...denied },
      { subject: session, ...checked },
    ]);
    expect(marks({ identityId: 'i' })).toStrictEqual([
      { subject: { ...identity, issuer }, ...denied },
      { subject: identity, ...checked },
    ]);
    expect(marks({ tokenId: 't' })).toStrictEqual([{ subject: token, ...denied }]);
  });

  it('marks a session together with its person, and not the whole person', () => {
    expect(marks({ sessionId: 's', identityId: 'i' })).toStrictEqual([
      { subject: { ...session, issuer, identityId: 'i' }, ...denied },
      { subject: { ...session, identityId: 'i' }, ...checked },
    ]);
  });

  it('marks a session and a person for an id that may be of either kind', () => {
    expect(marks({ eitherId: 'x' })).toStrictEqual([
      ...marks({ sessionId: 'x' }),
      ...marks({ identityId: 'x' }),
    ]);
  });

  it('marks a token besides its session', () => {
    expect(marks({ sessionId: 's', tokenId: 't' })).toStrictEqual([
      ...marks({ sessionId: 's' }),
      ...marks({ tokenId: 't' }),
    ]);
  });

  it('writes no mark if the event names no subject', () => {
    expect(marks({})).toStrictEqual([]);
  });

  it('denies no token for an event that revokes nothing', () => {
    const named = { sessionId: 's', identityId: 'i', tokenId: 't' };
    expect(marksFor(named, { issuer, issuedBefore: undefined })).toStrictEqual([
      { subject: { ...session, issuer, identityId: 'i' }, ...checked },
      { subject: { ...session, identityId: 'i' }, ...checked },
      { subject: token, ...checked },
    ]);
  });
});

describe('endOfSecond()', () => {
  it('is the last millisecond of the second in which a token was issued', () => {
    const second = 1_700_000_000_000;
    expect([second, second + 1, second + 999].map(endOfSecond)).toStrictEqual([
      second + 999,
      second + 999,
      second + 999,
    ]);
  });
});

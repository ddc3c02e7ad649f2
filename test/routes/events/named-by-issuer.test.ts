import { describe, expect, it } from 'vitest';
import { endOfSecond, marksFor } from '../../../src/routes/events/named-by-issuer.ts';

const issuer = 'https://issuer.example.test';
const issuedBefore = 1_700_000_000_999;

/** What the issuer's own tokens are denied by. */
const denied = { isTentative: false, issuedBefore };
/** What makes a check be made again, and denies nothing. */
const checked = { isTentative: true };

const session = { kind: 'session', sessionId: 's' };
const identity = { kind: 'identity', identityId: 'i' };
const token = { kind: 'token', tokenId: 't', issuer };

describe('marksFor()', () => {
  const marks = (named: Parameters<typeof marksFor>[0]) =>
    marksFor(named, { issuer, issuedBefore });

  it("denies the issuer's own tokens, and has the store's sessions of the same id checked again", () => {
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

  it('names a session with its person, and not the person for the session', () => {
    expect(marks({ sessionId: 's', identityId: 'i' })).toStrictEqual([
      { subject: { ...session, issuer, identityId: 'i' }, ...denied },
      { subject: { ...session, identityId: 'i' }, ...checked },
    ]);
  });

  it('names both a session and a person by an id that may be of either', () => {
    expect(marks({ eitherId: 'x' })).toStrictEqual([
      ...marks({ sessionId: 'x' }),
      ...marks({ identityId: 'x' }),
    ]);
  });

  it('names a token besides its session', () => {
    expect(marks({ sessionId: 's', tokenId: 't' })).toStrictEqual([
      ...marks({ sessionId: 's' }),
      ...marks({ tokenId: 't' }),
    ]);
  });

  it('names nobody where nobody is named', () => {
    expect(marks({})).toStrictEqual([]);
  });

  it('denies nothing for an event that takes nothing from the tokens there are', () => {
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

import { describe, expect, it } from 'vitest';
import {
  applicationOfKey,
  credentialKey,
  identityKey,
  isSubjectKey,
  issuerKey,
  type MarkSubject,
  otherSessionsKey,
  ownerKey,
  ownerOfKey,
  peopleOfIssuer,
  readKeyOfPerson,
  sessionKey,
  sessionOfKey,
  subjectKey,
  tokenKey,
} from '../../src/revocation/mark.ts';

const issuer = 'https://issuer.example.test';
const [sessionId, identityId] = ['s', 'ann'];

/** Each subject with its key and the key of the next coarser one. */
const SUBJECTS: [MarkSubject, string, string | undefined][] = [
  [{ kind: 'session', sessionId }, sessionKey('s'), undefined],
  [{ kind: 'session', sessionId, identityId }, sessionKey('s'), identityKey('ann')],
  [{ kind: 'session', sessionId, issuer }, sessionKey('s', issuer), issuerKey(issuer)],
  [
    { kind: 'session', sessionId, identityId, issuer },
    sessionKey('s', issuer),
    identityKey('ann', issuer),
  ],
  [{ kind: 'session-of', sessionId, identityId }, sessionOfKey('s', 'ann'), identityKey('ann')],
  [
    { kind: 'session-of', sessionId, identityId, issuer },
    sessionOfKey('s', 'ann', issuer),
    identityKey('ann', issuer),
  ],
  [
    { kind: 'other-sessions', identityId, exceptSessionId: 's' },
    otherSessionsKey('ann', 's'),
    identityKey('ann'),
  ],
  [
    { kind: 'application-of', identityId, applicationId: 'a', issuer },
    applicationOfKey('ann', 'a', issuer),
    identityKey('ann', issuer),
  ],
  [{ kind: 'identity', identityId }, identityKey('ann'), undefined],
  [{ kind: 'identity', identityId, issuer }, identityKey('ann', issuer), issuerKey(issuer)],
  [{ kind: 'credential', credentialName: 'c' }, credentialKey('c'), undefined],
  [{ kind: 'credential', credentialName: 'c', identityId }, credentialKey('c'), identityKey('ann')],
  [{ kind: 'token', issuer, tokenId: 't' }, tokenKey(issuer, 't'), issuerKey(issuer)],
  [
    { kind: 'token', issuer, tokenId: 't', identityId: 'i' },
    tokenKey(issuer, 't'),
    identityKey('i', issuer),
  ],
  [{ kind: 'issuer', issuer }, issuerKey(issuer), undefined],
  [{ kind: 'everything' }, '*', undefined],
];

describe('the keys of subjects', () => {
  it.each(SUBJECTS)('of %j', (subject, key, owner) => {
    expect([subjectKey(subject), ownerKey(subject)]).toEqual([key, owner]);
  });

  it('differ for all subjects that a token distinguishes', () => {
    const keys = SUBJECTS.map(([subject]) => subjectKey(subject));
    // The owner is not part of the key of a session, a credential or a token.
    expect(new Set(keys).size).toBe(SUBJECTS.length - 4);
  });

  it('accept 512 characters of an id, and no more', () => {
    const longest = 'x'.repeat(512);
    expect(sessionKey(`${longest}y`)).toBe(sessionKey(longest));
    expect(sessionKey(longest)).not.toBe(sessionKey(longest.slice(1)));
    expect(sessionOfKey(`${longest}y`, 'ann')).not.toBe(sessionOfKey(`${longest}y`, 'bob'));
  });
});

describe('ownerOfKey()', () => {
  it('is the issuer of a person at an issuer, and undefined for all other keys', () => {
    expect(ownerOfKey(identityKey('ann', issuer))).toBe(issuerKey(issuer));
    const others = SUBJECTS.map(([, key]) => key).filter((key) => !key.startsWith('i@'));
    expect(others.map(ownerOfKey)).toEqual(others.map(() => undefined));
  });
});

describe('peopleOfIssuer()', () => {
  it('are the keys of all people at the issuer, and of no other people', () => {
    const [from, to] = peopleOfIssuer(issuerKey(issuer));
    const isWithin = (key: string) => key >= from && key < to;
    expect(
      ['', 'ann', 'x'.repeat(512), '\u{10ffff}'].map((id) => isWithin(identityKey(id, issuer))),
    ).toEqual([true, true, true, true]);
    for (const other of [`${issuer}.evil.test`, issuer.slice(0, -1), `${issuer}/`])
      expect(isWithin(identityKey('ann', other))).toBe(false);
    expect(isWithin(identityKey('ann'))).toBe(false);
  });
});

describe('readKeyOfPerson()', () => {
  it('splits the keys that name sessions together with their person', () => {
    expect(readKeyOfPerson(sessionOfKey('s', 'ann'))).toEqual({
      person: identityKey('ann'),
      role: 'one',
      id: 's',
    });
    expect(readKeyOfPerson(sessionOfKey('s', 'ann', issuer))).toEqual({
      person: identityKey('ann', issuer),
      role: 'one',
      id: 's',
    });
    expect(readKeyOfPerson(otherSessionsKey('ann', 's'))).toEqual({
      person: identityKey('ann'),
      role: 'others',
      id: 's',
    });
  });

  it('splits the key of an application of a person', () => {
    const key = applicationOfKey('ann', 'a', issuer);
    expect(readKeyOfPerson(key)).toEqual({
      person: identityKey('ann', issuer),
      role: 'application',
      id: 'a',
    });
    // A version without this kind of mark reads `x` as all sessions of the person except one.
    expect(key).toBe(`x@${issuer}\nann\na`);
  });

  it('splits no other key', () => {
    const others = SUBJECTS.map(([, key]) => key).filter((key) => !/^[px]/.test(key));
    expect(others).toHaveLength(12);
    expect(others.map(readKeyOfPerson)).toEqual(others.map(() => undefined));
  });
});

describe('isSubjectKey()', () => {
  it.each(SUBJECTS)('accepts the key of %j', (_, key) => {
    expect(isSubjectKey(key)).toBe(true);
  });

  it.each([
    ['', '**', 'session', 'z:ann', 'z@i\nann'],
    ['p:ann', 'x:ann', 'p@i\nann', 'x@i\nann', 's@i', 'o@i\nann', 'c@i\nann'],
  ])('refuses %j and others', (...keys) => {
    expect(keys.filter(isSubjectKey)).toEqual([]);
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchesSecret } from '../../src/runtime/secret-compare.ts';

const SECRETS = ['a-secret-of-thirty-two-characters', 'another-secret-of-the-same-operator'];

it('matchesSecret() takes each of the secrets, whatever its place in the list', () => {
  for (const secret of SECRETS) {
    expect(matchesSecret(secret, SECRETS)).toBe(true);
    expect(matchesSecret(secret, [...SECRETS].reverse())).toBe(true);
  }
});

it('matchesSecret() takes no part of a secret, no longer text and no other spelling', () => {
  for (const secret of SECRETS) {
    for (const text of [
      '',
      secret.slice(0, -1),
      secret.slice(1),
      `${secret}${secret.at(-1)}`,
      secret + secret,
      ` ${secret}`,
      secret.toUpperCase(),
      secret.replace('a', 'á'),
      secret.replace('a', String.fromCharCode(0x100 + 'a'.charCodeAt(0))), // the same low byte
    ]) {
      expect([text, matchesSecret(text, SECRETS)]).toEqual([text, false]);
    }
  }
  expect(matchesSecret('a', [])).toBe(false);
});

it('matchesSecret() agrees with a plain comparison', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 4 }), (presented, secrets) => {
      expect(matchesSecret(presented, secrets)).toBe(secrets.includes(presented));
    }),
  );
});

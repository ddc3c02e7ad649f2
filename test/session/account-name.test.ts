import { describe, expect, it } from 'vitest';
import { accountName } from '../../src/session/account-name.ts';

const nameOf = (identity: object) =>
  accountName({ document: { identity } as Parameters<typeof accountName>[0]['document'] });

describe('accountName()', () => {
  it.each([
    ['the address', { traits: { email: 'ann@example.com', username: 'ann' } }, 'ann@example.com'],
    ['the user name', { traits: { username: 'ann' } }, 'ann'],
    ['the telephone number', { traits: { phone: '+351 1' } }, '+351 1'],
    ['a verifiable address', { verifiable_addresses: [{ value: 'a@b.example' }] }, 'a@b.example'],
    ['no name', { id: 'x', traits: { email: { of: 'a list' } } }, undefined],
    ['no name for white space', { traits: { email: ' \t' } }, undefined],
    ['no name without traits', {}, undefined],
  ])('returns %s', (_, identity, name) => {
    expect(nameOf(identity)).toBe(name);
  });

  it('cuts a name that is too long for a page', () => {
    expect(nameOf({ traits: { email: 'x'.repeat(5000) } })).toHaveLength(100);
  });
});

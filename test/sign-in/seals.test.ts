import { expect, it } from 'vitest';
import { joinValue, splitValue } from '../../src/credentials/split-cookie.ts';
import { Seals } from '../../src/sign-in/seals.ts';

const [OLD, NEW] = ['o'.repeat(32), 'n'.repeat(32)] as const;

it('seals with the first secret, and opens with each', async () => {
  const [before, during, after] = [new Seals([OLD]), new Seals([NEW, OLD]), new Seals([NEW])];
  const old = await before.seal('text', 'purpose');
  expect(await during.open(old, 'purpose')).toBe('text');
  expect(await after.open(old, 'purpose')).toBeUndefined();
  expect(await after.open(await during.seal('text', 'purpose'), 'purpose')).toBe('text');
});

it('opens a value for its own purpose only, and seals each time anew', async () => {
  const seals = new Seals([NEW]);
  const sealed = await seals.seal('text', 'purpose');
  expect(await seals.open(sealed, 'purpose 2')).toBeUndefined();
  expect(await seals.open(`${sealed}A`, 'purpose')).toBeUndefined();
  expect(await seals.seal('text', 'purpose')).not.toBe(sealed);
});

it.each([1, 3798, 3799, 7598, 7599, 11_398])(
  'a value of %i characters is split and joined',
  (length) => {
    const value = 'v'.repeat(length);
    const parts = splitValue(value) ?? [];
    // RFC 6265 section 6.1: 4096 bytes with name and attributes.
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(3800);
    const names = ['c', 'c-2', 'c-3'].slice(0, parts.length);
    const header = names.map((name, index) => `${name}=${parts[index]}`).join('; ');
    expect(joinValue(header, 'c')).toEqual({ value, names });
  },
);

it('a value that is too long for three cookies is not split', () => {
  expect(splitValue('v'.repeat(11_399))).toBeUndefined();
});

it.each([
  ['a missing part', 'c=2.abc'],
  ['a part that is there twice', 'c=2.a; c-2=b; c-2=b'],
  ['no first part', 'c-2=b'],
  ['another count', 'c=4.a; c-2=b; c-3=c'],
])('%s makes no value', (_, header) => {
  expect(joinValue(header, 'c')).toMatchObject({ value: undefined });
});

it('reads no part of a __Host- name that may come from the value of another cookie', () => {
  expect(joinValue('theme=x, __Host-c=1.planted', '__Host-c')).toBeUndefined();
});

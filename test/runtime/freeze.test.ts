import { expect, it } from 'vitest';
import { deepFreeze } from '../../src/runtime/freeze.ts';

it('deepFreeze() freezes nested members, also in lists', () => {
  const value = deepFreeze({ a: { b: [{ c: 1 }] } });
  expect(Object.isFrozen(value)).toBe(true);
  expect(Object.isFrozen(value.a)).toBe(true);
  expect(Object.isFrozen(value.a.b)).toBe(true);
  expect(Object.isFrozen(value.a.b[0])).toBe(true);
});

it('deepFreeze() returns other values unchanged', () => {
  for (const value of [null, true, 0, '']) expect(deepFreeze(value)).toBe(value);
});

it('deepFreeze() does not exhaust the stack on a document of any depth', () => {
  const depth = 100_000;
  const value = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
  expect(Object.isFrozen(deepFreeze(value))).toBe(true);
});

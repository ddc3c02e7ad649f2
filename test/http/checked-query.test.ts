import { describe, expect, it } from 'vitest';
import { oneOf, wholeNumber } from '../../src/http/checked-query.ts';

describe('wholeNumber()', () => {
  const check = wholeNumber(1, 250);
  it.each(['1', '250', '007'])('accepts %j', (value) => {
    expect(check.accepts(value)).toBe(true);
  });
  it.each(['0', '251', '-1', '1.5', '1e2', '0x10', ' 1', '', '1234567890'])(
    'refuses %j',
    (value) => {
      expect(check.accepts(value)).toBe(false);
    },
  );
  it('names its bounds', () => {
    expect(check.expected).toBe('a whole number from 1 to 250');
  });
});

describe('oneOf()', () => {
  it.each<[readonly string[], string]>([
    [['a'], '"a"'],
    [['a', 'b'], '"a" or "b"'],
    [['a', 'b', 'c'], '"a", "b" or "c"'],
  ])('names its values: %j', (values, expected) => {
    expect(oneOf(...values).expected).toBe(expected);
  });
});

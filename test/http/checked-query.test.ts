import { describe, expect, it } from 'vitest';
import { checkQuery, oneOf, wholeNumber } from '../../src/http/checked-query.ts';

describe('checkQuery()', () => {
  const checks = { page: wholeNumber(1, 250), expand: oneOf('devices') };
  const shape = { checks, repeatable: ['expand'], isLenient: false };
  const repeated = (name: string, value: string, times: number) =>
    Array(times).fill(`${name}=${value}`).join('&');

  it.each([
    ['page=2&page=2', 'once'],
    [repeated('expand', 'devices', 11), 'at most 10 times'],
  ])('says how often a parameter may occur: %s', (query, expected) => {
    expect(JSON.stringify(checkQuery(query, shape))).toContain(expected);
  });

  it('returns a repeatable parameter as often as it was sent, and no unknown one', () => {
    const result = checkQuery(`${repeated('expand', 'devices', 10)}&page=2&x=1`, shape);
    expect(result.ok && result.value.getAll('expand')).toHaveLength(10);
    expect(result.ok && [...new Set(result.value.keys())]).toEqual(['expand', 'page']);
  });
});

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

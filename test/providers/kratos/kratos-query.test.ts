import { describe, expect, it } from 'vitest';
import { readGoParameter } from '../../../src/providers/kratos/kratos-query.ts';

describe('readGoParameter()', () => {
  // Printed by Go 1.26: url.URL{RawQuery: query}.Query().Get("flow").
  it.each([
    ['?flow=a', 'a'],
    ['?flow=a&flow=b', 'a'],
    ['?flow=&flow=b', ''],
    ['?flow=a;b&flow=c', 'c'],
    ['?flow=%zz&flow=b', 'b'],
    ['?flow=100%&flow=b', 'b'],
    ['?%zz=1&flow=b', 'b'],
    ['?fl%6Fw=a+b%2Bc', 'a b+c'],
    ['?Flow=a', undefined],
    ['?flow;=a', undefined],
    ['?', undefined],
    ['', undefined],
  ])('reads %j as %j', (search, value) => {
    expect(readGoParameter(search, 'flow')).toBe(value);
  });
});

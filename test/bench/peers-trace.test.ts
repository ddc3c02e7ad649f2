import { expect, test } from 'vitest';
import { ANONYMOUS_COOKIE, mixedCookies } from '../../bench/peers/trace.ts';

const COUNT = 50_000;
const SESSIONS = Array.from({ length: 1000 }, (_, at) => `session=${at + 1}`);

function shareOf(trace: readonly string[], cookie: string): number {
  return trace.filter((one) => one === cookie).length / trace.length;
}

test('mixedCookies() has a tenth without a session, and shares of sessions by Zipf’s law', () => {
  const trace = mixedCookies(SESSIONS, COUNT);
  expect(trace).toHaveLength(COUNT);
  expect(shareOf(trace, ANONYMOUS_COOKIE)).toBeCloseTo(0.1, 2);
  // The 1000th harmonic number is 7.4855.
  expect(shareOf(trace, 'session=1')).toBeCloseTo(0.9 / 7.4855, 2);
  expect(shareOf(trace, 'session=2')).toBeCloseTo(0.9 / 7.4855 / 2, 2);
});

test('mixedCookies() is the same for every system', () => {
  expect(mixedCookies(SESSIONS, 100)).toEqual(mixedCookies(SESSIONS, 100));
});

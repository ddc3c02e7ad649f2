import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ageSeconds,
  type Lifetimes,
  ttlSeconds,
  type Usability,
  usabilityOf,
  usefulSeconds,
} from '../../src/sessions/freshness.ts';
import { checkedSession } from './checked-sessions.ts';

const LIFETIMES: Lifetimes = {
  freshSeconds: 30,
  staleWhileRevalidateSeconds: 30,
  staleIfErrorSeconds: 300,
};
const T = 1_700_000_000_000;
const at = (now: number, more = {}) => ({
  now,
  minCheckedAt: 0,
  lastMark: 0,
  trustedSince: 0,
  changesKnownUntil: undefined,
  ...more,
});
const usabilityAt = (age: number, options = {}, context = {}) =>
  usabilityOf(checkedSession({ checkedAt: T, ...options }), at(T + age, context), LIFETIMES);

describe('usabilityOf()', () => {
  it.each<[number, Usability]>([
    [-10_001, 'unusable'],
    [-10_000, 'fresh'],
    [0, 'fresh'],
    [29_999, 'fresh'],
    [30_000, 'revalidate'],
    [59_999, 'revalidate'],
    [60_000, 'if-error'],
    [359_999, 'if-error'],
    [360_000, 'unusable'],
  ])('calls a check of %i ms ago %s', (age, usability) => {
    expect(usabilityAt(age)).toBe(usability);
  });

  it('returns no session from the exact millisecond of expiry on', () => {
    const expiresAt = T + 5000;
    expect(usabilityAt(4999, { expiresAt })).toBe('fresh');
    expect(usabilityAt(5000, { expiresAt })).toBe('unusable');
    expect(usabilityAt(65_000, { expiresAt: T + 65_000 })).toBe('unusable');
  });

  it('rejects a check that began before a mark was known', () => {
    expect(usabilityAt(1, {}, { lastMark: T + 1 })).toBe('unusable');
    expect(usabilityAt(1, {}, { lastMark: T })).toBe('fresh');
  });

  it('accepts a check at the exact time of a requirement', () => {
    expect(usabilityAt(1, {}, { minCheckedAt: T })).toBe('fresh');
    expect(usabilityAt(1, {}, { minCheckedAt: T + 1 })).toBe('unusable');
  });

  it('accepts checks that the revocation view cannot confirm only while the store fails', () => {
    expect(usabilityAt(1, {}, { trustedSince: T })).toBe('fresh');
    expect(usabilityAt(1, {}, { trustedSince: T + 1 })).toBe('if-error');
  });

  it.each([0, 1, 29, 45, 200])('keeps no entry beyond Ory-Session-Cache-For: %i', (seconds) => {
    const options = { cacheForSeconds: seconds };
    expect(usabilityAt(seconds * 1000, options)).toBe('unusable');
    if (seconds > 0) expect(usabilityAt(seconds * 1000 - 1, options)).not.toBe('unusable');
  });

  it('is never more lenient than a table written from the documented promises', () => {
    fc.assert(
      fc.property(scenario(), ({ checked, context, lifetimes }) => {
        expect(usabilityOf(checked, context, lifetimes)).toBe(oracle(checked, context, lifetimes));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('ageSeconds(), ttlSeconds(), usefulSeconds()', () => {
  it('count whole seconds, and never a negative age', () => {
    const checked = checkedSession({ checkedAt: T });
    expect([ageSeconds(checked, T - 5000), ageSeconds(checked, T + 1999)]).toEqual([0, 1]);
    expect(ttlSeconds(checked, at(T), LIFETIMES)).toBe(30);
    expect(ttlSeconds(checked, at(T + 1), LIFETIMES)).toBe(29);
    expect(ttlSeconds(checked, at(T + 45_000), LIFETIMES)).toBe(-15);
  });

  it('end with the session', () => {
    const checked = checkedSession({ checkedAt: T, expiresAt: T + 7500 });
    expect(ttlSeconds(checked, at(T), LIFETIMES)).toBe(7);
    expect(usefulSeconds(checked, LIFETIMES)).toBe(7.5);
    expect(usefulSeconds(checkedSession({ checkedAt: T }), LIFETIMES)).toBe(360);
    expect(usefulSeconds(checkedSession({ cacheForSeconds: 0 }), LIFETIMES)).toBe(0);
  });
});

/** The promises as rows: each usability with everything that must hold for it; the first that holds wins. */
function oracle(
  { checkedAt, logPosition, cacheForSeconds, session }: ReturnType<typeof checkedSession>,
  { now, minCheckedAt, lastMark, trustedSince }: ReturnType<typeof at>,
  { freshSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds }: Lifetimes,
): Usability {
  const believed = [
    now < session.expiresAt,
    logPosition >= lastMark,
    checkedAt >= minCheckedAt,
    checkedAt - now <= 10_000,
    cacheForSeconds === undefined || now < checkedAt + cacheForSeconds * 1000,
  ].every(Boolean);
  const within = (seconds: number) => now < checkedAt + seconds * 1000;
  const behind = freshSeconds + staleWhileRevalidateSeconds;
  const rows: [Usability, boolean][] = [
    ['fresh', believed && checkedAt >= trustedSince && within(freshSeconds)],
    ['revalidate', believed && checkedAt >= trustedSince && within(behind)],
    ['if-error', believed && within(behind + staleIfErrorSeconds)],
  ];
  return rows.find(([, holds]) => holds)?.[0] ?? 'unusable';
}

/** Times within a few minutes of each other, so that every border is met. */
function scenario() {
  const near = fc.oneof(
    fc.integer({ min: -420_000, max: 420_000 }),
    fc.constantFrom(-10_001, -10_000, -1, 0, 1, 1000, 30_000, 60_000, 360_000),
  );
  const seconds = fc.integer({ min: 0, max: 120 });
  return fc
    .record({
      now: near,
      checkedAt: near,
      expiresAt: near,
      minCheckedAt: near,
      lastMark: near,
      trustedSince: near,
      cacheForSeconds: fc.option(seconds, { nil: undefined }),
      freshSeconds: seconds,
      staleWhileRevalidateSeconds: seconds,
      staleIfErrorSeconds: seconds,
      everythingHolds: fc.boolean(),
    })
    .map(({ cacheForSeconds, everythingHolds, ...given }) => ({
      checked: checkedSession({
        checkedAt: T + given.checkedAt,
        expiresAt: T + given.expiresAt + (everythingHolds ? 900_000 : 0),
        ...(cacheForSeconds !== undefined && { cacheForSeconds }),
      }),
      context: {
        now: T + given.now,
        minCheckedAt: everythingHolds ? 0 : T + given.minCheckedAt,
        lastMark: everythingHolds ? 0 : T + given.lastMark,
        trustedSince: T + given.trustedSince,
        changesKnownUntil: undefined,
      },
      lifetimes: given,
    }));
}

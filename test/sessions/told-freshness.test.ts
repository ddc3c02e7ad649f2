import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Lifetimes,
  ttlSeconds,
  type Usability,
  usabilityOf,
  usefulSeconds,
} from '../../src/sessions/freshness.ts';
import { checkedSession } from './checked-sessions.ts';

const TOLD: Lifetimes = {
  freshSeconds: 30,
  staleWhileRevalidateSeconds: 30,
  staleIfErrorSeconds: 300,
  told: { freshSeconds: 900, withinMs: 8000 },
};
const UNTOLD: Lifetimes = { ...TOLD, told: undefined };
const T = 1_700_000_000_000;

/** The usability at T of a check of this age, if changes are known until this long ago. */
function usability(ageMs: number, silentMs: number | undefined, lifetimes = TOLD): Usability {
  const changesKnownUntil = silentMs === undefined ? undefined : T - silentMs;
  const context = { now: T, minCheckedAt: 0, lastMark: 0, trustedSince: 0, changesKnownUntil };
  return usabilityOf(checkedSession({ checkedAt: T - ageMs }), context, lifetimes);
}

/** The greatest age in whole seconds at which a check is still of this usability. */
function lastAge(wanted: Usability, silentMs: number): number {
  for (let age = 1300; age >= 0; age -= 1) {
    if (usability(age * 1000, silentMs) === wanted) return age;
  }
  return -1;
}

describe('usabilityOf(), of a store that tells of its changes', () => {
  it.each<[number, Usability]>([
    [0, 'fresh'],
    [30_000, 'fresh'],
    [899_999, 'fresh'],
    [900_000, 'revalidate'],
    [929_999, 'revalidate'],
    [930_000, 'if-error'],
    [1_229_999, 'if-error'],
    [1_230_000, 'unusable'],
  ])('calls a check of %i ms ago %s while the channel works', (age, expected) => {
    expect(usability(age, 1000)).toBe(expected);
    expect(usability(age, 7999)).toBe(expected);
  });

  it('calls a check as old as without the channel if the changes since it are not known', () => {
    for (const age of [0, 29_999, 30_000, 59_999, 60_000, 359_999, 360_000, 899_000]) {
      expect(usability(age, undefined)).toBe(usability(age, undefined, UNTOLD));
    }
  });

  it('ignores known changes without a setting for them', () => {
    expect(usability(45_000, 1000, UNTOLD)).toBe('revalidate');
    expect(usability(500_000, 1000, UNTOLD)).toBe('unusable');
  });

  it('lets freshness sink from 900 to 30 s in 45 s, and never rise', () => {
    const limits = Array.from({ length: 70 }, (_, seconds) => lastAge('fresh', seconds * 1000));
    expect(limits.slice(0, 8)).toEqual(new Array(8).fill(899));
    expect(limits.slice(53)).toEqual(new Array(17).fill(29));
    for (const [index, limit] of limits.entries()) {
      expect(limit).toBeLessThanOrEqual(limits[index - 1] ?? Infinity);
    }
    // Exponentially, so that no second makes more than a tenth of the checks stale.
    for (let second = 9; second < 53; second += 1) {
      expect((limits[second] ?? 0) / (limits[second - 1] ?? 0)).toBeGreaterThan(0.9);
    }
  });

  it('serves a check over the sinking limit, and has it checked behind', () => {
    expect(usability(800_000, 20_000)).toBe('revalidate');
    expect(usability(800_000, 59_999)).toBe('revalidate');
  });

  it('serves no check 60 s after the last known change, whatever its age', () => {
    for (const age of [60_000, 61_000, 300_000, 899_000]) {
      expect(['fresh', 'revalidate']).not.toContain(usability(age, 60_000));
    }
    expect(usability(800_000, 60_000)).toBe('if-error');
    expect(usability(800_000, 360_000)).toBe('unusable');
  });

  it('serves no check for longer than a change can be unknown: a table in the words of the promise', () => {
    const seconds = fc.integer({ min: 0, max: 1300 });
    fc.assert(
      fc.property(seconds, seconds, (age, silence) => {
        const found = usability(age * 1000, silence * 1000);
        // A change is unknown here if it was made after both the check and the last known change.
        const unknownFor = Math.min(age, silence);
        if (found === 'fresh') expect(age < 30 || (age < 900 && silence < 53)).toBe(true);
        if (found === 'fresh' || found === 'revalidate') expect(unknownFor).toBeLessThan(60);
        if (found !== 'unusable') expect(unknownFor).toBeLessThan(360);
        if (age < 30) expect(found).toBe('fresh');
        if (age < 900 && silence < 8) expect(found).toBe('fresh');
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps both promises where freshness is shorter than the time in which changes are told', () => {
    const short = { ...TOLD, freshSeconds: 2, staleWhileRevalidateSeconds: 0 };
    expect(usability(500_000, 7999, short)).toBe('fresh');
    expect(usability(500_000, 8000, short)).toBe('if-error'); // nothing to sink through
    expect(usability(1999, 8000, short)).toBe('fresh');
  });

  it('is never less fresh than FRESH_SECONDS', () => {
    const long = { ...TOLD, freshSeconds: 1800 };
    expect(usability(1_799_999, 1000, long)).toBe('fresh');
    expect(usability(1_799_999, undefined, long)).toBe('fresh');
  });

  it('obeys Ory-Session-Cache-For and the session’s expiry', () => {
    const context = { now: T, minCheckedAt: 0, lastMark: 0, trustedSince: 0 };
    const told = { ...context, changesKnownUntil: T - 1000 };
    const short = checkedSession({ checkedAt: T - 100_000, cacheForSeconds: 100 });
    expect(usabilityOf(short, told, TOLD)).toBe('unusable');
    const over = checkedSession({ checkedAt: T - 100_000, expiresAt: T });
    expect(usabilityOf(over, told, TOLD)).toBe('unusable');
  });

  it('uses a check only while the store fails if the view of the log is too old', () => {
    const context = { now: T, minCheckedAt: 0, lastMark: 0, trustedSince: T - 4000 };
    const told = { ...context, changesKnownUntil: T - 1000 };
    expect(usabilityOf(checkedSession({ checkedAt: T - 100_000 }), told, TOLD)).toBe('if-error');
  });
});

describe('ttlSeconds(), usefulSeconds()', () => {
  const checked = checkedSession({ checkedAt: T - 100_000 });

  it('say for how long a told check is fresh', () => {
    expect(ttlSeconds(checked, { now: T, changesKnownUntil: T - 1000 }, TOLD)).toBe(800);
    expect(ttlSeconds(checked, { now: T, changesKnownUntil: undefined }, TOLD)).toBe(-70);
  });

  it('keep a check for as long as it can be of use', () => {
    expect(usefulSeconds(checked, TOLD)).toBe(1230);
    expect(usefulSeconds(checked, UNTOLD)).toBe(360);
  });
});

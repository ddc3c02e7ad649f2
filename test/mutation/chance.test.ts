import { describe, expect, it } from 'vitest';
import { exceedsChance } from './chance.ts';

/** Expected values from the tables of the cumulative binomial distribution. */
describe('exceedsChance()', () => {
  it.each([
    // P(X <= 7) = 0.9679, P(X <= 9) = 0.9974
    [8, 20, 0.2, false],
    [10, 20, 0.2, true],
    // P(X <= 4) = 0.9984, P(X <= 3) = 0.9872
    [4, 10, 0.1, false],
    [5, 10, 0.1, true],
  ])('%i of %i at a rate of %d: %s', (events, trials, rate, exceeds) => {
    expect(exceedsChance(events, trials, rate)).toBe(exceeds);
  });

  it('is false without any survivor and without any trial', () => {
    expect(exceedsChance(0, 60, 0.1)).toBe(false);
    expect(exceedsChance(0, 0, 0.1)).toBe(false);
  });
});

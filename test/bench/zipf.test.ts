import { describe, expect, test } from 'vitest';
import { Random } from '../../bench/simulate/random.ts';
import { Zipf } from '../../bench/simulate/zipf.ts';

describe('Zipf', () => {
  test.each([0.6, 1, 1.3])('shares of all ranks add up to one (exponent %d)', (exponent) => {
    const zipf = new Zipf(50_000, exponent);
    let sum = 0;
    for (let rank = 1; rank <= 50_000; rank += 1) sum += zipf.shareOf(rank);
    expect(sum).toBeCloseTo(1, 5);
    expect(zipf.shareUpTo(50_000)).toBe(1);
  });

  test('shares fall with the rank to the power of the exponent', () => {
    const zipf = new Zipf(10_000_000, 0.6);
    expect(zipf.shareOf(1) / zipf.shareOf(1000)).toBeCloseTo(1000 ** 0.6, 6);
    expect(zipf.shareOf(2_000_000) / zipf.shareOf(8_000_000)).toBeCloseTo(4 ** 0.6, 6);
  });

  test('the sum beyond the table continues the sum within it', () => {
    const zipf = new Zipf(5000, 0.8);
    let exact = 0;
    for (let rank = 1; rank <= 3456; rank += 1) exact += zipf.shareOf(rank);
    expect(zipf.shareUpTo(3456)).toBeCloseTo(exact, 6);
  });

  test('rankAt() is the lowest rank whose cumulative share reaches the given value', () => {
    const zipf = new Zipf(100_000, 0.7);
    for (const share of [0, 0.001, 0.1, 0.5, 0.999, 1]) {
      const rank = zipf.rankAt(share);
      expect(zipf.shareUpTo(rank)).toBeGreaterThanOrEqual(share);
      if (rank > 1) expect(zipf.shareUpTo(rank - 1)).toBeLessThan(share);
    }
  });

  test('draws fall on ranks in proportion to their shares (chi-squared over ten parts, 1 in 1,000)', () => {
    const zipf = new Zipf(20_000, 0.9);
    const random = new Random(42);
    const draws = 20_000;
    const bounds = Array.from({ length: 10 }, (_, part) => zipf.rankAt((part + 1) / 10));
    const drawn = new Array<number>(10).fill(0);
    for (let draw = 0; draw < draws; draw += 1) {
      const rank = zipf.draw(random);
      const part = bounds.findIndex((bound) => rank <= bound);
      drawn[part] = (drawn[part] ?? 0) + 1;
    }
    const chiSquared = bounds.reduce((sum, bound, part) => {
      const below = part === 0 ? 0 : zipf.shareUpTo(bounds[part - 1] ?? 0);
      const expected = draws * (zipf.shareUpTo(bound) - below);
      return sum + ((drawn[part] ?? 0) - expected) ** 2 / expected;
    }, 0);
    expect(chiSquared).toBeLessThan(27.9);
  });
});

describe('Random', () => {
  test('gives the same numbers for the same seed, others for another', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('exponential() and geometric() keep their means', () => {
    const random = new Random(5);
    const mean = (draw: () => number) => {
      let sum = 0;
      for (let count = 0; count < 50_000; count += 1) sum += draw();
      return sum / 50_000;
    };
    expect(mean(() => random.exponential(30))).toBeCloseTo(30, -0.5);
    expect(mean(() => random.geometric(2.5))).toBeCloseTo(2.5, 1);
    expect(mean(() => random.geometric(1))).toBe(1);
  });
});

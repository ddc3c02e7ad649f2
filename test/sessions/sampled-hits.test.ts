import { describe, expect, it } from 'vitest';
import { SampledHits } from '../../src/sessions/sampled-hits.ts';
import { Random } from '../revocation/world/random.ts';

const HITS = 1_000_000;

function randomFrom(seed: number): () => number {
  const random = new Random(seed);
  return () => random.next();
}

function sampled(options: Partial<ConstructorParameters<typeof SampledHits>[0]> = {}) {
  return new SampledHits({
    oneIn: 1000,
    maxPerSecond: 100,
    random: () => 0.5,
    now: () => 0,
    compare: async () => {},
    ...options,
  });
}

describe('SampledHits', () => {
  it('chooses one hit in so many on average, at no fixed distance', () => {
    let now = 0;
    const hits = sampled({ random: randomFrom(1), now: () => now });
    const chosen: number[] = [];
    for (let hit = 0; hit < HITS; hit += 1) {
      now += 1;
      if (hits.isNextDue()) chosen.push(hit);
    }
    expect(chosen.length / HITS).toBeGreaterThan(0.9 / 1000);
    expect(chosen.length / HITS).toBeLessThan(1.1 / 1000);
    const gaps = chosen.map((hit, index) => hit - (chosen[index - 1] ?? -1));
    expect(new Set(gaps).size).toBeGreaterThan(500);
  });

  it('chooses in an isolate of few hits as often as in a busy one', () => {
    const random = randomFrom(2);
    const firstTen = Array.from({ length: 10_000 }, () => {
      const hits = sampled({ oneIn: 100, random });
      return Array.from({ length: 10 }, () => hits.isNextDue()).filter(Boolean).length;
    });
    const total = firstTen.reduce((sum, count) => sum + count, 0);
    expect(total / 100_000).toBeGreaterThan(0.9 / 100);
    expect(total / 100_000).toBeLessThan(1.1 / 100);
  });

  it('chooses every hit if the setting is 1', () => {
    for (const share of [0, 0.5, 0.999]) {
      const hits = sampled({ oneIn: 1, random: () => share });
      expect([hits.isNextDue(), hits.isNextDue()]).toEqual([true, true]);
    }
  });

  it('chooses no more hits in a second than allowed, also after the clock was set back', () => {
    let now = 10_000;
    const hits = sampled({ oneIn: 1, maxPerSecond: 2, now: () => now });
    const inOneSecond = () => Array.from({ length: 5 }, () => hits.isNextDue());
    const two = [true, true, false, false, false];
    expect(inOneSecond()).toEqual(two);
    now += 999;
    expect(inOneSecond()).toEqual([false, false, false, false, false]);
    now += 1;
    expect(inOneSecond()).toEqual(two);
    now = 0;
    expect(inOneSecond()).toEqual(two);
  });
});

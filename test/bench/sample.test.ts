import { expect, test } from 'vitest';
import { layOut } from '../../bench/simulate/geography.ts';
import { Random } from '../../bench/simulate/random.ts';
import { sampleSessions } from '../../bench/simulate/sample.ts';
import { DEFAULTS, type SimulatedSettings } from '../../bench/simulate/settings.ts';
import { runTiers } from '../../bench/simulate/tier-study.ts';
import { busyness, HABITS, makeTrace } from '../../bench/simulate/traffic.ts';

const POPULATION = { sessions: 6000, requestsPerSessionDay: 60, exponent: 0.6 };
const LOCATIONS = layOut(3, 12);
const DAY_MS = 86_400_000;

test('a sample represents the population: its weights add up to all traffic, and nearly to all sessions', () => {
  const population = { ...POPULATION, sessions: 10_000_000 };
  const sample = sampleSessions(population, 60_000, new Random(1));
  expect(sample.length).toBeGreaterThan(500);
  expect(sample.length).toBeLessThan(2000);
  const traffic = sample.reduce((sum, each) => sum + each.weight * each.requestsPerDay, 0);
  const sessions = sample.reduce((sum, each) => sum + each.weight, 0);
  expect(traffic / 600e6).toBeCloseTo(1, 6);
  expect(sessions / 10e6).toBeCloseTo(1, 1);
  expect(new Set(sample.map(({ rank }) => rank)).size).toBe(sample.length);
});

test('a population that fits is simulated whole', () => {
  const sample = sampleSessions(POPULATION, 1e9, new Random(1));
  expect(sample).toHaveLength(6000);
  expect(sample.every(({ weight }) => weight === 1)).toBe(true);
});

test('a sample of a fifth and the whole population give the same figures while memory overflows', {
  timeout: 120_000,
}, async () => {
  // Written at once: the few writes after ten minutes would differ by chance alone.
  const settings = { ...DEFAULTS, MEMORY_MAX_ENTRIES: 250, KV_WRITE_AFTER_SECONDS: 0 };
  const whole = await figuresOf(1e9, settings);
  const sampled = await figuresOf(72_000, settings);
  expect(sampled.simulated).toBeLessThan(whole.simulated / 4);
  // A few hundred visits of very different lengths: how many requests they come to is the roughest figure.
  expect(Math.abs(sampled.requests / whole.requests - 1)).toBeLessThan(0.12);
  expect(Math.abs(sampled.memory - whole.memory)).toBeLessThan(0.02);
  expect(Math.abs(sampled.kv - whole.kv)).toBeLessThan(0.01);
  expect(Math.abs(sampled.storeCalls / whole.storeCalls - 1)).toBeLessThan(0.06);
  expect(Math.abs(sampled.kvReads / whole.kvReads - 1)).toBeLessThan(0.08);
  expect(Math.abs(sampled.kvWrites / whole.kvWrites - 1)).toBeLessThan(0.08);
});

test('traffic follows the hour of day where it comes from, and keeps its mean', () => {
  const sample = sampleSessions({ ...POPULATION, sessions: 2000 }, 1e9, new Random(1));
  const trace = makeTrace(sample, layOut(1, 1), { hours: 24, habits: HABITS, seed: 1 });
  expect(trace.count / (2000 * 60)).toBeGreaterThan(0.95);
  expect(trace.count / (2000 * 60)).toBeLessThan(1.05);
  const busiest = [...Array(24).keys()].map((hour) => busyness(hour * 3_600_000, -74, 0.8));
  const perHour = new Array<number>(24).fill(0);
  for (const atMs of trace.atMs) {
    const hour = Math.floor(atMs / 3_600_000);
    perHour[hour] = (perHour[hour] ?? 0) + 1;
  }
  expect(
    perHour.indexOf(Math.max(...perHour)) - busiest.indexOf(Math.max(...busiest)),
  ).toBeLessThan(3);
  expect(Math.max(...perHour) / Math.min(...perHour)).toBeGreaterThan(4);
  expect(trace.atMs).toEqual(trace.atMs.toSorted());
  expect(trace.atMs.at(-1)).toBeLessThan(DAY_MS);
});

test('locations share out visitors and isolates, at least one to each', () => {
  const locations = layOut(300, 3000);
  expect(locations.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  expect(locations.reduce((sum, { isolates }) => sum + isolates, 0)).toBe(3000);
  expect(Math.min(...locations.map(({ isolates }) => isolates))).toBeGreaterThanOrEqual(1);
  const [first] = locations;
  expect(first?.firstIsolate).toBe(0);
});

/** Per request, so that what is compared is how the tiers do and not how many requests a sample happened to make. */
async function figuresOf(requestsPerDay: number, settings: SimulatedSettings) {
  const sample = sampleSessions(POPULATION, requestsPerDay, new Random(2));
  const trace = makeTrace(sample, LOCATIONS, { hours: 3, habits: HABITS, seed: 2 });
  const world = {
    id: '',
    locations: LOCATIONS,
    sample,
    trace,
    samplingFraction: sample.length / POPULATION.sessions,
    isolateLifeMs: 6 * 3_600_000,
  };
  const { simulated, requests, byTier, storeCalls, kvReads, kvWrites } = await runTiers(
    world,
    settings,
  );
  return {
    simulated,
    requests,
    memory: byTier.memory / requests,
    kv: byTier.kv / requests,
    storeCalls: storeCalls / requests,
    kvReads: kvReads / requests,
    kvWrites: kvWrites / requests,
  };
}

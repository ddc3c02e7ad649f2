import { beforeAll, expect, test } from 'vitest';
import { type BenchCase, benchCases } from '../../bench/cases.ts';
import { createFixtures } from '../../bench/fixtures.ts';

/** Case, baseline and goal, as they were set before anything was measured. */
const GOALS: readonly (readonly [string, string, number | undefined])[] = [
  ['whoami-hit', 'bare-headers', 1.1],
  ['denied', 'bare-headers', 1.1],
  ['forward-auth', 'whoami-hit', 1.15],
  ['gate-hit', 'forward-headers', 1.1],
  ['gate-hit', 'map-gate', 1.05],
  ['gate-public', 'forward-filtered', 1.1],
  ['gate-token-warm', 'gate-hit', 1.05],
  ['gate-token-warm', 'jose-per-request', 0.7],
  ['gate-token-cold', 'verify-headers', 1.2],
];

let cases: BenchCase[];
beforeAll(async () => {
  cases = benchCases(await createFixtures(Date.UTC(2026, 5, 3)));
});

test.each(GOALS)(
  '%s is measured against %s, with the goal that was set for it',
  (name, baseline, goal) => {
    const found = cases.find((one) => one.name === name)?.against ?? [];
    expect(found.find((one) => one.baseline === baseline)?.goal).toBe(goal);
  },
);

test('a case is listed once, and each baseline is another case', () => {
  const names = cases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, against = [] } of cases) {
    for (const { baseline } of against) expect(names, baseline).toContain(baseline);
    expect(against.map(({ baseline }) => baseline)).not.toContain(name);
  }
});

test('every case declares what its answers must be', () => {
  for (const { name, expected } of cases) expect(expected.answer, name).toBeDefined();
});

test('each unseen token differs from all others', async () => {
  const tokens = await (await createFixtures(Date.UTC(2026, 5, 3))).freshTokens(600);
  expect(new Set(tokens).size).toBe(600);
});

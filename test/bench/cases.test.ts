import { beforeAll, expect, test } from 'vitest';
import { type BenchCase, benchCases } from '../../bench/cases.ts';
import { createFixtures } from '../../bench/fixtures.ts';

/** Name, baseline and goal, as they were set before anything was measured. */
const GOALS: readonly (readonly [string, string | undefined, number | undefined])[] = [
  ['bare', undefined, undefined],
  ['whoami-hit', 'bare', 1.25],
  ['bare-forward', undefined, undefined],
  ['gate-hit', 'bare-forward', 1.2],
  ['gate-token-warm', 'bare-forward', 1.25],
  ['verify-forward', undefined, undefined],
  ['gate-token-cold', 'verify-forward', 1.15],
  ['gate-public', 'bare-forward', 1.15],
  ['denied', 'bare', 1.15],
  ['jose-per-request', 'bare-forward', undefined],
];

let cases: BenchCase[];
beforeAll(async () => {
  cases = benchCases(await createFixtures(Date.UTC(2026, 5, 3)));
});

test.each(GOALS)(
  '%s is measured against its floor, with the goal that was set for it',
  (name, baseline, goal) => {
    const found = cases.find((one) => one.name === name);
    expect(found?.baseline).toBe(baseline);
    expect(found?.goal).toBe(goal);
  },
);

test('a case is listed once, and its floor is a case without a floor', () => {
  const names = cases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { baseline } of cases.filter((one) => one.baseline !== undefined)) {
    const floor = cases.find(({ name }) => name === baseline);
    expect(floor).toBeDefined();
    expect(floor?.baseline).toBeUndefined();
  }
});

test('every case declares what its answers must be', () => {
  for (const { name, expected } of cases) expect(expected.answer, name).toBeDefined();
});

test('each unseen token differs from all others', async () => {
  const tokens = await (await createFixtures(Date.UTC(2026, 5, 3))).freshTokens(600);
  expect(new Set(tokens).size).toBe(600);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { benchCases } from '../../bench/cases.ts';
import { createFixtures } from '../../bench/fixtures.ts';
import {
  type CommittedRatios,
  grownRatios,
  HELD,
  heldRatios,
  lowerRatios,
} from '../../bench/held-ratios.ts';
import { inRepository } from '../support/repository.ts';

const COSTS = new Map([
  ['bare-headers', [100, 110, 90]],
  ['forward-headers', [200, 200, 200]],
  ['whoami-hit', [130, 143, 135]],
  ['denied', [120, 132, 108]],
  ['gate-hit', [260, 300, 250]],
  ['gate-token-warm', [280, 280, 290]],
]);
const FOUND = {
  'whoami-hit/bare-headers': 1.3,
  'denied/bare-headers': 1.2,
  'gate-hit/forward-headers': 1.3,
  'gate-token-warm/forward-headers': 1.4,
};

test('heldRatios() is the median of the ratios of each round', () => {
  expect(heldRatios(COSTS)).toEqual(FOUND);
});

test('heldRatios() throws if a case was not measured', () => {
  const without = new Map([...COSTS].filter(([name]) => name !== 'denied'));
  expect(() => heldRatios(without)).toThrow('denied was not measured');
});

test('grownRatios() names a ratio that is beyond the limit, and one that is no number', () => {
  expect(grownRatios(FOUND, FOUND, 1.05)).toEqual([]);
  const grown = { ...FOUND, 'gate-hit/forward-headers': 1.37, 'denied/bare-headers': Number.NaN };
  const lines = grownRatios(grown, FOUND, 1.05);
  expect(lines).toEqual([
    expect.stringMatching(/^denied\/bare-headers: NaN, expected at most 1\.26\./),
    expect.stringMatching(/^gate-hit\/forward-headers: 1\.37, expected at most 1\.365\./),
  ]);
});

test('lowerRatios() is the lower of two for each path, so that a path has grown only if both runs say so', () => {
  const once = { ...FOUND, 'gate-hit/forward-headers': 1.5, 'denied/bare-headers': 1.5 };
  const again = { ...FOUND, 'whoami-hit/bare-headers': 1.5, 'denied/bare-headers': 1.4 };
  const lower = lowerRatios(once, again);
  expect(lower).toEqual({ ...FOUND, 'denied/bare-headers': 1.4 });
  expect(grownRatios(lower, FOUND, 1.05)).toEqual([expect.stringMatching(/^denied\/bare-headers/)]);
  expect(lowerRatios(FOUND, { ...FOUND, 'denied/bare-headers': Number.NaN })).toMatchObject({
    'denied/bare-headers': Number.NaN,
  });
});

test('bench/instructions.json has both kinds of ratio for each hot path, and each is of two cases', async () => {
  const text = readFileSync(inRepository('bench/instructions.json'), 'utf8');
  const { instructions, cpu } = JSON.parse(text) as CommittedRatios; // which this test finds out
  const names = benchCases(await createFixtures(0)).map(({ name }) => name);
  for (const ratios of [instructions, cpu]) expect(Object.keys(ratios)).toEqual([...HELD]);
  for (const ratio of [...Object.values(instructions), ...Object.values(cpu)])
    expect(ratio).toBeGreaterThan(1);
  for (const pair of HELD) expect(names).toEqual(expect.arrayContaining(pair.split('/')));
});

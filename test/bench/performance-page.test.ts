import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { benchCases } from '../../bench/cases.ts';
import { createFixtures } from '../../bench/fixtures.ts';
import { withSection } from '../../bench/performance-page.ts';
import { casesTable } from '../../bench/results-table.ts';
import type { CaseResult } from '../../bench/rounds.ts';
import { inRepository } from '../support/repository.ts';

const RESULT: CaseResult = {
  name: 'gate-hit',
  cpuMicrosPerRequest: 80.1,
  requestsPerSecond: 12_000,
  cpuMicrosRange: [75, 90.5],
  ratios: [
    { baseline: 'forward-headers', ratio: 1.3, range: [1.25, 1.41], goal: 1.2 },
    { baseline: 'map-gate', ratio: 1.2, range: [1.1, 1.3], goal: 1.2 },
  ],
};

test('withSection() replaces the text between the marks and keeps the rest', () => {
  const page = 'before\n<!-- cases -->\nold\n<!-- /cases -->\nafter\n';
  const written = 'before\n<!-- cases -->\nnew\n<!-- /cases -->\nafter\n';
  expect(withSection(page, 'cases', 'new')).toBe(written);
  expect(withSection(written, 'cases', 'new')).toBe(written);
});

test('withSection() throws if the page lacks the section', () => {
  expect(() => withSection('<!-- cases -->', 'cases', 'new')).toThrow('no section cases');
});

test('casesTable() shows the spread, and whether the goal was met', () => {
  const [, , missed, held, floor] = casesTable([RESULT, { ...RESULT, ratios: [] }]).split('\n');
  expect(missed).toBe(
    '| `gate-hit` | 80.1 (75–90.5) | 12000 | `forward-headers` | 1.30 (1.25–1.41) | ≤ 1.20 | missed |',
  );
  expect(held).toBe('| `gate-hit` |  |  | `map-gate` | 1.20 (1.1–1.3) | ≤ 1.20 | held |');
  expect(floor).toContain('| – | 1 | – |  |');
});

test('docs/performance.md has a row for every case, and a paragraph for every one that missed its goal', async () => {
  const page = readFileSync(inRepository('docs/performance.md'), 'utf8');
  for (const { name } of benchCases(await createFixtures(0)))
    expect.soft(page).toContain(`| \`${name}\` |`);
  const missed = page.matchAll(/^\| `([\w-]+)` \|.*\| missed \|$/gm);
  for (const [, name] of missed) expect.soft(page).toMatch(new RegExp(`^\\*\\*\`${name}\``, 'm'));
});

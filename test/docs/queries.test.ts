import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createMetrics, type DataPoint } from '../../src/observability/metrics.ts';
import { inRepository } from '../support/repository.ts';
import { codeOf, readPages } from './pages.ts';

const FILE = 'docs/operating/queries.sql';
const inFile = readFileSync(inRepository(FILE), 'utf8');
const QUERIES = [inFile, ...readPages().flatMap((page) => codeOf(page, 'sql'))]
  .flatMap((text) => text.split(';'))
  .map((text) => text.replace(/^--.*\n/gm, '').trim())
  .filter((text) => text.includes('FROM postern'));

/** Functions of Analytics Engine’s SQL (https://developers.cloudflare.com/analytics/analytics-engine/sql-reference/). */
const FUNCTIONS = [
  ...['SUM', 'MAX', 'AVG', 'COUNT', 'IF', 'NOW', 'IN', 'intDiv', 'toUInt32', 'toDateTime'],
  'quantileExactWeighted',
];

/** A data point as the Worker writes it. */
function writtenPoint(): DataPoint {
  const points: DataPoint[] = [];
  const count = createMetrics({ writeDataPoint: (point) => points.push(point) });
  count({ route: 'gate', outcome: 'pass', status: 200, method: 'GET', durationMs: 1 });
  const [point] = points;
  if (point === undefined) throw new Error('no point was written');
  return point;
}

describe('the queries of the documentation', () => {
  const { indexes, blobs, doubles } = writtenPoint();
  const columns = [
    ...indexes.map((_, index) => `index${index + 1}`),
    ...blobs.map((_, index) => `blob${index + 1}`),
    ...doubles.map((_, index) => `double${index + 1}`),
  ];

  it.each(QUERIES.map((query) => [query.slice(0, 90), query] as const))(
    '%s reads columns that are written, with functions that exist',
    (_, query) => {
      const used = [...query.matchAll(/\b(?:index|blob|double)\d+\b/g)].map(([name]) => name);
      expect(used.filter((name) => !columns.includes(name))).toEqual([]);
      const called = [...query.matchAll(/\b(\w+)\s*\(/g)].map(([, name = '']) => name);
      expect(called.filter((name) => !FUNCTIONS.includes(name))).toEqual([]);
      expect(query).toContain('_sample_interval');
    },
  );

  it('name the dataset of wrangler.toml', () => {
    const wrangler = readFileSync(inRepository('wrangler.toml'), 'utf8');
    expect(wrangler).toContain('# dataset = "postern"');
    expect(QUERIES.length).toBeGreaterThan(10);
  });
});

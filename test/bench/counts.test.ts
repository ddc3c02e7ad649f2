import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { type Counts, countTrace } from '../../bench/trace-counts.ts';
import { inRepository } from '../support/repository.ts';

const ALLOWED = inRepository('bench/counts.json');

let counts: Counts;
let allowed: Record<string, unknown>;
beforeAll(async () => {
  counts = await countTrace();
  allowed = JSON.parse(readFileSync(ALLOWED, 'utf8'));
});

test('bench/counts.json allows a value for each count', () => {
  expect(Object.keys(allowed)).toEqual(Object.keys(counts));
});

test('the calls to the store, KV and the log have not grown beyond bench/counts.json', () => {
  for (const [name, count] of Object.entries(counts)) {
    expect.soft(count, name).toBeLessThanOrEqual(Number(allowed[name]));
  }
});

test('the allowed counts are too tight to hide growth', () => {
  for (const [name, count] of Object.entries(counts)) {
    expect.soft(Number(allowed[name]), name).toBeLessThanOrEqual(count * 1.05);
  }
});

test('a thousand concurrent cold requests on one credential ask the store once', () => {
  expect(counts.concurrentStoreCalls).toBe(1);
});

test('the counts are the same in every run', async () => {
  expect(await countTrace()).toEqual(counts);
});

import { describe, expect, it } from 'vitest';
import { LogMemory, MEMORY_SCHEMA } from '../../src/revocation/log-memory.ts';
import { sqliteStorage } from './world/sqlite-storage.ts';

const NOW = 1_700_000_000_000;
const MAX_ROWS = 100_000;

/** Returns the log's memory besides marks, after this number of messages and changes, each kept longer than the one before. */
function createMemory({ rows = 0 } = {}) {
  const { sql } = sqliteStorage();
  const query = (text: string, ...bindings: (string | number | null)[]) =>
    sql.exec(text, ...bindings).toArray();
  query(MEMORY_SCHEMA);
  const many = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) INSERT INTO`;
  if (rows > 0) {
    query(`${many} messages SELECT 'k' || i, ${NOW} + i FROM n`);
    query(`${many} changes SELECT 'k' || i, '[]', ${NOW} + i FROM n`);
  }
  const clock = { now: NOW };
  const memory = new LogMemory(query, () => clock.now);
  const countOf = (table: string) => query(`SELECT COUNT(*) AS count FROM ${table}`)[0]?.count;
  return { memory, clock, countOf };
}

describe('LogMemory', () => {
  it('accepts the first message with an id, until it can be forgotten', () => {
    const { memory, clock } = createMemory();
    const isFirst = (key: string) => memory.isFirst({ key, keepMs: 1000 });
    expect([isFirst('a'), isFirst('a'), isFirst('b')]).toEqual([true, false, true]);
    clock.now += 999;
    expect(isFirst('a')).toBe(false);
    clock.now += 1;
    expect(isFirst('a')).toBe(true);
  });

  it('keeps its messages and changes over a restart, and forgets them when due', () => {
    const { memory, clock, countOf } = createMemory({ rows: 3 });
    expect(memory.isFirst({ key: 'k3', keepMs: 1000 })).toBe(false);
    clock.now += 2;
    memory.prune();
    expect([countOf('messages'), countOf('changes')]).toEqual([1, 1]);
    expect([memory.recall('k2'), memory.recall('k3')]).toEqual([undefined, []]);
  });

  it('keeps 100,000 messages; the next one drops the oldest tenth early', () => {
    const { memory, countOf } = createMemory({ rows: MAX_ROWS - 1 });
    memory.isFirst({ key: 'full', keepMs: MAX_ROWS });
    expect(countOf('messages')).toBe(MAX_ROWS);
    memory.isFirst({ key: 'one more', keepMs: 2 * MAX_ROWS });
    expect(countOf('messages')).toBe(0.9 * MAX_ROWS + 1);
    const isKnown = (index: number) => !memory.isFirst({ key: `k${index}`, keepMs: 1 });
    expect([isKnown(10_001), isKnown(10_000), isKnown(1)]).toEqual([true, false, false]);
  });

  it('keeps 100,000 changes, in the same way', () => {
    const { memory, countOf } = createMemory({ rows: MAX_ROWS });
    memory.remember({ keys: ['a', 'b'], about: [{ kind: 'everything' }] }, 1000);
    expect(countOf('changes')).toBe(0.9 * MAX_ROWS + 2);
    expect([memory.recall('k10000'), memory.recall('k10001'), memory.recall('b')]).toEqual([
      undefined,
      [],
      [{ kind: 'everything' }],
    ]);
  });
});

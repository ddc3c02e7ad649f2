import { describe, expect, it } from 'vitest';
import { SecretRecord } from '../../../src/routes/session-api/secret-record.ts';
import type { KeyValueStore } from '../../../src/runtime/kv.ts';

const NOW = 1_800_000_000_000;
const YEAR_MS = 365 * 24 * 3600 * 1000;
const OLD = 'an-old-secret-of-the-tests-0123456789abcd';
const NEW = 'a-new-secret-of-the-tests-0123456789abcde';

/** A namespace in memory that counts its writes. */
class MemoryStore implements KeyValueStore {
  readonly values = new Map<string, ArrayBuffer>();
  puts = 0;

  async get(name: string) {
    return this.values.get(name) ?? null;
  }

  async put(name: string, value: ArrayBuffer) {
    this.puts += 1;
    this.values.set(name, value);
  }

  async delete(name: string) {
    this.values.delete(name);
  }
}

function recordOf(kv: KeyValueStore | undefined, secrets: readonly string[], now = NOW) {
  const reports: object[] = [];
  const work: Promise<unknown>[] = [];
  const record = new SecretRecord({
    kv,
    secrets,
    readTimeoutMs: 50,
    now: () => now,
    report: (entry) => reports.push(entry),
  });
  const note = async () => {
    record.note((promise) => work.push(promise));
    await Promise.all(work);
  };
  return { record, note, reports };
}

const found = (value: boolean) => ({ ok: true, value });

describe('SecretRecord', () => {
  it('knows the secrets of an earlier configuration, and no other value', async () => {
    const kv = new MemoryStore();
    await recordOf(kv, [OLD, NEW]).note();
    const { record } = recordOf(kv, [NEW]);
    expect(await record.has(OLD)).toEqual(found(true));
    expect(await record.has(`${OLD}x`)).toEqual(found(false));
  });

  it('writes a secret once, and again after a year', async () => {
    const kv = new MemoryStore();
    const first = recordOf(kv, [OLD]);
    await first.note();
    await first.note();
    expect(kv.puts).toBe(1);
    await recordOf(kv, [OLD], NOW + YEAR_MS - 1).note();
    expect(kv.puts).toBe(1);
    await recordOf(kv, [OLD], NOW + YEAR_MS).note();
    expect(kv.puts).toBe(2);
  });

  it('knows no earlier secrets without KV', async () => {
    const { record, note } = recordOf(undefined, [OLD]);
    await note();
    expect(await record.has(OLD)).toEqual(found(false));
  });

  it.each([
    ['fails', () => Promise.reject(new Error('KV'))],
    ['hangs', () => new Promise<never>(() => {})],
  ])('gives no verdict while KV %s', async (_, get) => {
    const kv: KeyValueStore = Object.assign(new MemoryStore(), { get });
    const { record, note, reports } = recordOf(kv, [OLD]);
    expect(await record.has(NEW)).toEqual({ ok: false, failure: 'guard_unavailable' });
    await note();
    expect(reports).toEqual([
      { event: 'kv-failure', operation: 'get' },
      { event: 'kv-failure', operation: 'get' },
    ]);
  });

  it('takes a value that another program wrote for one of its own', async () => {
    const kv = new MemoryStore();
    await recordOf(kv, [OLD]).note();
    for (const name of kv.values.keys()) kv.values.set(name, new ArrayBuffer(3));
    const { record, note } = recordOf(kv, [OLD]);
    expect(await record.has(OLD)).toEqual(found(true));
    await note();
    expect(kv.puts).toBe(2);
  });
});

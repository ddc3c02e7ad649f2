import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Readiness } from '../../src/providers/session-store.ts';
import { StoreReadiness } from '../../src/sessions/store-readiness.ts';

const T = 1_700_000_000_000;
const NO_ANCHOR = () => {};

beforeEach(() => {
  vi.useFakeTimers({ now: T });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store that answers as told, after as long as told; what it answers is what was so when it was asked. */
function createReadiness() {
  const store = { readiness: 'ready' as Readiness, takesMs: 10, asked: [] as number[] };
  let unpublished = 0;
  const readiness = new StoreReadiness({
    store: {
      readiness: async () => {
        store.asked.push(Date.now() - T);
        const told = store.readiness;
        await new Promise((resolve) => setTimeout(resolve, store.takesMs));
        return told;
      },
    },
    now: Date.now,
    report: ({ event }) => {
      if (event === 'store-readiness-unpublished') unpublished += 1;
    },
  });
  /** The result, and the milliseconds until it. */
  const find = async (evidence: 'recent' | 'after', moment = readiness.moment()) => {
    const startedAt = Date.now();
    const finding = await readiness.find(moment, evidence, NO_ANCHOR);
    return [finding?.readiness, Date.now() - startedAt];
  };
  const passed = async <Value>(work: Promise<Value>) => {
    await vi.advanceTimersByTimeAsync(10_000);
    return work;
  };
  return { store, readiness, find, passed, told: () => unpublished };
}

describe('StoreReadiness', () => {
  it('C27: makes one call for any number of concurrent refusals', async () => {
    const { store, find, passed } = createReadiness();
    const all = await passed(Promise.all(Array.from({ length: 1000 }, () => find('recent'))));
    expect(new Set(all.map(String))).toEqual(new Set(['ready,10']));
    expect(store.asked).toEqual([0]);
  });

  it.each([
    ['recent', 5],
    ['after', 10],
  ] as const)(
    'C27: makes at most one call a second, for any arrival of refusals (%s)',
    async (evidence, atMost) => {
      const { store, find, passed } = createReadiness();
      for (let turn = 0; turn < 1000; turn += 1) {
        void find(evidence);
        await vi.advanceTimersByTimeAsync(10);
      }
      await passed(Promise.resolve());
      expect(store.asked.length).toBeLessThanOrEqual(atMost + 2);
      const gaps = store.asked.slice(1).map((at, index) => at - (store.asked[index] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
    },
  );

  it('C25: uses a result for two seconds', async () => {
    const { store, find, passed } = createReadiness();
    const first = find('recent');
    await vi.advanceTimersByTimeAsync(2000);
    await first;
    expect(await find('recent')).toEqual(['ready', 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await passed(find('recent'))).toEqual(['ready', 10]);
    expect(store.asked).toEqual([0, 2001]);
  });

  it('C26: "after" accepts no call that was sent before, even if its answer is still to come', async () => {
    const { store, readiness, find, passed } = createReadiness();
    store.takesMs = 300;
    void find('recent');
    await vi.advanceTimersByTimeAsync(100);
    const moment = readiness.moment();
    store.readiness = 'not-ready';
    expect(await passed(find('after', moment))).toEqual(['not-ready', 1200]);
    expect(store.asked).toEqual([0, 1000]);
  });

  it('C26: "after" accepts no call of the same millisecond', async () => {
    const { store, readiness, find, passed } = createReadiness();
    void find('recent');
    const moment = readiness.moment();
    expect(await passed(find('after', moment))).toEqual(['ready', 1010]);
    expect(store.asked).toEqual([0, 1000]);
  });

  it('waits a second for the answer, and a turn more if the call must be sent afterwards', async () => {
    const { store, readiness, find, passed } = createReadiness();
    store.takesMs = 60_000;
    expect(await passed(find('recent'))).toEqual([undefined, 1000]);
    const other = createReadiness();
    other.store.takesMs = 60_000;
    void other.find('recent');
    expect(await other.passed(other.find('after'))).toEqual([undefined, 2000]);
    expect(readiness.hasFailedSince({ at: T, questions: 0 })).toBe(false);
  });

  it('calls again after a failure as soon as allowed, and knows its start', async () => {
    const { store, readiness, find } = createReadiness();
    const before = readiness.moment();
    store.readiness = 'not-ready';
    void find('recent');
    await vi.advanceTimersByTimeAsync(500);
    const between = readiness.moment();
    store.readiness = 'ready';
    const found = find('recent');
    await vi.advanceTimersByTimeAsync(600);
    expect(await found).toEqual(['ready', 510]);
    expect([before, between].map((at) => readiness.hasFailedSince(at))).toEqual([true, false]);
  });

  it('C28: reports once that a store publishes no readiness', async () => {
    const { store, find, passed, told } = createReadiness();
    store.readiness = 'unpublished';
    for (let turn = 0; turn < 3; turn += 1) {
      expect((await passed(find('recent')))[0]).toBe('unpublished');
    }
    expect([store.asked.length, told()]).toEqual([3, 1]);
  });

  it('numbers its calls from 1, and notes the number at the arrival of a refusal', async () => {
    const { readiness, find, passed } = createReadiness();
    expect(readiness.moment()).toEqual({ at: T, questions: 0 });
    const finding = readiness.find(readiness.moment(), 'recent', NO_ANCHOR);
    expect(await passed(finding)).toEqual({ readiness: 'ready', question: 1, sentAt: T });
    expect(readiness.moment().questions).toBe(1);
    await passed(find('after'));
    expect(readiness.moment().questions).toBe(2);
  });

  it('survives a clock that is set back', async () => {
    const { find, passed } = createReadiness();
    await passed(find('recent'));
    vi.setSystemTime(T - 3_600_000);
    expect(await passed(find('recent'))).toEqual(['ready', 10]);
    expect((await passed(find('after')))[0]).toBe('ready');
  });
});

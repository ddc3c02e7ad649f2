import { describe, expect, it } from 'vitest';
import type { LogPage } from '../../src/revocation/log-protocol.ts';
import { CLOCK_SKEW_MS, RevocationReplica } from '../../src/revocation/revocation-replica.ts';
import { RevocationTable } from '../../src/revocation/revocation-table.ts';
import { sqliteStorage } from './world/sqlite-storage.ts';
import { settle } from './world/virtual-time.ts';

const NOW = 1_700_000_000_000;
const LAG_MS = 5000;

function newView({ maxMarks = 1000, lagMs = LAG_MS } = {}) {
  const clock = { now: NOW };
  const log = new RevocationTable(sqliteStorage(), () => clock.now);
  const calls = { count: 0, timeoutMs: undefined as number | undefined };
  const read = {
    answer: async (cursor: number, _isNewestFirst?: boolean): Promise<LogPage | undefined> =>
      log.read(cursor),
  };
  const view = new RevocationReplica({
    log: {
      read: (cursor, options) => {
        calls.count += 1;
        calls.timeoutMs = options?.timeoutMs;
        return read.answer(cursor, options?.isNewestFirst);
      },
    },
    lagMs,
    timeoutMs: 1000,
    maxMarks,
    now: () => clock.now,
  });
  const refresh = () => view.refresh(clock.now, () => {});
  const mark = (sessionId: string) =>
    log.append([{ subject: { kind: 'session', sessionId }, isTentative: false }], {
      cursor: view.position(),
      checkLifeMs: 420_000,
      tokenLifeMs: 0,
      maxMarks,
    });
  return { clock, log, view, calls, read, refresh, mark };
}

describe('RevocationReplica', () => {
  it('is read before the first request, in the background from half the lag, and before a request at the whole lag', async () => {
    const { clock, calls, refresh } = newView();
    expect(refresh()).toBeInstanceOf(Promise);
    await refresh();
    calls.count = 0;
    clock.now += LAG_MS / 2 - 1;
    expect([refresh(), calls.count]).toEqual([undefined, 0]);
    clock.now += 1;
    expect([refresh(), calls.count]).toEqual([undefined, 1]);
    await settle();
    clock.now += LAG_MS;
    expect(refresh()).toBeInstanceOf(Promise);
    expect(calls.count).toBe(2);
  });

  it('reads the log once for any number of requests', async () => {
    const { calls, refresh } = newView();
    await Promise.all(Array.from({ length: 500 }, refresh));
    expect(calls.count).toBe(1);
  });

  it('grows by the new marks, and requests no others', async () => {
    const { clock, read, log, refresh, mark, view } = newView();
    const cursors: number[] = [];
    read.answer = async (cursor) => {
      cursors.push(cursor);
      return log.read(cursor);
    };
    mark('a');
    await refresh();
    const between = view.position();
    mark('b');
    clock.now += LAG_MS;
    await refresh();
    expect(cursors).toEqual([0, between]);
    expect(view.lastMark({ sessionId: 'b' })).toBeGreaterThan(between);
  });

  it('takes in all pages of a long log', async () => {
    const { refresh, mark, view, calls, read, log } = newView({ maxMarks: 20_000 });
    for (let index = 0; index < 12_000; index += 1) mark(`s${index}`);
    read.answer = async (cursor, isNewestFirst) =>
      isNewestFirst ? log.readNewest(cursor) : log.read(cursor, 5000);
    await refresh();
    await settle();
    expect([calls.count, view.size]).toEqual([4, 12_000]); // the newest, and three pages of all
  }, 60_000);

  it('counts its age from the start of the read, not from its end', async () => {
    const { clock, read, log, refresh, view } = newView();
    read.answer = async (cursor) => {
      const page = log.read(cursor);
      clock.now += 900;
      return page;
    };
    await refresh();
    clock.now = NOW + LAG_MS - 1;
    expect(view.trustedSince(clock.now)).toBe(0);
    expect(view.trustedSince(NOW + LAG_MS)).toBeGreaterThan(0);
  });

  it('confirms no check older than the lag, less the clock tolerance, while the log cannot be read', async () => {
    const { clock, read, refresh, view } = newView();
    expect(view.trustedSince(NOW)).toBe(NOW - LAG_MS + CLOCK_SKEW_MS);
    expect(view.trustedSince(NOW, CLOCK_SKEW_MS)).toBe(NOW);
    await refresh();
    read.answer = async () => undefined;
    clock.now += LAG_MS;
    await refresh();
    expect(view.trustedSince(clock.now)).toBe(clock.now - LAG_MS + CLOCK_SKEW_MS);
  });

  it('leaves a failing log alone for a second, and lets no request wait for it until it answers', async () => {
    const { clock, read, log, calls, refresh } = newView();
    read.answer = async () => undefined;
    await refresh();
    expect([refresh(), calls.count]).toEqual([undefined, 1]);
    clock.now += 1000;
    expect([refresh(), calls.count]).toEqual([undefined, 2]);
    await settle();
    read.answer = async (cursor) => log.read(cursor);
    clock.now += 1000;
    expect(refresh()).toBeUndefined();
    await settle();
    clock.now += LAG_MS;
    expect(refresh()).toBeInstanceOf(Promise);
  });

  it('lets requests wait again 30 s after a failure', async () => {
    const { clock, read, refresh } = newView();
    read.answer = async () => undefined;
    await refresh();
    clock.now += 29_999;
    read.answer = () => new Promise(() => {});
    expect(refresh()).toBeUndefined();
    const later = newView();
    later.read.answer = async () => undefined;
    await later.refresh();
    later.clock.now += 30_000;
    expect(later.refresh()).toBeInstanceOf(Promise);
    await settle();
  });

  it.each([
    [5000, 2500],
    [60_000, 10_000],
  ])(
    'with a lag of %i ms, a read may take %i ms: half the lag, and at most 10 s',
    async (lagMs, timeoutMs) => {
      const { calls, refresh } = newView({ lagMs });
      await refresh();
      expect(calls.timeoutMs).toBe(timeoutMs);
    },
  );

  it('lets no request wait while a background read is under way', async () => {
    const { clock, read, refresh, view } = newView();
    await refresh();
    clock.now += LAG_MS / 2;
    read.answer = () => new Promise(() => {});
    const anchored: Promise<unknown>[] = [];
    const request = () => view.refresh(clock.now, (work) => void anchored.push(work));
    expect(request()).toBeUndefined();
    const { length } = anchored;
    expect(length).toBeGreaterThan(0);
    expect(request()).toBeUndefined();
    expect(anchored).toHaveLength(length);
  });

  it('keeps the wait of a request alive, because a read may begin in it after another request’s read', async () => {
    const { clock, read, log, view, calls } = newView();
    let finish = () => {};
    read.answer = (cursor) =>
      new Promise((resolve) => {
        finish = () => resolve(log.read(cursor));
      });
    void view.refresh(clock.now, () => {});
    const anchored: Promise<unknown>[] = [];
    clock.now += 500;
    void view.refresh(clock.now, (work) => void anchored.push(work), 100);
    expect(anchored).toHaveLength(1);
    finish();
    await settle();
    expect(calls.count).toBe(2);
    finish();
    await Promise.all(anchored);
  });

  it('waits for a silent log no longer than its deadline', async () => {
    const { read, refresh } = newView();
    read.answer = () => new Promise(() => {});
    const startedAt = performance.now();
    await refresh();
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });

  it('includes this isolate’s own marks before its next refresh, unless other isolates wrote in between', () => {
    const { log, view, mark } = newView();
    const first = mark('a');
    if (first.kind === 'recorded') view.learn(first.page, 0, NOW);
    expect(view.lastMark({ sessionId: 'a' })).toBe(log.read(0).position);
    const page = log.read(log.read(0).position);
    view.learn({ ...page, position: page.position + 10 }, page.position + 5, NOW);
    expect(view.position()).toBe(log.read(0).position); // a page from further on would leave a gap
  });

  it('never takes a part of the log as the whole: a writer that receives only some marks does not advance', async () => {
    const { clock, log, refresh, mark, view } = newView();
    await refresh();
    const cursor = view.position();
    for (let index = 0; index < 201; index += 1) mark(`s${index}`);
    clock.now += LAG_MS;
    const page = log.read(cursor, 200);
    expect(page.hasMore).toBe(true);
    view.learn(page, cursor, clock.now);
    expect(view.trustedSince(clock.now)).toBeGreaterThan(0);
    view.learn(log.read(view.position(), 200), view.position(), clock.now);
    expect(view.trustedSince(clock.now)).toBe(0);
  });

  it('does not count as older after a late answer to an earlier request', async () => {
    const { clock, log, refresh, view } = newView();
    await refresh();
    view.learn(log.read(view.position()), view.position(), NOW - 1000);
    clock.now = NOW + LAG_MS - 1;
    expect(view.trustedSince(clock.now)).toBe(0);
  });

  it('keeps a mark that a writer of this isolate adds while the log is read again from its start', async () => {
    const { clock, read, refresh, view } = newView({ maxMarks: 10 });
    const recorded = (index: number) => ({
      key: `s:s${index}`,
      position: index,
      issuedBefore: NOW,
      keepUntil: NOW + 600_000,
    });
    const page = (from: number, to: number) => ({
      marks: Array.from({ length: to - from }, (_, index) => recorded(from + index)),
      position: to - 1,
      hasMore: false,
    });
    read.answer = async () => page(1, 1101);
    await refresh();
    expect(view.size).toBe(1100);
    read.answer = async (cursor) => {
      if (cursor === 0) view.learn(page(1101, 1102), 1100, clock.now);
      return cursor === 0 ? page(1100, 1101) : page(cursor + 1, 1102);
    };
    clock.now += LAG_MS;
    await refresh();
    await settle();
    expect(view.size).toBe(1101); // a writer was ahead of the copy
    clock.now += LAG_MS;
    await refresh();
    await settle();
    expect(view.size).toBe(2); // the log was read again
    expect(view.lastMark({ sessionId: 's1101' })).toBe(1101);
  });

  it('starts again if a writer’s answer shows a log that is behind the last read', async () => {
    const { clock, refresh, view } = newView();
    await refresh();
    const cursor = view.position();
    view.learn({ marks: [], position: cursor - 1, hasMore: false }, cursor, clock.now);
    expect([view.position(), view.trustedSince(clock.now)]).toEqual([0, expect.any(Number)]);
    expect(view.trustedSince(clock.now)).toBeGreaterThan(0);
  });

  it('starts from the beginning if the log is behind the last read', async () => {
    const { clock, read, refresh, view } = newView();
    await refresh();
    const replaced = newView();
    replaced.mark('new');
    read.answer = async (cursor) => {
      const page = replaced.log.read(cursor);
      return cursor > 0 ? { ...page, position: cursor - 1, marks: [] } : page;
    };
    clock.now += LAG_MS;
    await refresh();
    expect(view.position()).toBe(replaced.log.read(0).position);
    expect(view.lastMark({ sessionId: 'new' })).toBeGreaterThan(0);
  });

  it('does not count as young after its clock was set back', async () => {
    const { clock, refresh, view } = newView();
    await refresh();
    clock.now -= 3_600_000;
    expect(view.trustedSince(clock.now)).not.toBe(0);
    await refresh();
    expect(view.trustedSince(clock.now)).toBe(0);
  });

  it('can be refreshed by a timer more often than the lag', async () => {
    const { clock, calls, refresh, view } = newView();
    await refresh();
    clock.now += 2000;
    await view.refresh(clock.now, () => {}, 2000);
    expect(calls.count).toBe(2);
  });

  it('forgets marks that no live session or token can match, although older ones stay', async () => {
    const { clock, log, refresh, view } = newView();
    const subject = (sessionId: string) => ({ kind: 'session', sessionId }) as const;
    const options = { cursor: 0, checkLifeMs: 420_000, tokenLifeMs: 3_600_000, maxMarks: 1000 };
    log.append([{ subject: subject('denied'), isTentative: false }], options);
    log.append([{ subject: subject('checked'), isTentative: true }], options);
    await refresh();
    clock.now += 430_000;
    await refresh();
    expect(view.size).toBe(1);
    expect(view.tokensDeniedUntil({ sessionId: 'denied' })).toBeGreaterThan(0);
  });

  it('searches for expired marks at most once a minute, and at once after its clock was set back', async () => {
    const { clock, log, refresh, view } = newView();
    const append = (sessionId: string) =>
      log.append([{ subject: { kind: 'session', sessionId }, isTentative: true }], {
        cursor: 0,
        checkLifeMs: 10_000,
        tokenLifeMs: 0,
        maxMarks: 1000,
      });
    append('a');
    await refresh();
    clock.now = NOW + 59_999;
    await refresh();
    expect(view.size).toBe(1);
    clock.now = NOW + 59_999 + LAG_MS;
    await refresh();
    expect(view.size).toBe(0);
    append('b');
    clock.now += 20_000;
    await refresh();
    expect(view.size).toBe(1);
    const [forgotAt, skew] = [NOW + 59_999 + LAG_MS, 1000];
    clock.now = forgotAt - 1;
    await refresh();
    expect(view.size).toBe(1);
    clock.now = forgotAt + 10_000 + skew + 1;
    await refresh();
    expect(view.size).toBe(1);
    clock.now = forgotAt - 1 + 60_000;
    await refresh();
    expect(view.size).toBe(0);
  });

  it('reads the log again if it holds more marks than the log', async () => {
    const { clock, log, refresh, view } = newView({ maxMarks: 1000 });
    const options = { cursor: 0, checkLifeMs: 420_000, tokenLifeMs: 0, maxMarks: 1000 };
    for (let index = 0; index < 3000; index += 1) {
      const subject = { kind: 'session', sessionId: `s${index}` } as const;
      log.append([{ subject, isTentative: false }], options);
      clock.now += 10;
      if (index % 300 === 299) {
        clock.now += LAG_MS;
        await refresh();
      }
    }
    expect(view.size).toBeLessThanOrEqual(2000);
    for (let index = 0; index < 3000; index += 1) {
      expect(view.lastMark({ sessionId: `s${index}` })).toBeGreaterThan(NOW);
    }
  });

  it('reports the age of a mark at the first refusal that it causes, and not again', async () => {
    const { clock, refresh, mark, view } = newView();
    clock.now += 120_000;
    mark('a');
    clock.now += 1234;
    await refresh();
    expect(view.firstRefusalLagMs({ sessionId: 'a' }, clock.now)).toBe(1234);
    expect(view.firstRefusalLagMs({ sessionId: 'a' }, clock.now)).toBeUndefined();
  });
});

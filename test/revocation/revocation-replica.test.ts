import { describe, expect, it } from 'vitest';
import type { LogPage } from '../../src/revocation/log-protocol.ts';
import { CLOCK_SKEW_MS, RevocationReplica } from '../../src/revocation/revocation-replica.ts';
import { RevocationTable } from '../../src/revocation/revocation-table.ts';
import { sqliteStorage } from './world/sqlite-storage.ts';
import { settle } from './world/virtual-time.ts';

const NOW = 1_700_000_000_000;
const LAG_MS = 5000;

function newView({ maxMarks = 1000 } = {}) {
  const clock = { now: NOW };
  const log = new RevocationTable(sqliteStorage(), () => clock.now);
  const calls = { count: 0 };
  const read = { answer: async (cursor: number): Promise<LogPage | undefined> => log.read(cursor) };
  const lags: number[] = [];
  const view = new RevocationReplica({
    log: {
      read: (cursor) => {
        calls.count += 1;
        return read.answer(cursor);
      },
    },
    lagMs: LAG_MS,
    timeoutMs: 1000,
    maxMarks,
    now: () => clock.now,
    onFirstRefusal: (lagMs) => lags.push(lagMs),
  });
  const refresh = () => view.refresh(clock.now, () => {});
  const mark = (sessionId: string) =>
    log.append([{ subject: { kind: 'session', sessionId }, isTentative: false }], {
      cursor: view.position(),
      checkLifeMs: 420_000,
      tokenLifeMs: 0,
      maxMarks,
    });
  return { clock, log, view, calls, read, refresh, mark, lags };
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
    const { refresh, mark, view, calls } = newView({ maxMarks: 20_000 });
    for (let index = 0; index < 12_000; index += 1) mark(`s${index}`);
    await refresh();
    expect(calls.count).toBe(3);
    expect(view.size).toBe(12_000);
  });

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
    const { clock, refresh, mark, view, lags } = newView();
    clock.now += 120_000;
    mark('a');
    clock.now += 1234;
    await refresh();
    expect(view.firstRefusalLagMs({ sessionId: 'a' }, clock.now)).toBe(1234);
    expect(view.firstRefusalLagMs({ sessionId: 'a' }, clock.now)).toBeUndefined();
    expect(lags).toEqual([1234]);
  });
});

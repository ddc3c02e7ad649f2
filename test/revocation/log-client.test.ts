import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogClient } from '../../src/revocation/log-client.ts';
import type { RevocationLogStub } from '../../src/revocation/log-protocol.ts';
import { RevocationReplica } from '../../src/revocation/revocation-replica.ts';
import type { Report } from '../../src/runtime/report.ts';

const T = 1_700_000_000_000;
const LAG_MS = 5000;

beforeEach(() => {
  vi.useFakeTimers({ now: T });
});
afterEach(() => {
  vi.useRealTimers();
});

const MARK = { key: 's:gone', position: T + 5, issuedBefore: T + 1000, keepUntil: T + 420_000 };
const PAGE = { marks: [MARK], position: T + 5, hasMore: false };

/** A log that answers with anything, after as long as told. */
function createLog(answer: unknown = PAGE) {
  const log = { answer, takesMs: 0, reads: 0, failures: [] as string[] };
  const reply = async () => {
    log.reads += 1;
    const told = log.answer;
    if (log.takesMs > 0) await new Promise((resolve) => setTimeout(resolve, log.takesMs));
    if (told instanceof Error) throw told;
    return told;
  };
  // Tests with a real log show the answers that a log sends. These are the others.
  const stub = { read: reply, append: reply } as unknown as RevocationLogStub;
  const report: Report = ({ event, operation }) => void log.failures.push(`${event} ${operation}`);
  const client = new LogClient({ open: () => stub, timeoutMs: 1000, report });
  const view = new RevocationReplica({
    log: client,
    lagMs: LAG_MS,
    timeoutMs: 1000,
    maxMarks: 1000,
    now: Date.now,
  });
  const anchored: Promise<unknown>[] = [];
  const refresh = (maxAgeMs?: number, waitMs?: number) =>
    view.refresh(Date.now(), (work) => void anchored.push(work), maxAgeMs, waitMs);
  const knows = () => view.tokensDeniedUntil({ sessionId: 'gone' }) > 0;
  const isYoung = () => view.trustedSince(Date.now()) === 0;
  return { log, client, view, refresh, knows, isYoung, anchored };
}

const GARBLED: [string, unknown][] = [
  ['null', null],
  ['no body', undefined],
  ['an empty object', {}],
  ['text', 'Internal Server Error'],
  ['a number', 7],
  ['a list', []],
  ['a position that is text', { ...PAGE, position: String(PAGE.position) }],
  ['a position that is NaN', { ...PAGE, position: Number.NaN }],
  ['a position without end', { ...PAGE, position: Infinity }],
  ['a position below zero', { ...PAGE, position: -1 }],
  ['no position', { marks: [], hasMore: false }],
  ['no marks', { position: PAGE.position, hasMore: false }],
  ['invalid marks', { ...PAGE, marks: [null] }],
  ['marks that are an object', { ...PAGE, marks: { 0: MARK } }],
  ['a mark without a key', { ...PAGE, marks: [{ ...MARK, key: undefined }] }],
  ['a mark whose position is text', { ...PAGE, marks: [{ ...MARK, position: 'x' }] }],
  ['a mark whose time is NaN', { ...PAGE, marks: [{ ...MARK, issuedBefore: Number.NaN }] }],
  ['a mark with an invalid end', { ...PAGE, marks: [{ ...MARK, keepUntil: null }] }],
  ['hasMore that is text', { ...PAGE, hasMore: 'false' }],
  ['more, and no way on', { marks: [], position: 0, hasMore: true }],
];

describe('C35: an invalid answer of the log', () => {
  it.each(GARBLED)('C35: counts as unreadable: %s', async (_, answer) => {
    const { log, refresh, isYoung, knows, view } = createLog();
    log.answer = answer;
    await refresh();
    expect([isYoung(), view.position(), log.failures]).toEqual([
      false,
      0,
      ['revocation-log-failure read'],
    ]);
    // A second later the log is itself again.
    log.answer = PAGE;
    await vi.advanceTimersByTimeAsync(1000);
    refresh();
    await vi.advanceTimersByTimeAsync(0);
    expect([isYoung(), knows()]).toEqual([true, true]);
  });

  it.each(GARBLED)('C35: leaves earlier knowledge unchanged: %s', async (_, answer) => {
    const { log, refresh, isYoung, knows, view } = createLog();
    await refresh();
    log.answer = answer;
    await vi.advanceTimersByTimeAsync(LAG_MS);
    await refresh();
    expect([isYoung(), knows(), view.position()]).toEqual([false, true, PAGE.position]);
  });

  it.each(GARBLED)('C35: confirms no mark: %s', async (_, page) => {
    const options = { cursor: 0, checkLifeMs: 1, tokenLifeMs: 1, maxMarks: 1 };
    for (const answer of [page, { kind: 'recorded', page }, { kind: 'else', page: PAGE }]) {
      const { log, client } = createLog();
      log.answer = answer;
      expect(await client.append([], options)).toBeUndefined();
      expect(log.failures).toEqual(['revocation-log-failure append']);
    }
  });

  it.each([{ kind: 'recorded', page: PAGE }, { kind: 'repeated' }])(
    'a mark is confirmed by %j',
    async (answer) => {
      const { log, client } = createLog();
      log.answer = answer;
      const options = { cursor: 0, checkLifeMs: 1, tokenLifeMs: 1, maxMarks: 1 };
      expect(await client.append([], options)).toEqual(answer);
      expect(log.failures).toEqual([]);
    },
  );

  it('may have members that a later version adds', async () => {
    const { refresh, knows } = createLog({ ...PAGE, marks: [{ ...MARK, owner: 'x' }], more: 1 });
    await refresh();
    expect(knows()).toBe(true);
  });
});

describe('C34: a log that is far away', () => {
  it.each([1200, 2000])('C34: is read in the background, %i ms away', async (takesMs) => {
    const { log, refresh, isYoung } = createLog();
    log.takesMs = takesMs;
    refresh();
    await vi.advanceTimersByTimeAsync(takesMs);
    // A request every 100 ms: for each the view is young enough.
    for (let turn = 0; turn < 300; turn += 1) {
      expect(isYoung()).toBe(true);
      expect(refresh()).toBeUndefined();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(log.failures).toEqual([]);
    expect(log.reads).toBeLessThanOrEqual(13);
  });

  it('C34: delays a request for a second, and longer a request without another source', async () => {
    const { log, refresh, isYoung } = createLog();
    log.takesMs = 2000;
    const refreshed = refresh();
    let isOver = false;
    void refreshed?.then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect([isOver, isYoung()]).toEqual([true, false]);
    const patient = refresh(LAG_MS, 2500);
    await vi.advanceTimersByTimeAsync(1000);
    await patient;
    expect(isYoung()).toBe(true);
  });

  it('C34: is accepted when it answers late, as of the time of the question', async () => {
    const { log, refresh, isYoung, knows } = createLog();
    log.takesMs = 4000;
    refresh();
    await vi.advanceTimersByTimeAsync(3999);
    expect([knows(), log.failures]).toEqual([false, ['revocation-log-failure read']]);
    await vi.advanceTimersByTimeAsync(1);
    expect([knows(), isYoung()]).toEqual([true, true]);
    await vi.advanceTimersByTimeAsync(999);
    expect(isYoung()).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(isYoung()).toBe(false);
  });

  it('C34: is accepted later than the lag for the sessions it names, although the view stays too old', async () => {
    const { log, refresh, isYoung, knows } = createLog();
    log.takesMs = 9000;
    refresh();
    await vi.advanceTimersByTimeAsync(9000);
    expect([knows(), isYoung()]).toEqual([true, false]);
  });

  it('C34: cannot do harm with a late, garbled or failed answer', async () => {
    for (const answer of [null, { ...PAGE, position: 'x' }, new Error('lost')]) {
      const { log, refresh, knows, anchored } = createLog(answer);
      log.takesMs = 4000;
      refresh();
      await vi.advanceTimersByTimeAsync(20_000);
      await expect(Promise.all(anchored)).resolves.toBeDefined();
      expect(knows()).toBe(false);
    }
  });

  it('C34: ends every call at most ten seconds after its deadline', async () => {
    const { log, refresh, anchored } = createLog();
    log.takesMs = 3_600_000;
    refresh();
    await vi.advanceTimersByTimeAsync(12_500);
    await expect(Promise.all(anchored)).resolves.toBeDefined();
  });
});

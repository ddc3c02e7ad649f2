import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppendOptions, Watermark } from '../../src/revocation/log-protocol.ts';
import type { Mark } from '../../src/revocation/mark.ts';
import type { LogStorage } from '../../src/revocation/revocation-table.ts';
import { sqliteStorage } from './world/sqlite-storage.ts';

vi.mock('cloudflare:workers', () => ({
  DurableObject: class {
    readonly ctx: unknown;
    constructor(context: unknown) {
      this.ctx = context;
    }
  },
}));

const { RevocationLog } = await import('../../src/revocation/revocation-log.ts');

const NOW = 1_700_000_000_000;
const CHECK_LIFE_MS = 420_000;
/** A new log begins with a mark on everything, which is kept for two days. */
const FIRST_MARK_MS = 2 * 86_400_000;
const PRUNE_INTERVAL_MS = 60_000;
const OPTIONS: AppendOptions = {
  cursor: 0,
  checkLifeMs: CHECK_LIFE_MS,
  tokenLifeMs: 0,
  maxMarks: 1000,
};
const MARK: Mark = { subject: { kind: 'session', sessionId: 's' }, isTentative: false };

let alarm: number | null;

/** The log in an object whose alarm is a variable. */
function newLog() {
  const storage = sqliteStorage() as LogStorage & Record<string, unknown>;
  storage.getAlarm = async () => alarm;
  storage.setAlarm = async (at: number) => {
    alarm = at;
  };
  // The parts of the platform's context that the log uses.
  return new RevocationLog({ storage } as unknown as DurableObjectState, {});
}

/** The platform clears an alarm before it rings. */
async function ring(log: InstanceType<typeof RevocationLog>): Promise<void> {
  alarm = null;
  await log.alarm();
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  alarm = null;
  return () => vi.useRealTimers();
});

describe("the log's alarm", () => {
  it('is set by the first mark, for the time when that mark can be forgotten', async () => {
    const log = newLog();
    expect(alarm).toBeNull();
    await log.append([MARK], OPTIONS);
    expect(alarm).toBe(NOW + CHECK_LIFE_MS);
  });

  it('is at least a minute away, for any lifetime of checks', async () => {
    await newLog().append([MARK], { ...OPTIONS, checkLifeMs: 1000 });
    expect(alarm).toBe(NOW + PRUNE_INTERVAL_MS);
  });

  it('is never delayed by later marks, and moved forward by an earlier due time', async () => {
    const log = newLog();
    await log.append([MARK], OPTIONS);
    vi.setSystemTime(NOW + 100_000);
    await log.append([MARK], OPTIONS);
    expect(alarm).toBe(NOW + CHECK_LIFE_MS);
    await log.append([MARK], { ...OPTIONS, checkLifeMs: 70_000 });
    expect(alarm).toBe(NOW + 170_000);
  });

  it('forgets due marks when it fires, and is set for the next due time', async () => {
    const log = newLog();
    await log.append([MARK], OPTIONS);
    const keysAt = (cursor: number) => log.read(cursor).marks.map(({ key }) => key);
    expect(keysAt(0)).toContain('s:s');
    vi.setSystemTime(NOW + CHECK_LIFE_MS);
    await ring(log);
    expect(keysAt(0)).not.toContain('s:s');
    expect(alarm).toBe(NOW + FIRST_MARK_MS);
  });

  it('does not fire again at once for a mark that is due in a moment', async () => {
    const log = newLog();
    await log.append([MARK], OPTIONS);
    vi.setSystemTime(NOW + CHECK_LIFE_MS - 1);
    await ring(log);
    expect(alarm).toBe(NOW + CHECK_LIFE_MS - 1 + PRUNE_INTERVAL_MS);
  });

  it('is not set again when the log is empty', async () => {
    const log = newLog();
    await log.append([MARK], OPTIONS);
    vi.setSystemTime(NOW + FIRST_MARK_MS);
    await ring(log);
    expect(log.read(0).marks).toEqual([]);
    expect(alarm).toBeNull();
  });
});

describe('a source of marks', () => {
  const OVERDUE_MS = 5000;
  const LIMITS = { checkLifeMs: CHECK_LIFE_MS, tokenLifeMs: 0, maxMarks: 1000 };

  function newLogWith(source: { read(): Promise<void>; watermark(): Watermark | undefined }) {
    const storage = sqliteStorage() as LogStorage & Record<string, unknown>;
    storage.getAlarm = async () => alarm;
    storage.setAlarm = async (at: number) => {
      alarm = at;
    };
    // The parts of the platform's context that the log uses.
    const context = { storage, waitUntil: () => {} } as unknown as DurableObjectState;
    return new RevocationLog(context, {}, async () => source);
  }

  const watermark = { ageMs: 10, unbrokenForMs: 20 };
  const quiet = { read: async () => {}, watermark: () => watermark };

  it('is read about once a second, and its watermark is in each last page', async () => {
    const log = newLogWith(quiet);
    expect(log.read(0, { limits: LIMITS }).watermark).toBeUndefined();
    expect(alarm).toBe(NOW);
    await ring(log);
    expect(alarm).toBe(NOW + 1000);
    expect(log.read(0).watermark).toEqual(watermark);
    const answer = await log.append([MARK], OPTIONS);
    expect(answer.kind === 'recorded' && answer.page.watermark).toEqual(watermark);
  });

  it('is read again after an alarm that was lost, by a read of the log', async () => {
    const log = newLogWith(quiet);
    await ring(log);
    alarm = null;
    vi.setSystemTime(NOW + OVERDUE_MS);
    log.read(0);
    expect(alarm).toBeNull();
    vi.setSystemTime(NOW + 1000 + OVERDUE_MS);
    log.read(0);
    expect(alarm).toBe(NOW + 1000 + OVERDUE_MS);
  });

  it('is read again by a read of the log, after the clock of its object was set back', async () => {
    const log = newLogWith(quiet);
    await ring(log);
    vi.setSystemTime(NOW - 3_600_000);
    log.read(0);
    expect(alarm).toBe(NOW - 3_600_000);
    await ring(log);
    expect(alarm).toBe(NOW - 3_600_000 + 1000);
  });

  it('does not keep the log from forgetting due marks', async () => {
    const log = newLogWith(quiet);
    await ring(log);
    await log.append([MARK], OPTIONS);
    vi.setSystemTime(NOW + CHECK_LIFE_MS);
    await ring(log);
    await ring(log);
    expect(log.read(0).marks.map(({ key }) => key)).not.toContain('s:s');
  });

  it('that cannot be opened or set leaves the alarm without an error', async () => {
    const storage = sqliteStorage() as LogStorage & Record<string, unknown>;
    storage.setAlarm = async () => {
      throw new Error('no alarm');
    };
    const context = { storage, waitUntil: () => {} } as unknown as DurableObjectState;
    const log = new RevocationLog(context, {}, async () => {
      throw new Error('no module');
    });
    await expect(log.alarm()).resolves.toBeUndefined();
    expect(log.read(0).watermark).toBeUndefined();
  });

  it('is read only after an isolate has said how long its marks live', async () => {
    const read = vi.fn(quiet.read);
    const log = newLogWith({ ...quiet, read });
    await ring(log);
    log.read(0);
    await ring(log);
    expect(read).not.toHaveBeenCalled();
    log.read(0, { limits: LIMITS });
    await ring(log);
    expect(read).toHaveBeenCalledOnce();
  });

  it('has marks that live as long as any isolate has said', async () => {
    const storage = sqliteStorage() as LogStorage & Record<string, unknown>;
    storage.setAlarm = async () => {};
    const context = { storage, waitUntil: () => {} } as unknown as DurableObjectState;
    let limitsNow = () => LIMITS;
    const log = new RevocationLog(context, {}, async (_, limits) => {
      limitsNow = limits;
      return quiet;
    });
    log.read(0, { limits: { ...LIMITS, tokenLifeMs: 7 } });
    await log.alarm();
    log.read(0, { limits: { ...LIMITS, checkLifeMs: CHECK_LIFE_MS + 1 } });
    expect(limitsNow()).toEqual({ ...LIMITS, checkLifeMs: CHECK_LIFE_MS + 1, tokenLifeMs: 7 });
  });
});

import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppendOptions } from '../../src/revocation/log-protocol.ts';
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

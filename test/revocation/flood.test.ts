import { describe, expect, it } from 'vitest';
import type { AppendOptions } from '../../src/revocation/log-protocol.ts';
import type { Mark } from '../../src/revocation/mark.ts';
import { RevocationReplica } from '../../src/revocation/revocation-replica.ts';
import { RevocationTable } from '../../src/revocation/revocation-table.ts';
import { sqliteStorage } from './world/sqlite-storage.ts';

const NOW = 1_700_000_000_000;
const MARKS = 100_000;
const HOUR_MS = 3_600_000;
const MAX_MARKS = 20_000;

interface Recorded {
  readonly sessionId: string;
  readonly identityId: string;
  /** A check that began before then did not include it. */
  readonly positionBefore: number;
  readonly at: number;
}

/** An hour of marks, one every 36 ms, of few or of many people, and a view that is refreshed as a busy isolate's is. */
async function flood(people: number, options: Partial<AppendOptions> = {}) {
  const clock = { now: NOW };
  const log = new RevocationTable(sqliteStorage(), () => clock.now);
  const view = new RevocationReplica({
    log: { read: async (cursor) => log.read(cursor) },
    lagMs: 5000,
    timeoutMs: 1000,
    maxMarks: MAX_MARKS,
    now: () => clock.now,
  });
  const recorded: Recorded[] = [];
  const most = { inLog: 0, inView: 0 };
  const whole = {
    cursor: Number.MAX_SAFE_INTEGER,
    checkLifeMs: 420_000,
    tokenLifeMs: 2 * HOUR_MS,
    maxMarks: MAX_MARKS,
    ...options,
  };
  for (let index = 0; index < MARKS; index += 1) {
    clock.now += HOUR_MS / MARKS;
    const [sessionId, identityId] = [`session-${index}`, `person-${index % people}`];
    const positionBefore = view.position();
    const subject = { kind: 'session', sessionId, identityId } as const;
    const mark: Mark = { subject, isTentative: false };
    log.append([mark], whole);
    recorded.push({ sessionId, identityId, positionBefore, at: clock.now });
    if (index % 70 === 0) await view.refresh(clock.now, () => {}, 1);
    if (index % 1700 === 0) log.prune();
    most.inLog = Math.max(most.inLog, log.size);
    most.inView = Math.max(most.inView, view.size);
  }
  clock.now += 5000;
  await view.refresh(clock.now, () => {}, 1);
  return { clock, log, view, recorded, most };
}

describe('100,000 marks in an hour', { timeout: 120_000 }, () => {
  it.each([
    ['of a hundred people', 100],
    ['of a hundred thousand people', MARKS],
  ])('%s keep log and view within bounds, and no mark is lost', async (_name, people) => {
    const { view, recorded, most } = await flood(people);
    expect(most.inLog).toBeLessThanOrEqual(MAX_MARKS + 1);
    expect(most.inView).toBeLessThanOrEqual(MAX_MARKS + 2000);
    const lost = recorded.filter(({ sessionId, identityId, positionBefore, at }) => {
      const subject = { sessionId, identityId };
      return view.lastMark(subject) <= positionBefore || view.tokensDeniedUntil(subject) < at;
    });
    expect(lost).toEqual([]);
  });

  it('of many people, with tokens of ten minutes, need no compaction: exactly the marked sessions are refused', async () => {
    const { view, recorded, most, clock } = await flood(MARKS, { tokenLifeMs: 600_000 });
    expect(most.inLog).toBeLessThan(18_500);
    const stillConcerned = recorded.filter(({ at }) => at > clock.now - 590_000);
    for (const { sessionId, at } of stillConcerned) {
      expect(view.tokensDeniedUntil({ sessionId })).toBeGreaterThanOrEqual(at);
    }
    expect(view.tokensDeniedUntil({ sessionId: 'never marked' })).toBe(0);
  });
});

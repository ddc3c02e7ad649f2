import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RevocationReplica } from '../../src/revocation/revocation-replica.ts';
import { RevocationTable } from '../../src/revocation/revocation-table.ts';
import { WholeView } from '../../src/revocation/whole-view.ts';
import { sqliteStorage } from './world/sqlite-storage.ts';
import { settle } from './world/virtual-time.ts';

const NOW = 1_700_000_000_000;
const LAG_MS = 5000;
const NEWEST = 4;
const PAGE = 3;

/** A log with small pages, and views of it. */
function createWorld(maxMarks = 1000) {
  const clock = { now: NOW };
  const log = new RevocationTable(sqliteStorage(), () => clock.now);
  const world = { calls: [] as boolean[], isFailing: false };
  const read = async (cursor: number, { isNewestFirst = false } = {}) => {
    world.calls.push(isNewestFirst);
    await settle();
    if (world.isFailing) return undefined;
    return isNewestFirst ? log.readNewest(cursor, NEWEST) : log.read(cursor, PAGE);
  };
  const begin = () =>
    new RevocationReplica({
      log: { read },
      lagMs: LAG_MS,
      timeoutMs: 1000,
      maxMarks,
      now: () => clock.now,
    });
  const mark = (sessionId: string, identityId = 'ann') => {
    const options = { cursor: Infinity, checkLifeMs: 9e6, tokenLifeMs: 9e6, maxMarks };
    log.append(
      [{ subject: { kind: 'session', sessionId, identityId }, isTentative: false }],
      options,
    );
    return positionOf(log);
  };
  return Object.assign(world, { clock, log, begin, mark });
}

const positionOf = (log: RevocationTable) => log.read(Infinity).position;
const work: Promise<unknown>[] = [];
const waitUntil = (promise: Promise<unknown>) => void work.push(promise);
const settleAll = async () => {
  while (work.length > 0) await Promise.all(work.splice(0));
};

describe('a view that begins', () => {
  it('trusts recent checks after one read, and older ones when it has read the rest', async () => {
    const { begin, mark, calls, clock } = createWorld();
    const positions = Array.from({ length: 12 }, (_, index) => mark(`s${index}`));
    const view = begin();
    await view.refresh(clock.now, () => {});
    expect(calls[0]).toBe(true);
    expect(view.trustedSince(clock.now)).toBe(0);
    const newest = positions.at(-5) ?? 0; // the fifth newest mark is not in the page
    expect(view.lastMark({ sessionId: 'good' })).toBe(newest); // so a check before it does not count
    expect(view.lastMark({ sessionId: 's11' })).toBe(positions[11]);
    const other = begin();
    await other.refresh(clock.now, waitUntil);
    await settleAll();
    expect(other.lastMark({ sessionId: 'good' })).toBe(NOW + 60_000); // the first mark, of everything
    expect(other.lastMark({ sessionId: 's3' })).toBe(positions[3]);
  });

  it('makes requests with tokens wait for all marks, because an old mark can deny a token', async () => {
    const { begin, mark, clock } = createWorld();
    for (let index = 0; index < 12; index += 1) mark(`s${index}`);
    const replica = begin();
    const view = new WholeView(replica);
    const waits = view.refresh(clock.now, waitUntil, LAG_MS, 2500);
    await replica.refresh(clock.now, waitUntil);
    expect(replica.isWhole).toBe(false);
    expect(view.trustedSince(clock.now)).toBeGreaterThan(0);
    await waits;
    expect(view.trustedSince(clock.now)).toBe(0);
    expect(view.tokensDeniedUntil({ sessionId: 's0' })).toBeGreaterThanOrEqual(NOW);
    expect(view.refresh(clock.now, waitUntil)).toBeUndefined();
  });

  it('lets no request with a token wait for a log that has been failing', async () => {
    const world = createWorld();
    for (let index = 0; index < 12; index += 1) world.mark(`s${index}`);
    const replica = world.begin();
    await replica.refresh(world.clock.now, waitUntil);
    world.isFailing = true;
    await settleAll();
    world.clock.now += 1500;
    const view = new WholeView(replica);
    const before = world.calls.length;
    await view.refresh(world.clock.now, waitUntil, LAG_MS, 600_000); // would not settle in the test's time
    expect(replica.isWhole).toBe(false);
    expect(view.trustedSince(world.clock.now)).toBe(world.clock.now - LAG_MS + 1000);
    world.isFailing = false;
    await settleAll();
    expect(world.calls.length).toBeGreaterThan(before);
    expect(view.trustedSince(world.clock.now)).toBe(0);
  });

  it('reads on where it was after a long rest, with the newest first again', async () => {
    const { begin, mark, clock, calls } = createWorld();
    const view = begin();
    mark('before');
    await view.refresh(clock.now, waitUntil);
    await settleAll();
    clock.now += 3_600_000;
    const positions = Array.from({ length: 12 }, (_, index) => mark(`s${index}`));
    calls.length = 0;
    await view.refresh(clock.now, () => {});
    expect(view.lastMark({ sessionId: 's11' })).toBe(positions[11]);
    expect(view.isWhole).toBe(false);
    view.readWhole(waitUntil);
    await settleAll();
    expect(view.isWhole).toBe(true);
    expect(view.lastMark({ sessionId: 's0' })).toBe(positions[0]);
    expect(view.size).toBe(13);
    expect(calls.filter(Boolean)).toHaveLength(1);
  });

  it('understands the pages of a log that knows no newest first', async () => {
    const { log, mark, clock } = createWorld();
    const positions = Array.from({ length: 12 }, (_, index) => mark(`s${index}`));
    const view = new RevocationReplica({
      log: { read: async (cursor) => log.read(cursor, PAGE) },
      lagMs: LAG_MS,
      timeoutMs: 1000,
      maxMarks: 1000,
      now: () => clock.now,
    });
    await view.refresh(clock.now, waitUntil);
    expect([view.isWhole, view.size, view.trustedSince(clock.now)]).toEqual([true, 12, 0]);
    expect(view.lastMark({ sessionId: 's0' })).toBe(positions[0]);
  });

  it('never believes a check that the log revokes: for any marks, folds, failures and order of reads', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('mark'), id: fc.nat(39) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('refresh'), id: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('settle'), id: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail'), id: fc.nat(1) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('begin'), id: fc.nat(2) }) },
    );
    const seen = { partial: 0, whole: 0, revoked: 0 };
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 80 }),
      async (steps) => {
        const world = createWorld(20); // more marks than that are folded
        const views = [world.begin(), world.begin(), world.begin()];
        const marks = new Map<number, number>();
        for (const { kind, id } of steps) {
          world.clock.now += 1500;
          if (kind === 'mark') marks.set(id, world.mark(`s${id}`, `person-${id % 4}`));
          if (kind === 'fail') world.isFailing = id === 1;
          if (kind === 'begin') views[id] = world.begin();
          if (kind === 'settle') await settleAll();
          if (kind === 'refresh') await views[id]?.refresh(world.clock.now, waitUntil);
          for (const view of views) {
            seen[view.isWhole ? 'whole' : 'partial'] += 1;
            seen.revoked += compare(view, marks);
          }
        }
        await settleAll();
      },
    );
    await fc.assert(property, { numRuns: 200 });
    expect(Math.min(seen.partial, seen.whole, seen.revoked)).toBeGreaterThan(500);
  });
});

/**
 * Compares a view with all marks that were made until its position. Returns the number of revoked checks.
 *
 * @param marks the position of the last mark of each session
 */
function compare(view: RevocationReplica, marks: ReadonlyMap<number, number>): number {
  let revoked = 0;
  for (const [id, last] of marks) {
    if (last > view.position()) continue; // made after the view's last read
    const known = view.lastMark({ sessionId: `s${id}`, identityId: `person-${id % 4}` });
    for (const position of marks.values()) {
      if (position >= last) continue;
      revoked += 1;
      if (known <= position) throw new Error(`a revoked check of session ${id} is believed`);
    }
  }
  return revoked;
}

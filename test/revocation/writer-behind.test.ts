import { describe, expect, it } from 'vitest';
import type { Mark } from '../../src/revocation/mark.ts';
import { RevocationReplica } from '../../src/revocation/revocation-replica.ts';
import { RevocationTable } from '../../src/revocation/revocation-table.ts';
import { sqliteStorage } from './world/sqlite-storage.ts';

const NOW = 1_700_000_000_000;
const LAG_MS = 5000;
const OPTIONS = { checkLifeMs: 420_000, tokenLifeMs: 0, maxMarks: 10_000 };

const mark = (sessionId: string): Mark => ({
  subject: { kind: 'session', sessionId },
  isTentative: false,
});

/** A view that was read at NOW, before others wrote this number of marks. */
async function viewBehind(missed: number) {
  const clock = { now: NOW };
  const log = new RevocationTable(sqliteStorage(), () => clock.now);
  const view = new RevocationReplica({
    log: { read: async (cursor) => log.read(cursor) },
    lagMs: LAG_MS,
    timeoutMs: 1000,
    maxMarks: 10_000,
    now: () => clock.now,
  });
  await view.refresh(clock.now, () => {});
  const others = Array.from({ length: missed }, (_, index) => mark(`other-${index}`));
  log.append(others, { ...OPTIONS, cursor: 0 });
  return { clock, log, view };
}

/** Writes a mark of this isolate's own, as its writer does. */
function write({ log, view }: Awaited<ReturnType<typeof viewBehind>>, now: number): void {
  const cursor = view.position();
  const answer = log.append([mark('own')], { ...OPTIONS, cursor });
  if (answer.kind === 'recorded') view.learn(answer.page, cursor, now);
}

describe('an isolate that writes to the log with an old view', () => {
  it('is up to date if the answer brought all missing marks', async () => {
    const world = await viewBehind(150);
    world.clock.now += LAG_MS - 1;
    write(world, world.clock.now);
    world.clock.now += 1000;
    expect(world.view.trustedSince(world.clock.now)).toBe(0);
    expect(world.view.lastMark({ sessionId: 'other-149' })).toBeGreaterThan(0);
  });

  it('does not treat the first page of many as the whole log', async () => {
    const world = await viewBehind(300);
    world.clock.now += LAG_MS - 1;
    write(world, world.clock.now);
    world.clock.now += 1000;
    // It lacks the last marks, so its cached checks stay valid no longer than the first read allows.
    expect(world.view.lastMark({ sessionId: 'other-299' })).toBeLessThan(
      world.log.read(0).position,
    );
    expect(world.view.trustedSince(world.clock.now)).toBeGreaterThan(0);
    await world.view.refresh(world.clock.now, () => {});
    expect(world.view.trustedSince(world.clock.now)).toBe(0);
  });

  it('does not count as up to date if the page begins after the end of its own copy', async () => {
    const world = await viewBehind(10);
    const { log, view, clock } = world;
    clock.now += LAG_MS - 1;
    const cursor = view.position() + 5;
    const answer = log.append([mark('own')], { ...OPTIONS, cursor });
    if (answer.kind === 'recorded') view.learn(answer.page, cursor, clock.now);
    clock.now += 1000;
    expect(view.trustedSince(clock.now)).toBeGreaterThan(0);
  });
});

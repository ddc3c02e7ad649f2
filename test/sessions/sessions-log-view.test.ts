import { describe, expect, it } from 'vitest';
import { RevocationReplica } from '../../src/revocation/revocation-replica.ts';
import { RevocationTable } from '../../src/revocation/revocation-table.ts';
import { NO_REQUIREMENT } from '../../src/sessions/freshness.ts';
import { sqliteStorage } from '../revocation/world/sqlite-storage.ts';
import { createWorld, credential, FAULT, NO, T, yes } from './sessions-world.ts';

const other = { ...credential, value: 'ory_st_somebody_else_0123456789abcdef' };

/** Sessions with a log, which can be read until the test says otherwise. */
async function createHeldWorld() {
  const clock = { now: () => T };
  const core = new RevocationTable(sqliteStorage(), () => T - 120_000);
  const log = { isReadable: true, reads: 0 };
  const view = new RevocationReplica({
    log: {
      read: async (cursor) => {
        log.reads += 1;
        return log.isReadable ? core.read(cursor) : undefined;
      },
    },
    lagMs: 5000,
    timeoutMs: 1000,
    maxMarks: 1000,
    now: () => clock.now(),
  });
  const world = createWorld({ revocation: view });
  clock.now = () => world.now;
  world.answer = yes({ expiresAt: T + 600_000 });
  expect((await world.resolve()).outcome).toBe('signed-in');
  const session = yes().session;
  const revoke = () =>
    core.append([{ subject: { kind: 'session', sessionId: session.id }, isTentative: false }], {
      cursor: 0,
      checkLifeMs: 420_000,
      tokenLifeMs: 0,
      maxMarks: 1000,
    });
  return { world, log, revoke };
}

describe('Sessions with a revocation log', () => {
  it.each([undefined, 60])(
    'C31: calls a store that failed a while ago while the log confirms no check (Retry-After: %s)',
    async (retryAfterSeconds) => {
      const { world, log } = await createHeldWorld();
      log.isReadable = false;
      world.now = T + 2000;
      world.answer = { kind: 'fault', scope: 'store', detail: 'store-429', retryAfterSeconds };
      await world.sessions.resolve(other, NO_REQUIREMENT, world.waitUntil);
      world.now = T + 16_000;
      world.answer = NO; // revoked elsewhere
      expect((await world.resolve()).outcome).toBe('not-signed-in');
    },
  );

  it('C31: serves a cached session on a new failure, and reports it', async () => {
    const { world, log } = await createHeldWorld();
    log.isReadable = false;
    Object.assign(world, { now: T + 16_000, answer: FAULT });
    for (let turn = 0; turn < 2; turn += 1) {
      const calls = world.calls;
      expect(await world.resolve()).toMatchObject({
        outcome: 'signed-in',
        provenance: { fault: 'store-503' },
      });
      expect(world.calls).toBe(calls + 1);
    }
  });

  it('C31: does not wait for a store that failed a moment ago while the log confirms the check', async () => {
    const { world } = await createHeldWorld();
    Object.assign(world, { now: T + 61_000, answer: FAULT });
    expect((await world.resolve()).outcome).toBe('signed-in');
    const calls = world.calls;
    expect((await world.resolve()).outcome).toBe('signed-in');
    expect(world.calls).toBe(calls);
  });

  it('C33: does not serve a session that was revoked during the wait for the store, because the log can be read', async () => {
    const { world, revoke } = await createHeldWorld();
    Object.assign(world, { now: T + 61_000, answer: FAULT });
    world.meanwhile = async () => {
      revoke();
      world.now += 6000;
    };
    expect((await world.resolve()).outcome).toBe('unknown');
  });
});

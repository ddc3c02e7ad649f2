import { afterAll, describe, expect, it } from 'vitest';
import { addPeople } from '../outbox/world/kratos-tables.ts';
import { startOutboxGate, until } from '../outbox/world/outbox-gate.ts';
import { hasPostgres } from '../outbox/world/postgres-server.ts';

const isThere = hasPostgres();
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!isThere)('a session of a Kratos that tells of its changes', async () => {
  if (!isThere) return;
  // Without the outbox, a session is checked again after 2 s at most.
  const world = await startOutboxGate({ FRESH_SECONDS: 1, STALE_WHILE_REVALIDATE_SECONDS: 1 });
  const { sql, kratos, whoami } = world;
  afterAll(() => world[Symbol.asyncDispose]());
  const ttlOf = (cacheStatus: string) => Number(/ttl=(-?\d+)/.exec(cacheStatus)?.[1]);

  it('stays fresh for TOLD_FRESH_SECONDS, and is checked again when a trigger is missing', async () => {
    const [person] = await addPeople(sql, 1);
    const token = person?.token ?? '';
    await until(world.isReady, ({ status }) => status === 200);
    await until(
      () => whoami(token, 0),
      ({ cacheStatus }) => cacheStatus.includes('hit') && ttlOf(cacheStatus) > 800,
    );
    await sleep(3000); // the marks of the new rows have been read
    await whoami(token, 0);
    const calls = kratos.calls();
    for (let second = 0; second < 6; second += 1) {
      await sleep(1000);
      const { status, cacheStatus } = await whoami(token, 0);
      expect([status, cacheStatus]).toEqual([200, expect.stringContaining('hit')]);
      expect(ttlOf(cacheStatus)).toBeGreaterThan(800);
    }
    expect(kratos.calls()).toBe(calls);
    // The promise is one of poll interval, poll time-out and lag: 8 s. The next poll finds the trigger missing.
    await sql`ALTER TABLE sessions DISABLE TRIGGER ALL`;
    await until(
      () => whoami(token, 0),
      () => kratos.calls() > calls,
      15_000,
    );
    await sleep(3000);
    const after = kratos.calls();
    await whoami(token, 0);
    await sleep(3000);
    await whoami(token, 0);
    expect(kratos.calls()).toBeGreaterThan(after);
  }, 90_000);
});

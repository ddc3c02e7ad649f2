import { afterAll, describe, expect, it } from 'vitest';
import { addPeople } from '../outbox/world/kratos-tables.ts';
import { startOutboxGate, until } from '../outbox/world/outbox-gate.ts';
import { hasPostgres } from '../outbox/world/postgres-server.ts';

/** Poll interval, poll time-out and lag; and another interval, in which the connection is made anew. */
const BOUND_MS = 9000;
const HANG_MS = 4000;
/** Readiness forgives 15 s without a poll, and remembers what it found for 5 s. The platform's alarms know no other clock. */
const UNREAD_MS = 40_000;

const isThere = hasPostgres();

describe.skipIf(!isThere)('the outbox, and the faults of its database', async () => {
  if (!isThere) return;
  const world = await startOutboxGate();
  const { gate, server, sql, whoami, isReady } = world;
  afterAll(() => world[Symbol.asyncDispose]());

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const terminateReader = () =>
    sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postern_reader'`;
  const isTold = () => until(isReady, ({ status }) => status === 200);
  /** Waits until readiness names the outbox, and nothing else. */
  const isUntold = async () => {
    await until(isReady, ({ status, errors }) => status === 503 && 'outbox' in errors, UNREAD_MS);
  };

  /** A session that both isolates serve from memory. Its change is refused by both within the bound. */
  async function expectReach(change: () => Promise<unknown> = async () => {}): Promise<void> {
    const [person] = await addPeople(sql, 1);
    const { token = '', sessionId = '' } = person ?? {};
    await isTold();
    for (const isolate of [0, 1]) {
      await until(
        () => whoami(token, isolate),
        ({ cacheStatus }) => cacheStatus.includes('hit'),
      );
    }
    await change();
    await sql`UPDATE sessions SET active = FALSE WHERE id = ${sessionId}`;
    for (const isolate of [0, 1]) {
      const tookMs = await until(
        () => whoami(token, isolate),
        ({ status }) => status === 401,
      );
      expect(tookMs).toBeLessThan(BOUND_MS);
    }
  }

  it('is read before the first readiness is answered', async () => {
    expect(await isReady()).toEqual({ status: 200, errors: {} });
  });

  it('control: a change reaches both isolates', () => expectReach(), 60_000);

  it(
    'a change reaches both isolates after the connection was ended',
    () => expectReach(terminateReader),
    60_000,
  );

  it('a change reaches both isolates after the outbox was locked', async () => {
    await expectReach(() =>
      sql.begin(async (transaction) => {
        await transaction`LOCK TABLE postern.outbox IN ACCESS EXCLUSIVE MODE`;
        await pause(HANG_MS);
      }),
    );
  }, 60_000);

  it('a change reaches both isolates after the server hung', async () => {
    await expectReach(async () => {
      await server.signalAll('SIGSTOP');
      await pause(HANG_MS);
      await server.signalAll('SIGCONT');
    });
  }, 60_000);

  it('a change reaches both isolates after the server crashed and came back', async () => {
    await expectReach(async () => {
      await server.stop('immediate');
      await pause(2000);
      await server.start();
    });
  }, 60_000);

  it('readiness names the outbox while the reader may not sign in, and the log says why', async () => {
    await isTold();
    await sql`ALTER ROLE postern_reader NOLOGIN`;
    await terminateReader();
    gate.clearLogs();
    await isUntold();
    expect((await gate.logs()).filter((line) => line.includes('outbox'))).toEqual([
      '{"event":"outbox-failure","reason":"28000"}',
    ]);
    await sql`ALTER ROLE postern_reader LOGIN`;
    await expectReach();
  }, 90_000);

  it('readiness names the outbox while a trigger is disabled, and the log says which', async () => {
    await isTold();
    gate.clearLogs();
    await sql.unsafe('ALTER TABLE sessions DISABLE TRIGGER postern_update');
    await isUntold();
    expect((await gate.logs()).filter((line) => line.includes('outbox'))).toEqual([
      expect.stringContaining('sessions.postern_update'),
    ]);
    await sql.unsafe('ALTER TABLE sessions ENABLE ALWAYS TRIGGER postern_update');
    await expectReach();
  }, 90_000);

  it('leaves no bug', async () => {
    expect(await gate.bugs()).toEqual([]);
  });
});

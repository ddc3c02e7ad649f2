import { afterAll, describe, expect, it } from 'vitest';
import { addPeople } from '../outbox/world/kratos-tables.ts';
import { startOutboxGate, until } from '../outbox/world/outbox-gate.ts';
import { hasPostgres } from '../outbox/world/postgres-server.ts';

/** Much shorter than the test, so that an answer that nobody tells about is checked again at once. */
const UNTOLD = { FRESH_SECONDS: 2, STALE_WHILE_REVALIDATE_SECONDS: 1 };
const TOLD_MS = 12_000;
/** docs/outbox.md: whatever happens to the channel. And the time of the check. */
const WITHOUT_CHANNEL_MS = 62_000;

const isThere = hasPostgres();

describe.skipIf(!isThere)('sessions while Kratos’s database tells of its changes', async () => {
  if (!isThere) return;
  const world = await startOutboxGate(UNTOLD);
  const { gate, sql, kratos, whoami, isReady } = world;
  afterAll(() => world[Symbol.asyncDispose]());
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  it('stay fresh beyond FRESH_SECONDS, and a change ends them within the bound', async () => {
    const [person] = await addPeople(sql, 1);
    const { token = '', sessionId = '' } = person ?? {};
    await until(isReady, ({ status }) => status === 200);
    await pause(6000); // the rows of the new person are read, and the view has a young watermark
    await whoami(token, 0);
    await whoami(token, 0);
    const calls = kratos.calls();
    for (const startedAt = performance.now(); performance.now() - startedAt < TOLD_MS; ) {
      const { status, cacheStatus } = await whoami(token, 0);
      expect([status, cacheStatus]).toEqual([200, expect.stringContaining('hit')]);
      await pause(300);
    }
    expect(kratos.calls() - calls).toBe(0);
    await sql`UPDATE sessions SET active = FALSE WHERE id = ${sessionId}`;
    const tookMs = await until(
      () => whoami(token, 0),
      ({ status }) => status === 401,
    );
    expect(tookMs).toBeLessThan(8000);
  }, 90_000);

  it('are checked within 60 s when the channel is broken and the change leaves no row', async () => {
    const [person] = await addPeople(sql, 1);
    const { token = '', sessionId = '' } = person ?? {};
    await pause(6000);
    await whoami(token, 1);
    expect((await whoami(token, 1)).cacheStatus).toContain('hit');
    await sql.unsafe('ALTER TABLE sessions DISABLE TRIGGER postern_update');
    await sql`UPDATE sessions SET active = FALSE WHERE id = ${sessionId}`;
    const tookMs = await until(
      () => whoami(token, 1),
      ({ status }) => status === 401,
      WITHOUT_CHANNEL_MS + 10_000,
    );
    console.log(`without the channel: ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(WITHOUT_CHANNEL_MS);
    expect(await gate.bugs()).toEqual([]);
  }, 120_000);
});

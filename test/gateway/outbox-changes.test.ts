import { afterAll, describe, expect, it } from 'vitest';
import { CHANGES } from '../outbox/world/changes.ts';
import { addPeople, type Person } from '../outbox/world/kratos-tables.ts';
import { startOutboxGate, until } from '../outbox/world/outbox-gate.ts';
import { hasPostgres } from '../outbox/world/postgres-server.ts';

/** Changes of each kind. `CHANGES=20` makes the 300 of docs/revocation.md. */
const EACH = Number(process.env.CHANGES ?? 2);
/** Poll interval, poll time-out and lag. */
const BOUND_MS = 8000;
const ISOLATES = [0, 1];

const isThere = hasPostgres();

describe.skipIf(!isThere)('a change made in Kratos’s database', async () => {
  if (!isThere) return;
  const world = await startOutboxGate();
  const { gate, sql, whoami } = world;
  afterAll(() => world[Symbol.asyncDispose]());
  const took: { kind: string; tookMs: number }[] = [];

  it('reaches both isolates within the bound, of every kind', async () => {
    const made = Object.entries(CHANGES).flatMap(([kind, change]) =>
      Array.from({ length: EACH }, () => ({ kind, ...change })),
    );
    const people = await addPeople(sql, made.length);
    await until(world.isReady, ({ status }) => status === 200);
    for (const { token } of people) {
      for (const isolate of ISOLATES) {
        // The rows of new people are marks too: the answer is checked once more, and then it is a hit.
        await until(
          () => whoami(token, isolate),
          ({ status, cacheStatus }) => status === 200 && cacheStatus.includes('hit'),
        );
      }
    }
    const reach = async ({ kind, ends, make }: (typeof made)[number], person: Person) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3000 * EACH));
      const before = (await whoami(person.token, 0)).text;
      await make(sql, person);
      for (const tookMs of await Promise.all(
        ISOLATES.map((isolate) =>
          until(
            () => whoami(person.token, isolate),
            ({ status, text }) => (ends ? status === 401 : status === 200 && text !== before),
          ),
        ),
      )) {
        took.push({ kind, tookMs });
      }
    };
    await Promise.all(
      made.map((change, index) => {
        const person = people[index];
        return person && reach(change, person);
      }),
    );
    expect(took).toHaveLength(made.length * ISOLATES.length);
    expect(took.filter(({ tookMs }) => tookMs >= BOUND_MS)).toEqual([]);
  }, 600_000);

  it('control: without a change, the answers stay hits', async () => {
    const [person] = await addPeople(sql, 1);
    const token = person?.token ?? '';
    await until(world.isReady, ({ status }) => status === 200);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await whoami(token, 0);
    const calls = world.kratos.calls();
    for (let second = 0; second < 4; second += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect((await whoami(token, 0)).cacheStatus).toContain('hit');
    }
    expect(world.kratos.calls()).toBe(calls);
  }, 60_000);

  it('leaves no bug, and the outbox empty', async () => {
    expect(await gate.bugs()).toEqual([]);
    await until(
      () => sql`SELECT count(*)::int AS count FROM postern.outbox WHERE id > 0`,
      ([row]) => row?.count === 0,
    );
    const times = took.map(({ tookMs }) => tookMs).sort((one, other) => one - other);
    const at = (share: number) => Math.round(times[Math.ceil(times.length * share) - 1] ?? 0);
    console.log(
      `${times.length} answers: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, longest ${at(1)} ms`,
    );
  }, 60_000);
});

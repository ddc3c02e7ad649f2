import { describe, expect, it } from 'vitest';
import { createWorld, FAULT, NO, statusOf, T, yes } from './sessions-world.ts';

const EXPIRES_AT = T + 3_600_000;
const RENEWED = 'ory_kratos_session=renewed';

/** An isolate that does not know a session which KV has. */
async function coldIsolate() {
  const first = createWorld();
  first.answer = yes({ expiresAt: EXPIRES_AT });
  await first.resolve();
  await first.settle();
  expect(first.kv.size).toBe(1);
  const world = createWorld({ kv: first.kv });
  world.answer = yes({ expiresAt: EXPIRES_AT });
  let reads = 0;
  const store = Promise.withResolvers<void>();
  const kv = Promise.withResolvers<void>();
  return {
    world,
    reads: () => reads,
    delayStore: () => {
      world.meanwhile = () => store.promise;
      return store.resolve;
    },
    delayKv: () => {
      world.duringKvRead = () => {
        reads += 1;
        return kv.promise;
      };
      return kv.resolve;
    },
  };
}

describe('a request that KV could answer', () => {
  it('gets the store’s answer, and reads no KV, if the store is quick', async () => {
    const { world, reads, delayKv } = await coldIsolate();
    delayKv();
    expect(statusOf(await world.resolve())).toContain('detail=store');
    expect(reads()).toBe(0);
  });

  it('gets KV’s answer if the store is slow, and the check goes on behind it', async () => {
    const { world, delayStore } = await coldIsolate();
    const answer = delayStore();
    expect(statusOf(await world.resolve())).toContain('detail=kv');
    world.now = T + 10_000;
    answer();
    await world.settle();
    expect(world.calls).toBe(1);
  });

  it('does not wait for KV once the store has answered', async () => {
    const { world, reads, delayStore, delayKv } = await coldIsolate();
    const answer = delayStore();
    delayKv();
    const resolving = world.resolve();
    await expect.poll(reads).toBe(1);
    answer();
    expect(statusOf(await resolving)).toContain('detail=store');
  });

  it('is answered by KV if the store fails', async () => {
    const { world } = await coldIsolate();
    world.answer = FAULT;
    expect(statusOf(await world.resolve())).toMatch(/^postern; hit; .*detail=kv$/);
  });

  it('is answered by KV with an old session too if the store fails', async () => {
    const { world } = await coldIsolate();
    Object.assign(world, { now: T + 100_000, answer: FAULT });
    expect(statusOf(await world.resolve())).toMatch(/^postern; fwd=stale; .*detail=store-503$/);
  });

  it('is refused if the store refuses before KV has answered', async () => {
    const { world, reads, delayStore, delayKv } = await coldIsolate();
    const answer = delayStore();
    const found = delayKv();
    world.answer = NO;
    const resolving = world.resolve();
    await expect.poll(reads).toBe(1);
    answer();
    expect((await resolving).outcome).toBe('not-signed-in');
    found();
    await world.settle();
    expect((await world.resolve()).outcome).toBe('not-signed-in');
  });

  it('leaves a renewed cookie to the next request if KV answered first', async () => {
    const { world, delayStore } = await coldIsolate();
    const answer = delayStore();
    world.answer = yes({ expiresAt: EXPIRES_AT, setCookies: [RENEWED] });
    expect(await world.resolve()).toMatchObject({ provenance: { tier: 'kv' }, setCookies: [] });
    answer();
    await world.settle();
    world.now = T + 1000;
    expect(await world.resolve()).toMatchObject({ setCookies: [RENEWED] });
  });

  it('gets a renewed cookie once if the store answered first', async () => {
    const { world, reads, delayStore, delayKv } = await coldIsolate();
    const answer = delayStore();
    const found = delayKv();
    world.answer = yes({ expiresAt: EXPIRES_AT, setCookies: [RENEWED] });
    const resolving = world.resolve();
    await expect.poll(reads).toBe(1);
    answer();
    found();
    expect(await resolving).toMatchObject({ setCookies: [RENEWED] });
    await world.settle();
    expect(await world.resolve()).toMatchObject({ provenance: { tier: 'memory' }, setCookies: [] });
  });

  it('waits for KV if it asks for a cached answer only', async () => {
    const { world } = await coldIsolate();
    expect(statusOf(await world.resolve({ onlyIfCached: true }))).toContain('detail=kv');
    expect(world.calls).toBe(0);
  });
});

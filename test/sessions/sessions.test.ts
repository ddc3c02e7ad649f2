import { describe, expect, it } from 'vitest';
import { NO_REVOCATION_LOG, type RevocationView } from '../../src/revocation/revocation-view.ts';
import {
  createWorld,
  credential,
  EXPIRES_AT,
  FAULT,
  NO,
  pause,
  statusOf,
  T,
  yes,
} from './sessions-world.ts';

describe('Sessions serves no session past expires_at, to the millisecond', () => {
  it.each([
    [EXPIRES_AT - 1, 'signed-in'],
    [EXPIRES_AT, 'unknown'],
    [EXPIRES_AT + 1, 'unknown'],
  ])('from memory, at %i: %s', async (now, outcome) => {
    const world = createWorld();
    await world.resolve();
    Object.assign(world, { now, answer: FAULT });
    expect((await world.resolve()).outcome).toBe(outcome);
  });

  it.each([
    [EXPIRES_AT - 1, 'signed-in'],
    [EXPIRES_AT, 'unknown'],
  ])('from KV, at %i: %s', async (now, outcome) => {
    const first = createWorld();
    await first.resolve();
    await first.settle();
    expect(first.kv.size).toBe(1);
    const second = createWorld({ kv: first.kv });
    Object.assign(second, { now, answer: FAULT });
    expect((await second.resolve()).outcome).toBe(outcome);
  });

  it.each([
    [T + 90_000 - 1, 'signed-in'],
    [T + 90_000, 'unknown'],
  ])('while the store fails, at %i: %s', async (now, outcome) => {
    const world = createWorld();
    world.answer = yes({ expiresAt: T + 90_000 });
    await world.resolve();
    Object.assign(world, { now, answer: FAULT });
    expect((await world.resolve()).outcome).toBe(outcome);
    expect((await world.resolve()).outcome).toBe(outcome);
  });

  it('from the store, if the session expires during the call', async () => {
    const world = createWorld();
    world.meanwhile = async () => {
      world.now = EXPIRES_AT;
    };
    expect((await world.resolve()).outcome).toBe('not-signed-in');
    expect((await world.resolveUnstored()).outcome).toBe('not-signed-in');
    await world.settle();
    expect(world.kv.size).toBe(0);
  });

  it('C24: from KV, if the session expires during the read', async () => {
    const first = createWorld();
    await first.resolve();
    await first.settle();
    const second = createWorld({ kv: first.kv });
    const get = second.kv.get.bind(second.kv);
    second.kv.get = (name) => {
      second.now = EXPIRES_AT;
      return get(name);
    };
    second.answer = FAULT;
    expect((await second.resolve()).outcome).toBe('unknown');
  });
});

describe('Sessions', () => {
  it('answers one hundred concurrent requests with one call', async () => {
    const world = createWorld();
    world.meanwhile = pause;
    const all = await Promise.all(Array.from({ length: 100 }, () => world.resolve()));
    expect(world.calls).toBe(1);
    expect(all.filter(({ provenance }) => provenance.collapsed)).toHaveLength(99);
  });

  it('checks in the background, once for all requests meanwhile', async () => {
    const world = createWorld();
    world.answer = yes({ expiresAt: T + 600_000 });
    await world.resolve();
    Object.assign(world, { now: T + 31_000, meanwhile: pause });
    const served = await Promise.all([world.resolve(), world.resolve(), world.resolve()]);
    for (const resolution of served)
      expect(statusOf(resolution)).toBe('postern; hit; ttl=-1; detail=memory');
    await world.settle();
    expect(world.calls).toBe(2);
    expect(statusOf(await world.resolve())).toBe('postern; hit; ttl=30; detail=memory');
  });

  it('does not serve a stale entry because of an old failure without a new attempt', async () => {
    const world = createWorld();
    world.answer = yes({ expiresAt: T + 600_000 });
    await world.resolve();
    Object.assign(world, { now: T + 61_000, answer: FAULT });
    expect(statusOf(await world.resolve())).toMatch(/^postern; fwd=stale.*detail=store-503$/);
    Object.assign(world, { now: T + 200_000, answer: NO });
    expect((await world.resolve()).outcome).toBe('not-signed-in');
  });

  it('does not count the store as failing if a template fails', async () => {
    const world = createWorld();
    world.answer = yes({ expiresAt: T + 600_000 });
    await world.resolve();
    Object.assign(world, { now: T + 61_000, answer: FAULT });
    await world.sessions.resolveUnstored(credential, world.waitUntil, { tokenizeAs: 'broken' });
    world.answer = NO;
    expect((await world.resolve()).outcome).toBe('not-signed-in');
  });

  it('drops the entry of a denied session for a no-store request', async () => {
    const world = createWorld();
    await world.resolve();
    await world.settle();
    world.answer = NO;
    expect((await world.resolveUnstored()).outcome).toBe('not-signed-in');
    await world.settle();
    expect(world.kv.size).toBe(0);
    expect((await world.resolve()).outcome).toBe('not-signed-in');
  });

  it.each([
    ['miss', T, {}, undefined],
    ['stale', T + 61_000, {}, yes({ expiresAt: T + 600_000 })],
    ['request', T + 1000, { minCheckedAt: T + 1 }, yes({ expiresAt: T + 600_000 })],
  ])(
    'states why it called the store (RFC 9211 section 2.2): %s',
    async (reason, now, requirement, before) => {
      const world = createWorld();
      if (before !== undefined) {
        world.answer = before;
        await world.resolve();
      }
      world.now = now;
      expect((await world.resolve(requirement)).provenance).toMatchObject({
        tier: 'store',
        forwarded: reason,
      });
    },
  );

  it('reads KV only for entries that memory lacks, for a slow store, and not for no-cache requests', async () => {
    const first = createWorld();
    await first.resolve();
    await first.settle();
    const world = createWorld({ kv: first.kv });
    const reads: string[] = [];
    const get = world.kv.get.bind(world.kv);
    world.kv.get = (name) => {
      reads.push(name);
      return get(name);
    };
    await world.resolve({ minCheckedAt: world.now });
    expect([reads.length, world.calls]).toEqual([0, 1]);
    world.now = T + 1;
    await world.resolve({ minCheckedAt: T + 1 });
    await world.resolve();
    expect([reads.length, world.calls]).toEqual([0, 2]);
    const cold = createWorld({ kv: world.kv });
    await cold.resolve();
    expect([reads.length, cold.calls]).toEqual([0, 1]);
    const slow = createWorld({ kv: world.kv });
    slow.meanwhile = () => new Promise(() => {});
    expect((await slow.resolve({ minCheckedAt: slow.now - 1 })).provenance.tier).toBe('kv');
    expect([reads.length, slow.calls]).toEqual([1, 1]);
  });

  it('C6: drops the entry of a session that needs a second factor, even for a no-store request', async () => {
    const world = createWorld();
    await world.resolve();
    world.answer = { kind: 'insufficient', body: 'more' };
    world.now += 1;
    expect((await world.resolveUnstored()).outcome).toBe('insufficient');
    await world.settle();
    expect(world.kv.size).toBe(0);
    expect((await world.resolve()).outcome).toBe('insufficient');
  });

  it('C6: never caches "sign in more strongly"', async () => {
    const world = createWorld();
    world.answer = { kind: 'insufficient', body: 'more' };
    expect((await world.resolve()).outcome).toBe('insufficient');
    world.answer = yes();
    expect((await world.resolve()).outcome).toBe('signed-in');
    world.answer = { kind: 'insufficient', body: 'more' };
    expect((await world.resolve({ minCheckedAt: world.now + 1 })).outcome).toBe('insufficient');
    await world.settle();
    expect(world.kv.size).toBe(0);
    expect((await world.resolve()).outcome).toBe('insufficient');
  });

  it('repeats the check after a sudden negative answer, and drops the session at the second', async () => {
    const world = createWorld();
    await world.resolve();
    Object.assign(world, { now: T + 100, answer: NO });
    const requirement = { minCheckedAt: T + 100 };
    expect((await world.resolve(requirement)).outcome).toBe('not-signed-in');
    expect([world.calls, world.readinessCalls]).toEqual([3, 1]);
    expect((await world.resolve()).outcome).toBe('not-signed-in');
    expect(world.calls).toBe(3);
  });

  it('keeps the session while the store reports that it is not ready', async () => {
    const world = createWorld();
    await world.resolve();
    Object.assign(world, { now: T + 30_500, answer: NO, readiness: 'not-ready' });
    expect((await world.resolve()).outcome).toBe('signed-in');
    await world.settle();
    expect([world.calls, world.readinessCalls]).toEqual([2, 1]);
    expect((await world.resolve()).outcome).toBe('signed-in');
  });

  it.each(['no-cache', 'no-store'])(
    'recognizes a sudden negative answer by KV, with %s too',
    async (directive) => {
      const first = createWorld();
      await first.resolve();
      await first.settle();
      const second = createWorld({ kv: first.kv });
      Object.assign(second, { answer: NO, readiness: 'not-ready' });
      const ask = () =>
        directive === 'no-cache'
          ? second.resolve({ minCheckedAt: second.now + 1 })
          : second.resolveUnstored();
      expect((await ask()).outcome).toBe('unknown');
      expect((await second.resolve()).outcome).toBe('signed-in');
      Object.assign(second, { now: second.now + 1000, readiness: 'ready' });
      expect((await ask()).outcome).toBe('not-signed-in');
      expect((await second.resolve()).outcome).toBe('not-signed-in');
      await second.settle();
      expect(first.kv.size).toBe(0);
    },
  );

  it.each(['no-cache', 'no-store'])(
    'asks the store a second time about a session that KV knows, with %s',
    async (directive) => {
      const first = createWorld();
      await first.resolve();
      await first.settle();
      const second = createWorld({ kv: first.kv });
      second.answer = NO;
      second.meanwhile = async () => {
        second.answer = yes(); // the first refusal was a fault of the store
      };
      const resolution =
        directive === 'no-cache'
          ? await second.resolve({ minCheckedAt: second.now })
          : await second.resolveUnstored();
      expect(resolution.outcome).toBe('signed-in');
      expect(second.calls).toBe(2);
    },
  );

  it('counts an expired session in KV as a miss (RFC 9211 section 2.2)', async () => {
    const first = createWorld();
    await first.resolve();
    await first.settle();
    const second = createWorld({ kv: first.kv });
    second.now = EXPIRES_AT;
    second.answer = yes({ expiresAt: EXPIRES_AT + 60_000 });
    expect((await second.resolve()).provenance).toMatchObject({ forwarded: 'miss' });
  });

  it('does not repeat the check for an unknown credential while the store is ready', async () => {
    const world = createWorld();
    world.answer = NO;
    expect((await world.resolve()).outcome).toBe('not-signed-in');
    expect([world.calls, world.readinessCalls]).toEqual([1, 1]);
  });
});

describe('Sessions with a revocation log', () => {
  /** A log with one mark, moved by the test. */
  function createLog() {
    const log = {
      lastMark: 0,
      trustedSince: 0,
      firstRefusalLagMs: undefined as number | undefined,
    };
    const view: RevocationView = {
      ...NO_REVOCATION_LOG,
      lastMark: () => log.lastMark,
      trustedSince: () => log.trustedSince,
      firstRefusalLagMs: () => log.firstRefusalLagMs,
    };
    return { log, view };
  }

  it('C8: calls the store again for a marked session, cached anywhere', async () => {
    const { log, view } = createLog();
    const world = createWorld({ revocation: view });
    await world.resolve();
    await world.settle();
    Object.assign(world, { now: T + 1000, answer: NO });
    expect((await world.resolve()).outcome).toBe('signed-in');
    log.lastMark = T + 500;
    expect((await world.resolve()).outcome).toBe('not-signed-in');
    const other = createWorld({ kv: world.kv, revocation: view });
    other.answer = NO;
    expect((await other.resolve()).outcome).toBe('not-signed-in');
  });

  it('C9: does not return or cache a check that is older than a mark', async () => {
    const { log, view } = createLog();
    const world = createWorld({ revocation: view });
    world.meanwhile = async () => {
      if (world.calls > 1) return;
      world.now = T + 1000;
      log.lastMark = T + 500;
      world.answer = NO;
    };
    expect((await world.resolve()).outcome).toBe('not-signed-in');
    await world.settle();
    expect([world.calls, world.kv.size]).toEqual([2, 0]);
  });

  it('reports the age of the mark for which it refuses a cached session, and of no other', async () => {
    const { log, view } = createLog();
    const world = createWorld({ revocation: view });
    log.firstRefusalLagMs = 1234;
    const lagOf = async (requirement = {}) =>
      (await world.resolve(requirement)).provenance.revocationLagMs;
    expect([await lagOf(), await lagOf()]).toEqual([undefined, undefined]); // no marks
    Object.assign(log, { lastMark: T + 500 });
    expect(await lagOf({ onlyIfCached: true })).toBe(1234);
    world.now = T + 600;
    log.firstRefusalLagMs = undefined; // it was told once
    expect(await lagOf({ onlyIfCached: true })).toBeUndefined();
  });

  it('checks once if the log confirms nothing since the start of the check: a no-cache request gets a fault, and any other a session with a note', async () => {
    const { log, view } = createLog();
    const slow = () => {
      const world = createWorld({ revocation: view });
      log.trustedSince = 0;
      world.now = T + 10;
      world.meanwhile = async () => {
        world.now += 6000;
        log.trustedSince = world.now - 4000;
      };
      return world;
    };
    const provenance = { fault: 'revocation-log' };
    const plain = slow();
    expect(await plain.resolve()).toMatchObject({ outcome: 'signed-in', provenance });
    const present = slow();
    expect(await present.resolve({ minCheckedAt: T + 1 })).toMatchObject({
      outcome: 'unknown',
      provenance,
    });
    const unstored = slow();
    expect(await unstored.resolveUnstored()).toMatchObject({ outcome: 'unknown', provenance });
    expect([plain.calls, present.calls, unstored.calls]).toEqual([1, 1, 1]);
  });

  it('delivers the cookie of a check that was repeated after a mark, one millisecond later too', async () => {
    const { log, view } = createLog();
    const world = createWorld({ revocation: view });
    world.meanwhile = async () => {
      if (world.calls > 1) return;
      world.now = T + 1;
      log.lastMark = T + 1;
      world.answer = yes({ setCookies: ['renewed'] });
      world.meanwhile = async () => {
        log.lastMark = 0;
      };
    };
    expect(await world.resolve()).toMatchObject({
      outcome: 'signed-in',
      setCookies: ['renewed'],
      provenance: { collapsed: false },
    });
    expect(world.calls).toBe(2);
  });

  it('C19: does not serve marked sessions while the store fails', async () => {
    const { log, view } = createLog();
    const world = createWorld({ revocation: view });
    await world.resolve();
    Object.assign(world, { now: T + 1000, answer: FAULT });
    log.lastMark = T;
    expect((await world.resolve()).outcome).toBe('unknown');
  });

  it('reports a fault if marks overtake every attempt', async () => {
    const { log, view } = createLog();
    const world = createWorld({ revocation: view });
    world.meanwhile = async () => {
      world.now += 10;
      log.lastMark = world.now;
    };
    expect((await world.resolve()).outcome).toBe('unknown');
    expect(world.calls).toBe(3);
  });
});

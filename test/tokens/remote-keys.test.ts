import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/runtime/json.ts';
import { failed, type Result, success } from '../../src/runtime/result.ts';
import type { KeySetTier, StoredKeySet } from '../../src/tokens/key-set-tier.ts';
import {
  KEYS_FRESH_MS,
  KEYS_STALE_MS,
  RemoteKeys,
  UNKNOWN_KEY_COOLDOWN_MS,
} from '../../src/tokens/remote-keys.ts';
import { createTestIssuer, type TestIssuer } from '../support/token-issuer.ts';

const ALGORITHMS = ['ES256'] as const;
const T0 = 1_800_000_000_000;

let first: TestIssuer;
let second: TestIssuer;

beforeAll(async () => {
  first = await createTestIssuer({ kid: 'first' });
  second = await createTestIssuer({ kid: 'second' });
});

/** An endpoint, a KV tier and a clock that a test moves. */
function setUp({ stored }: { stored?: () => StoredKeySet } = {}) {
  const world = {
    now: T0,
    looks: 0,
    tierReads: 0,
    tierWrites: 0,
    failures: [] as string[],
    passedOver: [] as string[],
    pending: [] as Promise<unknown>[],
    published: [first.publicJwk] as readonly object[],
    failure: undefined as string | undefined,
    delayMs: 0,
  };
  const tier: Pick<KeySetTier, 'read' | 'write'> = {
    read: async () => {
      world.tierReads += 1;
      return stored?.();
    },
    write: async () => {
      world.tierWrites += 1;
    },
  };
  const keys = new RemoteKeys({
    issuer: 'https://issuer.example.test',
    algorithms: ALGORITHMS,
    endpoint: {
      fetchKeySet: async (): Promise<Result<JsonObject, string>> => {
        world.looks += 1;
        const { failure, published } = world;
        await new Promise((resolve) => setTimeout(resolve, world.delayMs));
        if (failure !== undefined) return failed(failure);
        return success(JSON.parse(JSON.stringify({ keys: published })));
      },
    },
    tier: tier as KeySetTier, // the two members that are used
    deadlineMs: 5000,
    now: () => world.now,
    random: () => 0.5,
    report({ event, detail, kid, problem }) {
      if (event === 'issuer-keys-failure') world.failures.push(String(detail));
      else if (event === 'issuer-key-passed-over') world.passedOver.push(`${kid} ${problem}`);
      else expect.fail(event);
    },
  });
  const waitUntil = (work: Promise<unknown>) => void world.pending.push(work);
  const find = async (kid: string | undefined) => {
    const answer = await keys.find({ kid, algorithm: 'ES256' }, waitUntil);
    return answer.kind === 'key' ? answer.key.kid : answer.kind;
  };
  const settle = () => Promise.all(world.pending.splice(0));
  return { world, keys, find, settle, waitUntil };
}

describe('RemoteKeys', () => {
  it('fetches the keys once for twenty cold concurrent requests', async () => {
    const { world, find } = setUp();
    world.delayMs = 20;
    const answers = await Promise.all(Array.from({ length: 20 }, () => find('first')));
    expect(new Set(answers)).toEqual(new Set(['first']));
    expect([world.looks, world.tierReads, world.tierWrites]).toEqual([1, 1, 1]);
  });

  it('K12: reports each skipped key once, for any number of fetches', async () => {
    const { world, find } = setUp();
    const offCurve = { ...second.publicJwk, y: second.publicJwk.x };
    world.published = [first.publicJwk, { kty: 'AKP' }, offCurve];
    expect(await find('first')).toBe('first');
    world.now += KEYS_FRESH_MS;
    expect(await find('first')).toBe('first');
    expect([world.looks, world.passedOver]).toEqual([2, ['undefined kind', 'second import']]);
    world.published = [{ ...first.publicJwk, use: 'enc' }];
    world.now += KEYS_FRESH_MS;
    expect(await find('first')).toBe('unknown-key');
    expect(world.passedOver).toEqual(['undefined kind', 'second import', 'first purpose']);
  });

  it('calls neither KV nor the endpoint while the set is young', async () => {
    const { world, find } = setUp();
    await find('first');
    world.tierReads = 0;
    for (const minutes of [0, 1, 2, 4.9]) {
      world.now = T0 + minutes * 60_000;
      expect(await find('first')).toBe('first');
    }
    expect([world.looks, world.tierReads]).toEqual([1, 0]);
  });

  it('fetches in the background from half the freshness, and before the answer at its end', async () => {
    const { world, find, settle } = setUp();
    await find('first');
    world.published = [second.publicJwk];
    world.now = T0 + KEYS_FRESH_MS / 2;
    expect(await find('first')).toBe('first');
    await settle();
    expect(world.looks).toBe(2);
    expect(await find('first')).toBe('unknown-key');
    world.now += KEYS_FRESH_MS;
    world.published = [first.publicJwk];
    expect(await find('first')).toBe('first');
  });

  it('fetches in the background once for all requests meanwhile, and no sooner after a failure than allowed', async () => {
    const { world, find, settle } = setUp();
    await find('first');
    await settle();
    world.now = T0 + KEYS_FRESH_MS / 2;
    world.failure = 'keys-503';
    const startedAt = world.looks;
    expect(await find('first')).toBe('first');
    const anchored = world.pending.length;
    expect(await find('first')).toBe('first');
    expect([world.looks - startedAt, world.pending.length]).toEqual([1, anchored]);
    await settle();
    world.now += 1499;
    expect(await find('first')).toBe('first');
    expect([world.looks - startedAt, world.pending.length]).toEqual([1, 0]);
    world.now += 1; // 2 s, of which three quarters with this jitter
    expect(await find('first')).toBe('first');
    expect(world.looks - startedAt).toBe(2);
  });

  it('fetches again if its set is from the future, because the clock was set back', async () => {
    const { world, find } = setUp();
    await find('first');
    world.published = [second.publicJwk];
    world.now = T0 - 10_000; // clocks of two places differ by less
    expect(await find('first')).toBe('first');
    expect([world.looks, world.tierReads]).toEqual([1, 1]);
    world.now = T0 - 10_001;
    expect(await find('second')).toBe('second');
    expect(world.looks).toBe(2);
  });

  it('is ready when it has keys, and fetches them first', async () => {
    const { world, keys, waitUntil } = setUp();
    world.failure = 'keys-503';
    expect(await keys.isReady(waitUntil)).toBe(false);
    const other = setUp();
    expect(await other.keys.isReady(other.waitUntil)).toBe(true);
    expect([world.looks, other.world.looks]).toEqual([1, 1]);
  });

  it('reports 200 skipped keys, and no more', async () => {
    const { world, find } = setUp();
    const unknown = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({ kty: 'AKP', kid: `k${from + index}` }));
    for (const [from, count] of [
      [0, 99],
      [99, 99],
      [198, 2],
    ] as const) {
      world.published = [first.publicJwk, ...unknown(from, count)];
      await find('first');
      world.now += KEYS_FRESH_MS;
    }
    expect(world.passedOver).toHaveLength(200);
    world.published = [first.publicJwk, ...unknown(200, 1)];
    await find('first');
    expect(world.passedOver).toHaveLength(200);
  });

  it('a removed key is never accepted longer than the set is fresh', async () => {
    const { world, find } = setUp();
    await find('first');
    world.published = [second.publicJwk];
    world.now = T0 + KEYS_FRESH_MS;
    expect(await find('first')).toBe('unknown-key');
    expect(await find('second')).toBe('second');
  });

  it('a new key is found although a fetch from before its publication is under way', async () => {
    const { world, find } = setUp();
    await find('first');
    world.now = T0 + KEYS_FRESH_MS / 2;
    world.delayMs = 20;
    expect(await find('first')).toBe('first'); // fetches in the background
    await new Promise((resolve) => setTimeout(resolve));
    expect(world.looks).toBe(2);
    world.published = [first.publicJwk, second.publicJwk];
    expect(await find('second')).toBe('second');
    expect(world.looks).toBe(3);
  });

  it('10,000 unknown kids cause one fetch per cool-down, and known ones are found all the time', async () => {
    const { world, find } = setUp();
    await find('first');
    world.looks = 0;
    for (let count = 0; count < 10_000; count += 1) {
      world.now = T0 + count * 30; // five minutes in all
      if ((await find(randomUUID())) !== 'unknown-key') throw new Error('found what is not there');
      if (count % 500 === 0) expect(await find('first')).toBe('first');
    }
    // One more than the cool-downs that fit: the renewal that is due at half the freshness.
    expect(world.looks).toBeLessThanOrEqual(1 + 300_000 / UNKNOWN_KEY_COOLDOWN_MS + 1);
  });

  it('1,000 concurrent unknown kids cause one fetch', async () => {
    const { world, find } = setUp();
    await find('first');
    world.now += 1000;
    world.delayMs = 10;
    const answers = await Promise.all(Array.from({ length: 1000 }, () => find(randomUUID())));
    expect(new Set(answers)).toEqual(new Set(['unknown-key']));
    expect(world.looks).toBe(2);
  });

  it('a cold unknown kid causes one fetch, and the fetched set decides', async () => {
    const { world, find } = setUp();
    expect(await find('nobody')).toBe('unknown-key');
    expect(world.looks).toBe(1);
  });

  it('a new key is found by all concurrent requests', async () => {
    const { world, find } = setUp();
    await find('first');
    world.now += 1000;
    world.published = [second.publicJwk, first.publicJwk];
    world.delayMs = 10;
    const answers = await Promise.all(Array.from({ length: 50 }, () => find('second')));
    expect(new Set(answers)).toEqual(new Set(['second']));
    expect(world.looks).toBe(2);
  });

  it('earlier keys are used while the endpoint fails, for hours and no longer', async () => {
    const { world, find } = setUp();
    await find('first');
    world.failure = 'keys-503';
    for (let at = T0; at < T0 + KEYS_STALE_MS; at += 15 * 60_000) {
      world.now = at;
      expect(await find('first')).toBe('first');
    }
    world.now = T0 + KEYS_STALE_MS;
    expect(await find('first')).toBe('unavailable');
    world.now += 60_000;
    world.failure = undefined;
    expect(await find('first')).toBe('first');
  });

  it('fetches less and less often while the endpoint fails, with jitter', async () => {
    const { world, find } = setUp();
    world.failure = 'keys-timeout';
    const looksAt: number[] = [];
    for (let second = 0; second < 600; second += 1) {
      world.now = T0 + second * 1000;
      const before = world.looks;
      expect(await find('first')).toBe('unavailable');
      if (world.looks > before) looksAt.push(second);
    }
    // 2 s, doubled up to 60 s, of each three quarters with this jitter.
    expect(looksAt.slice(0, 5)).toEqual([0, 2, 5, 11, 23]);
    const gaps = looksAt.slice(6).map((at, index) => at - (looksAt[index + 5] ?? 0));
    for (const gap of gaps) expect(gap).toBe(45);
  });

  it('an unknown kid is a fault while the endpoint fails, because it may be new', async () => {
    const { world, find } = setUp();
    await find('first');
    world.now += 1000;
    world.failure = 'keys-503';
    expect(await find('second')).toBe('unavailable');
    expect(await find('second')).toBe('unavailable');
    expect(world.looks).toBe(2);
    expect(await find('first')).toBe('first');
  });

  it('K8: a refused set counts as a failure, and the earlier one stays', async () => {
    const { world, find } = setUp();
    await find('first');
    for (const published of [
      [second.privateJwk],
      [second.publicJwk, { kty: 'oct', k: 'AAAA' }],
      [second.publicJwk, { ...first.publicJwk, kid: 'second' }],
      Array.from({ length: 101 }, (_, index) => ({ ...second.publicJwk, kid: `k${index}` })),
    ]) {
      world.published = published;
      world.now += KEYS_FRESH_MS;
      expect(await find('first')).toBe('first');
      expect(await find('second')).toBe('unavailable');
    }
    expect(new Set(world.failures)).toEqual(
      new Set(['secret-key', 'duplicate-key', 'too-many-keys']),
    );
  });

  it('uses a young set from KV without a fetch, and fetches if the set in KV is old', async () => {
    const { keys: _, ...young } = setUp({ stored: () => storedAt(T0 - 60_000) });
    expect(await young.find('first')).toBe('first');
    expect([young.world.looks, young.world.tierReads]).toEqual([0, 1]);
    const old = setUp({ stored: () => storedAt(T0 - KEYS_FRESH_MS) });
    expect(await old.find('first')).toBe('first');
    expect(old.world.looks).toBe(1);
  });

  it('uses a set from KV with a time up to ten seconds ahead, and fetches if it is further ahead', async () => {
    const near = setUp({ stored: () => storedAt(T0 + 10_000) });
    expect(await near.find('first')).toBe('first');
    expect([near.world.looks, near.world.tierReads]).toEqual([0, 1]);
    const far = setUp({ stored: () => storedAt(T0 + 10_001) });
    expect(await far.find('first')).toBe('first');
    expect([far.world.looks, far.world.tierReads]).toEqual([1, 1]);
  });

  it('in the background uses from KV a set that another isolate fetched since half the freshness ago', async () => {
    for (const [fetchedAt, looks] of [
      [T0, 1],
      [T0 + 1, 0],
    ] as const) {
      const kv = { set: storedAt(T0 - 1000) };
      const { world, find, settle } = setUp({ stored: () => kv.set });
      world.now = T0 - 1000;
      expect(await find('first')).toBe('first');
      kv.set = storedAt(fetchedAt);
      world.now = T0 + KEYS_FRESH_MS / 2;
      expect(await find('first')).toBe('first');
      await settle();
      expect([world.looks, world.tierReads]).toEqual([looks, 2]);
    }
  });

  it('calls the endpoint, and not KV, for an unknown kid', async () => {
    const { world, find } = setUp({ stored: () => storedAt(T0) });
    world.now = T0 + 1000;
    await find('first');
    world.published = [first.publicJwk, second.publicJwk];
    expect(await find('second')).toBe('second');
    expect([world.looks, world.tierReads]).toEqual([1, 1]);
  });

  it('ignores a set in KV that is too old or from the future, and applies its own freshness', async () => {
    const ancient = setUp({ stored: () => storedAt(T0 - KEYS_STALE_MS) });
    ancient.world.failure = 'keys-503';
    expect(await ancient.find('first')).toBe('unavailable');
    const future = setUp({ stored: () => storedAt(T0 + 60_000) });
    future.world.failure = 'keys-503';
    expect(await future.find('first')).toBe('unavailable');
    const aging = setUp({ stored: () => storedAt(T0 - KEYS_FRESH_MS + 1000) });
    expect(await aging.find('first')).toBe('first');
    aging.world.published = [second.publicJwk];
    aging.world.now = T0 + 1000;
    expect(await aging.find('first')).toBe('unknown-key');
  });

  it('a stale set in KV serves an isolate that starts while the endpoint is down', async () => {
    const { world, find } = setUp({ stored: () => storedAt(T0 - 2 * KEYS_FRESH_MS) });
    world.failure = 'keys-503';
    expect(await find('first')).toBe('first');
    expect(world.looks).toBe(1);
  });
});

describe('RemoteKeys in random histories', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 900 }) }),
    fc.record({
      kind: fc.constant('publish' as const),
      which: fc.constantFrom('first', 'second', 'both'),
    }),
    fc.record({ kind: fc.constant('fail' as const), failing: fc.boolean() }),
    fc.record({
      kind: fc.constant('ask' as const),
      kid: fc.constantFrom('first', 'second', 'nobody'),
    }),
  );

  it('finds no key that has been gone for the freshness of a readable set, and no unpublished key', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const { world, find, settle } = setUp();
        const lastSeen = new Map<string, number>([['first', T0]]);
        let upSince = T0;
        let asks = 0;
        for (const one of steps) {
          if (one.kind === 'wait') world.now += one.seconds * 1000;
          if (one.kind === 'publish') {
            const sets = { first: [first], second: [second], both: [first, second] };
            world.published = sets[one.which as keyof typeof sets].map(
              ({ publicJwk }) => publicJwk,
            );
          }
          if (one.kind === 'fail') {
            world.failure = one.failing ? 'keys-503' : undefined;
            if (one.failing) upSince = Infinity;
            else upSince = Math.min(upSince, world.now);
          }
          for (const { kid } of world.published as { kid: string }[]) lastSeen.set(kid, world.now);
          if (one.kind !== 'ask') continue;
          asks += 1;
          const answer = await find(one.kid);
          await settle();
          if (answer !== one.kid) continue;
          expect(lastSeen.has(one.kid)).toBe(true);
          const goneFor = world.now - (lastSeen.get(one.kid) ?? 0);
          const reachableFor = world.now - upSince;
          // After a failure a look may be put off by as much as the longest back-off.
          if (reachableFor > 60_000) expect(goneFor).toBeLessThan(KEYS_FRESH_MS + 60_000);
          expect(goneFor).toBeLessThan(KEYS_STALE_MS);
        }
        expect(world.looks).toBeLessThanOrEqual(2 * asks);
      }),
      { numRuns: 200 },
    );
  });
});

function storedAt(fetchedAt: number): StoredKeySet {
  const { kid = '', alg: _alg, use: _use, ...jwk } = first.publicJwk;
  return { keys: [{ kid, algorithm: 'ES256', jwk }], fetchedAt };
}

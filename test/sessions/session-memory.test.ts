import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/credentials/credential.ts';
import type { KeyValueStore } from '../../src/runtime/kv.ts';
import type { CheckedSession } from '../../src/sessions/resolution.ts';
import { seal } from '../../src/sessions/sealing.ts';
import { SessionMemory } from '../../src/sessions/session-memory.ts';
import { createTestTiers } from '../support/shared-tiers.ts';
import { checkedSession, STORE_ISSUER, shared } from './checked-sessions.ts';
import { confirmedRefusal } from './confirmed-refusals.ts';

const T = 1_700_000_000_000;
const NAME = `v1s:${'a'.repeat(43)}`;
const credential: Credential = {
  carrier: { kind: 'session-token-header' },
  value: 'ory_st_abcdefghijklmnopqrstuvwxyz012345',
};

/** A memory with a KV under it, a clock in the test's hand, and reads that wait when told to. */
function createMemory({ kvWriteIntervalSeconds = 300, maxBytes = 1_000_000 } = {}) {
  const stored = new Map<string, ArrayBuffer>();
  const calls: string[] = [];
  const anchored: Promise<unknown>[] = [];
  let reading: Promise<unknown> | undefined;
  let now = T;
  const store: KeyValueStore = {
    get: async (name) => {
      calls.push('get');
      const value = stored.get(name) ?? null;
      await reading;
      return value;
    },
    put: async (name, value) => {
      calls.push('put');
      stored.set(name, value);
    },
    delete: async (name) => {
      calls.push('delete');
      stored.delete(name);
    },
  };
  const memory = new SessionMemory({
    shared: createTestTiers({
      kv: store,
      issuer: STORE_ISSUER,
      kvWrites: { afterSeconds: 0, intervalSeconds: kvWriteIntervalSeconds },
      report: () => calls.push('failure'),
      now: () => now,
    }),
    isUsable: () => true,
    limits: { maxEntries: 100, maxBytes },
    now: () => now,
  });
  const waitUntil = (work: Promise<unknown>) => void anchored.push(work);
  return {
    memory,
    waitUntil,
    stored,
    calls,
    settled: () => Promise.all(anchored),
    at: (ms: number) => {
      now = T + ms;
    },
    remember: (checked: CheckedSession) =>
      memory.remember(
        { name: NAME, credential },
        { checked, hasUndeliveredCookie: false },
        waitUntil,
      ),
    refuse: (ms: number) =>
      memory.refuse(
        { name: NAME, credential },
        { ...confirmedRefusal('no'), checkedAt: T + ms },
        waitUntil,
      ),
    readKv: () => memory.readShared('kv', { name: NAME, credential, waitUntil }),
    plant: async (checked: CheckedSession) => {
      stored.set(NAME, (await seal(shared(checked), NAME, credential.value)).buffer);
    },
    holdReads: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      reading = promise;
      return resolve;
    },
  };
}

const checkedAt = (ms: number, options = {}) => checkedSession({ checkedAt: T + ms, ...options });

describe('SessionMemory with answers in any order', () => {
  it('keeps the later check of two sessions', () => {
    const { memory, remember } = createMemory();
    remember(checkedAt(200));
    remember(checkedAt(100));
    expect(memory.read(credential)?.checked.checkedAt).toBe(T + 200);
  });

  it('C9: does not restore a session from a check that started before the refusal', () => {
    const { memory, remember, refuse } = createMemory();
    refuse(200);
    remember(checkedAt(100));
    expect(memory.read(credential)).toBeUndefined();
    remember(checkedAt(201));
    expect(memory.read(credential)).toBeDefined();
    expect(memory.readRefusal(NAME, 0)).toBeUndefined();
    expect(memory.wasRefused(NAME)).toBe(false);
  });

  it('does not drop a session for an earlier refusal that arrives late', () => {
    const { memory, remember, refuse } = createMemory();
    remember(checkedAt(200));
    refuse(100);
    expect(memory.read(credential)?.checked.checkedAt).toBe(T + 200);
    expect(memory.readRefusal(NAME, 0)).toBeUndefined();
  });

  it('C9: ignores an entry of KV that is older than a refusal here, long after the refusal is forgotten', async () => {
    const { memory, refuse, readKv, plant, at } = createMemory();
    await plant(checkedAt(100));
    refuse(200);
    at(60_000);
    expect(memory.readRefusal(NAME, 0)).toBeUndefined();
    expect(await readKv()).toBeUndefined();
    await plant(checkedAt(201));
    expect((await readKv())?.checked.checkedAt).toBe(T + 201);
  });

  it('C6: ignores an entry of KV that is older than "sign in more strongly"', async () => {
    const { memory, waitUntil, readKv, plant } = createMemory();
    await plant(checkedAt(100));
    memory.forget({ name: NAME, credential }, T + 200, waitUntil);
    expect(await readKv()).toBeUndefined();
    expect(memory.readRefusal(NAME, 0)).toBeUndefined();
  });

  it('does not overwrite a check that was made during a KV read', async () => {
    const { memory, remember, readKv, plant, holdReads } = createMemory();
    await plant(checkedAt(100));
    const release = holdReads();
    const reading = readKv();
    remember(checkedAt(200));
    release();
    expect((await reading)?.checked.checkedAt).toBe(T + 200);
    expect(memory.read(credential)?.checked.checkedAt).toBe(T + 200);
  });

  it('C9: does not undo a refusal that arrived during a KV read', async () => {
    const { memory, refuse, readKv, plant, holdReads } = createMemory();
    await plant(checkedAt(100));
    const release = holdReads();
    const reading = readKv();
    refuse(200);
    release();
    expect(await reading).toBeUndefined();
    expect(memory.read(credential)).toBeUndefined();
  });
});

describe('SessionMemory', () => {
  it('C7: caches a refusal for five seconds', () => {
    const { memory, refuse, at } = createMemory();
    refuse(0);
    at(4999);
    expect(memory.readRefusal(NAME, 0)).toMatchObject({ checkedAt: T, body: 'no' });
    at(5000);
    expect(memory.readRefusal(NAME, 0)).toBeUndefined();
  });

  it('C30: does not answer with a refusal older than the request accepts, except for a second', () => {
    const { memory, refuse, at } = createMemory();
    refuse(0);
    at(999);
    expect(memory.readRefusal(NAME, T)).toBeDefined();
    expect(memory.readRefusal(NAME, T + 999)).toBeDefined();
    at(1000);
    expect(memory.readRefusal(NAME, T)).toBeDefined();
    expect(memory.readRefusal(NAME, T + 1)).toBeUndefined();
    at(-1); // a clock that was set back
    expect(memory.readRefusal(NAME, 0)).toBeUndefined();
  });

  it('C7, D1: writes no refusal to KV', async () => {
    const { refuse, calls, settled } = createMemory();
    refuse(0);
    await settled();
    expect(calls).toEqual([]);
  });

  it('forgets its entry, in KV too', async () => {
    const { memory, waitUntil, stored, remember, settled } = createMemory();
    remember(checkedAt(100));
    memory.forget({ name: NAME, credential }, T + 200, waitUntil);
    await settled();
    expect([memory.read(credential), stored.size]).toEqual([undefined, 0]);
  });

  it('writes a session once per interval, changed or not', async () => {
    const { remember, calls, settled, at } = createMemory({ kvWriteIntervalSeconds: 300 });
    for (const ms of [0, 1000, 299_999, 300_000, 599_999]) {
      at(ms);
      remember(checkedAt(ms));
      await settled();
    }
    expect(calls).toEqual(['put', 'put']);
    remember(checkedAt(599_999, { members: { changed: true } }));
    await settled();
    expect(calls).toEqual(['put', 'put']);
  });

  it('does not rewrite an entry that KV already has', async () => {
    const { remember, readKv, plant, calls, settled, at } = createMemory();
    await plant(checkedAt(0));
    at(50_000);
    await readKv();
    remember(checkedAt(50_000));
    await settled();
    expect(calls).toEqual(['get']);
  });

  it('D1: deletes only known entries from KV: invalid credentials cause no deletes', async () => {
    const { refuse, remember, calls, settled } = createMemory();
    refuse(0);
    await settled();
    expect(calls).toEqual([]);
    remember(checkedAt(100));
    await settled();
    refuse(200);
    await settled();
    expect(calls).toEqual(['put', 'delete']);
  });

  it('C9: leaves no entry in KV of a session that was refused while it was being written', async () => {
    const { stored, refuse, remember, calls, settled } = createMemory();
    remember(checkedAt(100));
    refuse(200);
    await settled();
    expect(calls).toContain('put');
    expect(stored.size).toBe(0);
  });
});

it('SessionMemory keeps as many sessions as its bytes allow, the credentials among them', () => {
  const { memory, waitUntil } = createMemory({ maxBytes: 100_000 });
  const longest = (index: number): Credential => ({
    ...credential,
    value: `ory_st_${index}_`.padEnd(4096, 'x'),
  });
  for (let index = 0; index < 50; index += 1) {
    const checked = checkedSession({ checkedAt: T });
    const named = { name: `n${index}`, credential: longest(index) };
    memory.remember(named, { checked, hasUndeliveredCookie: false }, waitUntil);
  }
  const known = Array.from({ length: 50 }, (_, index) => memory.read(longest(index))?.name);
  const count = known.filter((name) => name !== undefined).length;
  expect(count).toBeGreaterThan(10);
  expect(count * 4096).toBeLessThanOrEqual(100_000);
  expect(known.at(-1)).toBe('n49');
});

it('SessionMemory tells the carriers of one value apart', () => {
  const { memory, waitUntil } = createMemory();
  const { value } = credential;
  const carriers: Credential['carrier'][] = [
    { kind: 'session-token-header' },
    { kind: 'bearer' },
    { kind: 'cookie', cookieName: 'a' },
    { kind: 'cookie', cookieName: 'b' },
  ];
  for (const [index, carrier] of carriers.entries()) {
    const named = { name: `n${index}`, credential: { carrier, value } };
    const checked = checkedSession({ checkedAt: T, id: `s${index}` });
    memory.remember(named, { checked, hasUndeliveredCookie: false }, waitUntil);
  }
  const known = carriers.map((carrier) => memory.read({ carrier, value }));
  expect(known.map((one) => [one?.name, one?.checked.session.id])).toEqual(
    carriers.map((_, index) => [`n${index}`, `s${index}`]),
  );
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type KeyValueStore, KvBytes } from '../../src/runtime/kv.ts';
import { SealedTier } from '../../src/sessions/sealed-tier.ts';
import { seal } from '../../src/sessions/sealing.ts';
import { checkedSession, plainShared, STORE_ISSUER, shared } from './checked-sessions.ts';

const NAME = `v1s:${'a'.repeat(43)}`;
const TOKEN = 'ory_st_abcdefghijklmnopqrstuvwxyz012345';

function createTier(store: Partial<KeyValueStore>) {
  const failures: string[] = [];
  const unexpected = () => expect.fail('not to be called');
  const whole = { get: unexpected, put: unexpected, delete: unexpected, ...store };
  const bytes = new KvBytes(whole, {
    readTimeoutMs: 100,
    report: ({ event, operation }) => void failures.push(`${event} ${operation}`),
  });
  const tier = new SealedTier(bytes, { issuer: STORE_ISSUER, now: () => Date.now() });
  const read = () => tier.read(NAME, TOKEN, () => {});
  return { tier, failures, read };
}

describe('SealedTier over KV', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('abandons a slow read, and survives its late failure', async () => {
    const late = Promise.withResolvers<null>();
    const { read, failures } = createTier({ get: () => late.promise });
    const reading = read();
    await vi.advanceTimersByTimeAsync(100);
    expect(await reading).toBeUndefined();
    late.reject(new Error('KV GET failed: 500'));
    await vi.advanceTimersByTimeAsync(0);
    expect(failures).toEqual(['kv-failure get']);
  });

  it('leaves no timer after an answered read', async () => {
    const { read } = createTier({ get: async () => null });
    await read();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['get', 'put', 'delete'] as const)('survives and counts a failing %s', async (which) => {
    const fail = () => Promise.reject(new Error(`KV failed: 429 Too Many Requests`));
    const { tier, read, failures } = createTier({ [which]: fail });
    if (which === 'get') expect(await read()).toBeUndefined();
    else if (which === 'put') await tier.write(NAME, TOKEN, shared(checkedSession()), 360);
    else await tier.forget(NAME);
    expect(failures).toEqual([`kv-failure ${which}`]);
  });

  it('survives a binding that throws instead of rejecting', async () => {
    const crash = () => {
      throw new TypeError('no such method');
    };
    const { tier, read, failures } = createTier({ get: crash, put: crash, delete: crash });
    expect(await read()).toBeUndefined();
    await tier.write(NAME, TOKEN, shared(checkedSession()), 360);
    await tier.forget(NAME);
    expect(failures).toEqual(['kv-failure get', 'kv-failure put', 'kv-failure delete']);
  });

  it('counts values that it cannot open, but not missing ones', async () => {
    const { read, failures } = createTier({ get: async () => new Uint8Array([1, 2, 3]).buffer });
    expect(await read()).toBeUndefined();
    expect(failures).toEqual(['kv-failure unseal']);
    const empty = createTier({ get: async () => null });
    expect(await empty.read()).toBeUndefined();
    expect(empty.failures).toEqual([]);
  });

  it('does not open a value larger than any session', async () => {
    const { read, failures } = createTier({ get: async () => new ArrayBuffer(384 * 1024 + 1) });
    expect(await read()).toBeUndefined();
    expect(failures).toEqual(['kv-failure unseal']);
  });

  it.each([
    [0.5, 60],
    [60, 60],
    [60.1, 61],
    [360, 360],
  ])('stores a value that is useful for %f s for %i s', async (useful, expirationTtl) => {
    const put = vi.fn(async () => {});
    await createTier({ put }).tier.write(NAME, TOKEN, shared(checkedSession()), useful);
    expect(put).toHaveBeenCalledWith(NAME, expect.any(ArrayBuffer), { expirationTtl });
  });

  it('reads once for concurrent callers, and again for a later one', async () => {
    const sealed = await seal(shared(checkedSession()), NAME, TOKEN);
    const value = Promise.withResolvers<ArrayBuffer>();
    const get = vi.fn(() => value.promise);
    const { read } = createTier({ get });
    const reads = Array.from({ length: 100 }, read);
    value.resolve(sealed.buffer);
    expect((await Promise.all(reads)).map(plainShared)).toEqual(
      Array(100).fill(shared(checkedSession())),
    );
    expect(get).toHaveBeenCalledTimes(1);
    await read();
    expect(get).toHaveBeenCalledTimes(2);
  });

  it('reads what it wrote', async () => {
    const sealed = await seal(shared(checkedSession()), NAME, TOKEN);
    const { read } = createTier({ get: async () => sealed.buffer });
    expect(plainShared(await read())).toEqual(shared(checkedSession()));
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type KeyValueStore, KvTier } from '../../src/whoami/kv-tier.ts';
import { seal } from '../../src/whoami/sealing.ts';
import { checkedSession } from './checked-sessions.ts';

const NAME = `v1s:${'a'.repeat(43)}`;
const TOKEN = 'ory_st_abcdefghijklmnopqrstuvwxyz012345';

function createTier(store: Partial<KeyValueStore>) {
  const failures: string[] = [];
  const unexpected = () => expect.fail('not to be called');
  const whole = { get: unexpected, put: unexpected, delete: unexpected, ...store };
  const tier = new KvTier(whole, { readTimeoutMs: 100, onFailure: (what) => failures.push(what) });
  return { tier, failures };
}

describe('KvTier', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('gives up a read that takes too long, and survives its late failure', async () => {
    const late = Promise.withResolvers<null>();
    const { tier, failures } = createTier({ get: () => late.promise });
    const read = tier.read(NAME, TOKEN);
    await vi.advanceTimersByTimeAsync(100);
    expect(await read).toBeUndefined();
    late.reject(new Error('KV GET failed: 500'));
    await vi.advanceTimersByTimeAsync(0);
    expect(failures).toEqual(['get']);
  });

  it.each(['get', 'put', 'delete'] as const)('survives and counts a failing %s', async (which) => {
    const fail = () => Promise.reject(new Error(`KV failed: 429 Too Many Requests`));
    const { tier, failures } = createTier({ [which]: fail });
    if (which === 'get') expect(await tier.read(NAME, TOKEN)).toBeUndefined();
    else if (which === 'put') await tier.write(NAME, TOKEN, checkedSession(), 360);
    else await tier.forget(NAME);
    expect(failures).toEqual([which]);
  });

  it('survives a binding that throws where it should reject', async () => {
    const crash = () => {
      throw new TypeError('no such method');
    };
    const { tier, failures } = createTier({ get: crash, put: crash, delete: crash });
    expect(await tier.read(NAME, TOKEN)).toBeUndefined();
    await tier.write(NAME, TOKEN, checkedSession(), 360);
    await tier.forget(NAME);
    expect(failures).toEqual(['get', 'put', 'delete']);
  });

  it('counts what it cannot open, and takes a missing value for nothing special', async () => {
    const { tier, failures } = createTier({ get: async () => new Uint8Array([1, 2, 3]).buffer });
    expect(await tier.read(NAME, TOKEN)).toBeUndefined();
    expect(failures).toEqual(['unseal']);
    const empty = createTier({ get: async () => null });
    expect(await empty.tier.read(NAME, TOKEN)).toBeUndefined();
    expect(empty.failures).toEqual([]);
  });

  it('does not open a value larger than any session', async () => {
    const { tier, failures } = createTier({ get: async () => new ArrayBuffer(384 * 1024 + 1) });
    expect(await tier.read(NAME, TOKEN)).toBeUndefined();
    expect(failures).toEqual(['unseal']);
  });

  it.each([
    [0.5, 60],
    [60, 60],
    [60.1, 61],
    [360, 360],
  ])('lets a value useful for %f s lie for %i s', async (useful, expirationTtl) => {
    const put = vi.fn(async () => {});
    await createTier({ put }).tier.write(NAME, TOKEN, checkedSession(), useful);
    expect(put).toHaveBeenCalledWith(NAME, expect.any(ArrayBuffer), { expirationTtl });
  });

  it('reads what it wrote', async () => {
    const sealed = await seal(checkedSession(), NAME, TOKEN);
    const { tier } = createTier({ get: async () => sealed.buffer });
    expect(await tier.read(NAME, TOKEN)).toEqual(checkedSession());
  });
});

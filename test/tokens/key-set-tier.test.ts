import { beforeAll, describe, expect, it } from 'vitest';
import { type KeyValueStore, KvBytes } from '../../src/runtime/kv.ts';
import { LocationBytes } from '../../src/runtime/location-cache.ts';
import type { Report } from '../../src/runtime/report.ts';
import type { SharedBytes } from '../../src/runtime/shared-bytes.ts';
import { sealText } from '../../src/sessions/sealing.ts';
import { readKeySet } from '../../src/tokens/key-set.ts';
import { KeySetTier, type StoredKeySet } from '../../src/tokens/key-set-tier.ts';
import { FakeLocation } from '../support/fake-location.ts';
import { createTestIssuer } from '../support/token-issuer.ts';

const SECRET = 'a secret of the operator’s, 32 bytes or more';
/** Of the seal around a text: version, nonce and tag of AES-GCM. */
const SEAL_BYTES = 1 + 12 + 16;
const T = 1_700_000_000_000;

/** An empty set with as many members. */
function withMembers(count: number): string {
  const others = Array.from({ length: count - 2 }, (_, index) => [`m${index}`, index]);
  return JSON.stringify({ fetchedAt: T, keys: [], ...Object.fromEntries(others) });
}

let stored: StoredKeySet;

beforeAll(async () => {
  const issuers = await Promise.all([
    createTestIssuer({ algorithm: 'ES256' }),
    createTestIssuer({ algorithm: 'RS256' }),
  ]);
  const set = readKeySet({ keys: issuers.map(({ publicJwk }) => publicJwk) }, ['ES256', 'RS256']);
  stored = { keys: set.ok ? set.value : expect.fail(set.failure), fetchedAt: T };
});

/** Tiers of several isolates over one KV. */
function setUp() {
  const values = new Map<string, ArrayBuffer>();
  const lifetimes: (number | undefined)[] = [];
  const failures: string[] = [];
  const kv: KeyValueStore = {
    get: async (name) => values.get(name) ?? null,
    put: async (name, value, options) => {
      values.set(name, value as ArrayBuffer); // the result of the tier
      lifetimes.push(options?.expirationTtl);
    },
    delete: async (name) => void values.delete(name),
  };
  const report: Report = ({ event, operation }) => void failures.push(`${event} ${operation}`);
  const bytes = new KvBytes(kv, { readTimeoutMs: 1000, report });
  const createTier = (
    options: { readonly secret?: string; readonly source?: string } = {},
    places: readonly SharedBytes[] = [bytes],
  ) =>
    new KeySetTier(places, {
      issuer: 'https://issuer.example.test',
      source: 'https://issuer.example.test/jwks.json',
      algorithms: ['ES256', 'RS256'],
      secret: SECRET,
      keepSeconds: 14_400,
      ...options,
    });
  /** Returns the set that a tier reads if KV has this text, sealed as its own. */
  const readSealed = async (text: string) => {
    const tier = createTier();
    await tier.write(stored);
    const [name = ''] = values.keys();
    values.set(name, (await sealText(text, name, SECRET)).buffer);
    return tier.read(0);
  };
  return { kv, bytes, values, lifetimes, failures, createTier, readSealed };
}

describe('KeySetTier', () => {
  it('reads the nearest place whose set is new enough, else the newest set', async () => {
    const { bytes: kv, createTier } = setUp();
    const cache = new FakeLocation({ now: () => T });
    const location = new LocationBytes(async () => cache, {
      host: 'app.example.test',
      report: () => {},
      now: () => T,
    });
    const both = createTier({}, [location, kv]);
    await both.write(stored);
    await createTier({}, [kv]).write({ ...stored, fetchedAt: T + 5 });
    expect((await both.read(T - 1))?.fetchedAt).toBe(T);
    expect((await both.read(T))?.fetchedAt).toBe(T + 5);
    expect((await both.read(T + 5))?.fetchedAt).toBe(T + 5);
  });

  it('opens no set that was moved from one place to another', async () => {
    const { bytes: kv, values, failures, createTier } = setUp();
    const cache = new FakeLocation({ now: () => T });
    const location = new LocationBytes(async () => cache, {
      host: 'app.example.test',
      report: ({ event, operation }) => void failures.push(`${event} ${operation}`),
      now: () => T,
    });
    await createTier({}, [kv]).write(stored);
    const [[name, value] = expect.fail('no value')] = values;
    cache.plant(`https://app.example.test/.postern/location/2/${name}`, new Uint8Array(value));
    expect(await createTier({}, [location]).read(0)).toBeUndefined();
    expect(failures).toEqual(['location-failure unseal']);
  });

  it('gives other isolates the written set, while it is useful', async () => {
    const { createTier, lifetimes, failures } = setUp();
    await createTier().write(stored);
    expect(await createTier().read(0)).toEqual(stored);
    expect([lifetimes, failures]).toEqual([[14_400], []]);
  });

  it('returns undefined for a missing value', async () => {
    const { createTier, failures } = setUp();
    expect(await createTier().read(0)).toBeUndefined();
    await createTier().write(stored);
    expect(
      await createTier({ source: 'https://elsewhere.test/jwks.json' }).read(0),
    ).toBeUndefined();
    expect(failures).toEqual([]);
  });

  it('reads no value that was sealed with another secret, and counts it', async () => {
    const { createTier, failures } = setUp();
    await createTier({ secret: `${SECRET}!` }).write(stored);
    expect(await createTier().read(0)).toBeUndefined();
    expect(failures).toEqual(['kv-failure unseal']);
  });

  it.each([
    ['no JSON', 'keys'],
    ['no time', JSON.stringify({ keys: [] })],
    ['a time that is no number', JSON.stringify({ fetchedAt: 'now', keys: [] })],
    ['no keys', JSON.stringify({ fetchedAt: T })],
    ['a key of a private kind', JSON.stringify({ fetchedAt: T, keys: [{ kty: 'oct', k: 'AA' }] })],
    ['lists nine deep', `{"fetchedAt":${T},"keys":${'['.repeat(8)}${']'.repeat(8)}}`],
    ['nine members', withMembers(9)],
  ])('reads no sealed text with %s, and counts it', async (_, text) => {
    const { readSealed, failures } = setUp();
    expect(await readSealed(text)).toBeUndefined();
    expect(failures).toEqual(['kv-failure unseal']);
  });

  it('reads a value of 96 KiB, and refuses a longer one', async () => {
    const { readSealed, failures } = setUp();
    const text = JSON.stringify({ fetchedAt: T, keys: [] });
    const longest = 96 * 1024 - SEAL_BYTES;
    expect(await readSealed(text.padEnd(longest))).toEqual({ fetchedAt: T, keys: [] });
    expect(failures).toEqual([]);
    expect(await readSealed(text.padEnd(longest + 1))).toBeUndefined();
    expect(failures).toEqual(['kv-failure unseal']);
  });

  it('reads lists eight deep, and eight members', async () => {
    const { readSealed } = setUp();
    const deep = `{"fetchedAt":${T},"keys":${'['.repeat(7)}${']'.repeat(7)}}`;
    const wide = withMembers(8);
    for (const text of [deep, wide]) {
      expect(await readSealed(text)).toEqual({ fetchedAt: T, keys: [] });
    }
  });

  it('survives a failing KV, and counts the failure', async () => {
    const { kv, createTier, failures } = setUp();
    const fail = () => Promise.reject(new Error('KV failed: 429 Too Many Requests'));
    Object.assign(kv, { get: fail, put: fail });
    await createTier().write(stored);
    expect(await createTier().read(0)).toBeUndefined();
    expect(failures).toEqual(['kv-failure put', 'kv-failure get']);
  });
});

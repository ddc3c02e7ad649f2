import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, importJWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/runtime/json.ts';
import { ALGORITHMS, type Algorithm } from '../../src/tokens/algorithms.ts';
import { findKey, importKeys, readKeySet } from '../../src/tokens/key-set.ts';
import { createTestIssuer, type TestIssuer } from '../support/token-issuer.ts';

let ec: TestIssuer;
let rsa: TestIssuer;
let ed: TestIssuer;

beforeAll(async () => {
  [ec, rsa, ed] = await Promise.all([
    createTestIssuer({ algorithm: 'ES256' }),
    createTestIssuer({ algorithm: 'RS256' }),
    createTestIssuer({ algorithm: 'EdDSA' }),
  ]);
});

const read = (keys: readonly unknown[], allowed: readonly Algorithm[] = ALGORITHMS) =>
  readKeySet({ keys: keys as readonly JsonValue[] }, allowed);
const kidsOf = (keys: readonly unknown[], allowed?: readonly Algorithm[]) => {
  const set = read(keys, allowed);
  return set.ok ? set.value.map(({ kid }) => kid) : set.failure;
};

describe('readKeySet()', () => {
  it('returns the usable keys with their public members only', () => {
    const set = read([
      { ...ec.publicJwk, x5c: ['MIIB'], issuer: 'i' },
      rsa.publicJwk,
      ed.publicJwk,
    ]);
    expect(set.ok && set.value.map(({ algorithm }) => algorithm)).toEqual([
      'ES256',
      'RS256',
      'EdDSA',
    ]);
    const { kty, crv, x, y } = ec.publicJwk;
    expect(set.ok && set.value[0]?.jwk).toEqual({ kty, crv, x, y });
  });

  it('skips keys of an unknown kind', () => {
    const unknown = [
      { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA', kid: 'pq' },
      { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA', kid: 'koblitz' },
      { kty: 'OKP', crv: 'X25519', x: 'AAAA', kid: 'agreement' },
      { kty: 'constructor' },
      {},
      null,
      7,
      [],
      'key',
    ];
    expect(kidsOf([...unknown, ec.publicJwk])).toEqual([ec.kid]);
  });

  it('K8: refuses a whole set with a private or symmetric key, or with one key twice', () => {
    expect(kidsOf([ec.publicJwk, rsa.privateJwk])).toBe('secret-key');
    expect(kidsOf([ec.publicJwk, { kty: 'oct', k: 'AAAA' }])).toBe('secret-key');
    expect(kidsOf([ec.publicJwk, { kty: 'oct' }])).toBe('secret-key');
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
      expect(kidsOf([{ ...ec.publicJwk, [name]: 'AAAA' }]), name).toBe('secret-key');
    }
    expect(kidsOf([{ kty: 'AKP', d: 'AAAA' }])).toBe('secret-key');
    const other = { ...ec.publicJwk, x: ec.publicJwk.y, y: ec.publicJwk.x };
    expect(kidsOf([ec.publicJwk, other])).toBe('duplicate-key');
    const named = (jwk: object) => ({ ...jwk, kid: 'same' });
    expect(kidsOf([named(ec.publicJwk), named(rsa.publicJwk)])).toEqual(['same', 'same']);
  });

  it('refuses values that are no set, and sets of more than 100 keys', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ ...ec.publicJwk, kid: `k${i}` }));
    expect(kidsOf(many(100))).toHaveLength(100);
    expect(kidsOf(many(101))).toBe('too-many-keys');
    expect(readKeySet({}, ALGORITHMS)).toEqual({ ok: false, failure: 'not-a-key-set' });
    expect(readKeySet({ keys: {} }, ALGORITHMS)).toEqual({ ok: false, failure: 'not-a-key-set' });
    expect(kidsOf([])).toEqual([]);
  });

  it('J23: does not load weak RSA keys', () => {
    const { n = '' } = rsa.publicJwk;
    const with1024 = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
      format: 'jwk',
    });
    expect(kidsOf([{ ...with1024, kid: 'small' }], ['RS256'])).toEqual([]);
    for (const e of ['AQ', 'Ag', 'AA', 'AQAA', 'AQABAAAB']) {
      expect(kidsOf([{ ...rsa.publicJwk, e }]), `e=${e}`).toEqual([]);
    }
    expect(kidsOf([{ ...rsa.publicJwk, e: 'Aw' }])).toEqual([rsa.kid]);
    const even = Buffer.from(n, 'base64url');
    even.writeUInt8(even.readUInt8(even.length - 1) & 0xfe, even.length - 1);
    expect(kidsOf([{ ...rsa.publicJwk, n: even.toString('base64url') }])).toEqual([]);
    expect(kidsOf([{ ...rsa.publicJwk, n: rocaModulus() }])).toEqual([]);
    const huge = Buffer.alloc(1025, 0xff).toString('base64url');
    expect(kidsOf([{ ...rsa.publicJwk, n: huge }])).toEqual([]);
    // Leading zeros do not make a short modulus long.
    const padded = Buffer.concat([Buffer.alloc(200), Buffer.from(with1024.n ?? '', 'base64url')]);
    expect(kidsOf([{ ...with1024, n: padded.toString('base64url') }], ['RS256'])).toEqual([]);
  });

  it('J24: does not load keys whose kind, curve, use or operations contradict their algorithm', () => {
    for (const change of [
      { alg: 'ES384' },
      { alg: 'RS256' },
      { alg: 'HS256' },
      { alg: 7 },
      { crv: 'P-384' },
      { kty: 'RSA' },
      { use: 'enc' },
      { use: 7 },
      { key_ops: ['sign'] },
      { key_ops: 'verify' },
      { x: '' },
      { x: 'AA===' },
      { x: 'A=A=' },
      { x: 7 },
      { y: undefined },
    ]) {
      expect(kidsOf([{ ...ec.publicJwk, ...change }]), JSON.stringify(change)).toEqual([]);
    }
    expect(kidsOf([{ ...ec.publicJwk, key_ops: ['verify'] }])).toEqual([ec.kid]);
  });

  it('binds a key to one algorithm: its own, or the only one that the issuer allows', () => {
    const { alg, ...rsaJwk } = rsa.publicJwk;
    expect(kidsOf([rsaJwk], ['RS256', 'ES256'])).toEqual([rsa.kid]);
    expect(kidsOf([rsaJwk], ['RS256', 'PS256'])).toEqual([]);
    expect(kidsOf([rsa.publicJwk], ['PS256'])).toEqual([]);
    expect(kidsOf([ed.publicJwk], ['Ed25519'])).toEqual([ed.kid]);
    const { alg: _, ...edJwk } = ed.publicJwk;
    expect(kidsOf([edJwk], ['EdDSA'])).toEqual([ed.kid]);
    expect(alg).toBe('RS256');
  });
});

const padded = (text = '') => text + '='.repeat((4 - (text.length % 4)) % 4);
const standard = (text = '') => text.replaceAll('-', '+').replaceAll('_', '/');

describe('readKeySet() tolerates sloppy spellings that only an issuer can have written', () => {
  /** Spellings of one key, each of which jose imports (its `importJWK`, tried below). */
  const spellings = (): readonly (readonly [string, Readonly<Record<string, string>>])[] => {
    const { n = '', e = '' } = rsa.publicJwk;
    const { x = '', y = '' } = ec.publicJwk;
    const { x: edX = '' } = ed.publicJwk;
    const withZero = Buffer.concat([Buffer.alloc(1), Buffer.from(n, 'base64url')]);
    return [
      ['n padded', { ...rsa.publicJwk, n: padded(n) }],
      ['n in the standard alphabet, padded', { ...rsa.publicJwk, n: padded(standard(n)) }],
      [
        'n with a leading zero (RFC 7518 section 6.3.1.1)',
        { ...rsa.publicJwk, n: withZero.toString('base64url') },
      ],
      ['e padded', { ...rsa.publicJwk, e: padded(e) }],
      ['x and y padded', { ...ec.publicJwk, x: padded(x), y: padded(y) }],
      ['x in the standard alphabet', { ...ec.publicJwk, x: standard(x), y: standard(y) }],
      ['x of Ed25519 padded', { ...ed.publicJwk, x: padded(edX) }],
    ];
  };

  it('K12: reads padding, both alphabets and a leading zero, as jose does', async () => {
    for (const [spelling, jwk] of spellings()) {
      const byJose = await importJWK(jwk, jwk.alg);
      if (byJose instanceof Uint8Array) throw new Error(spelling);
      const set = read([jwk]);
      const [key] = set.ok ? await importKeys(set.value) : [];
      expect(key && (await exportJWK(key.cryptoKey)), spelling).toEqual(await exportJWK(byJose));
    }
  });

  it.each(['use', 'alg', 'key_ops', 'kid', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'x5c'])(
    'K12: treats %s that is null or empty as absent',
    (name) => {
      const { [name]: _, ...without } = rsa.publicJwk;
      for (const nothing of [null, '']) {
        expect(read([{ ...rsa.publicJwk, [name]: nothing }], ['RS256'])).toEqual(
          read([without], ['RS256']),
        );
      }
      expect(kidsOf([without], ['RS256'])).toEqual([name === 'kid' ? undefined : rsa.kid]);
    },
  );

  it.each(['use', 'alg', 'key_ops', 'kid', 'oth', 'x5c'])(
    'T20: treats %s that is an empty list as absent',
    (name) => {
      const { [name]: _, ...without } = rsa.publicJwk;
      expect(read([{ ...rsa.publicJwk, [name]: [] }], ['RS256'])).toEqual(
        read([without], ['RS256']),
      );
    },
  );

  it('T20: reads base64 in lines of 64 or 76 characters (RFC 7468, RFC 2045), as jose does', async () => {
    const { n = '' } = rsa.publicJwk;
    for (const [length, end] of [
      [64, '\n'],
      [76, '\r\n'],
    ] as const) {
      const lines = n.match(new RegExp(`.{1,${length}}`, 'g')) ?? [];
      const jwk = { ...rsa.publicJwk, n: lines.join(end) };
      expect(await importJWK(jwk, 'RS256')).toBeInstanceOf(CryptoKey);
      expect(read([jwk])).toEqual(read([rsa.publicJwk]));
    }
  });

  it('K12: treats two identical keys as one, in any spelling and order, with and without a kid', () => {
    const { n = '', kid: _, ...rest } = rsa.publicJwk;
    const again = { ...rest, kid: rsa.kid, x5t: 'AAAA', use: null, n: padded(n) };
    expect(kidsOf([rsa.publicJwk, again, ec.publicJwk, rsa.publicJwk])).toEqual([rsa.kid, ec.kid]);
    const unnamed = { n, ...rest };
    expect(kidsOf([unnamed, unnamed])).toEqual([undefined]);
  });

  it('names each skipped key, with its kid and the reason', () => {
    const told: unknown[] = [];
    const weak = { ...rsa.publicJwk, e: 'AQ' };
    const keys = [
      null,
      { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA', kid: 'post-quantum' },
      ec.publicJwk,
      { ...ec.publicJwk, alg: 'ES384' },
      { ...ec.publicJwk, use: 'enc' },
      { ...ec.publicJwk, kid: 7 },
      { ...ec.publicJwk, x: 'ä' },
      weak,
    ];
    readKeySet({ keys: keys as JsonValue[] }, ALGORITHMS, (...each) => told.push(each));
    expect(told).toEqual([
      [undefined, 'kind'],
      ['post-quantum', 'kind'],
      [ec.kid, 'algorithm'],
      [ec.kid, 'purpose'],
      [undefined, 'kid'],
      [ec.kid, 'members'],
      [rsa.kid, 'weak'],
    ]);
  });
});

describe('importKeys()', () => {
  it('skips a point that is not on its curve', async () => {
    const set = read([{ ...ec.publicJwk, y: ec.publicJwk.x }]);
    expect(set.ok && (await importKeys(set.value))).toEqual([]);
  });

  it('keeps the key objects of an earlier set, and only those', async () => {
    const set = read([ec.publicJwk, rsa.publicJwk]);
    if (!set.ok) throw new Error(set.failure);
    const known = await importKeys(set.value);
    const again = await importKeys(set.value, known);
    expect(again.map((key, index) => key === known[index])).toEqual([true, true]);
    const other = await createTestIssuer({ algorithm: 'ES256' });
    const changed = read([other.publicJwk]);
    expect(changed.ok && (await importKeys(changed.value, known))[0] === known[0]).toBe(false);
  });
});

describe('findKey()', () => {
  it('finds by kid and algorithm, and by no other member', async () => {
    const set = read([ec.publicJwk, rsa.publicJwk, ed.publicJwk]);
    const keys = set.ok ? await importKeys(set.value) : [];
    expect(findKey(keys, { kid: ec.kid, algorithm: 'ES256' })?.kid).toBe(ec.kid);
    expect(findKey(keys, { kid: ec.kid, algorithm: 'RS256' })).toBeUndefined();
    expect(findKey(keys, { kid: 'other', algorithm: 'ES256' })).toBeUndefined();
    expect(findKey(keys, { kid: ed.kid, algorithm: 'Ed25519' })?.kid).toBe(ed.kid);
  });

  it('without a kid finds a key only if there is no choice', async () => {
    const second = await createTestIssuer({ algorithm: 'ES256', kid: 'second' });
    const set = read([ec.publicJwk, second.publicJwk, rsa.publicJwk]);
    const keys = set.ok ? await importKeys(set.value) : [];
    expect(findKey(keys, { kid: undefined, algorithm: 'RS256' })?.kid).toBe(rsa.kid);
    expect(findKey(keys, { kid: undefined, algorithm: 'ES256' })).toBeUndefined();
  });
});

/** A modulus as the faulty library made them: a power of 65537 modulo every small prime. */
function rocaModulus(): string {
  const primes = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
  ];
  const product = primes.reduce((all, prime) => all * BigInt(prime), 1n);
  const power = 65_537n ** 5n % product;
  const n = ((1n << 2047n) / product) * product + product + power;
  return Buffer.from(n.toString(16).padStart(512, '0'), 'hex').toString('base64url');
}

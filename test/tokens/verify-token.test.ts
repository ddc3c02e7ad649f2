/** The verifier as other rooms use it, and RFC 8725 point by point. */
import fc from 'fast-check';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { ALGORITHMS } from '../../src/tokens/algorithms.ts';
import { createInlineKeys, type IssuerKeys } from '../../src/tokens/issuer-keys.ts';
import { importKeys, readKeySet } from '../../src/tokens/key-set.ts';
import { type TokenProfile, verifyToken } from '../../src/tokens/verify-token.ts';
import {
  createTestIssuer,
  encodePart,
  splitToken,
  type TestIssuer,
} from '../support/token-issuer.ts';

const NOW = 1_800_000_000_000;
const ISSUER = 'https://team.example.test';
const CLAIMS = v.object({ sub: v.string(), email: v.optional(v.string()) });

let rsa: TestIssuer;
let ec: TestIssuer;
let profile: TokenProfile<v.InferOutput<typeof CLAIMS>>;

beforeAll(async () => {
  [rsa, ec] = await Promise.all([
    createTestIssuer({ issuer: ISSUER, algorithm: 'RS256' }),
    createTestIssuer({ issuer: ISSUER, algorithm: 'ES256' }),
  ]);
  profile = {
    issuer: ISSUER,
    audience: ['app'],
    algorithms: ['RS256'],
    types: ['jwt', undefined],
    required: ['exp', 'iat'],
    forbidden: ['events'],
    markers: {},
    clockToleranceSeconds: 5,
    maxLifetimeSeconds: 86_400,
    requiresKeyId: true,
    claims: CLAIMS,
    keys: keysOf(rsa, ec),
  };
});

const verify = async <Claims = unknown>(
  token: string,
  changes: Partial<TokenProfile<Claims>> = {},
  now = NOW,
) => {
  const changed = { ...profile, ...changes } as TokenProfile<Claims>; // the schema decides what Claims is
  const verified = await verifyToken(token, changed, { now, waitUntil: () => {} });
  if (verified.ok) return 'verified';
  return verified.failure.kind === 'refused' ? verified.failure.reason : verified.failure.detail;
};
const make = (claims: object = {}, header: object = {}) =>
  rsa.token(NOW, { claims: { aud: 'app', ...claims }, header });

describe('verifyToken()', () => {
  it('returns the claims of the schema, every claim, the times in milliseconds, and the key', async () => {
    const token = await make({ email: 'a@example.test', extra: 1 });
    const verified = await verifyToken(token, profile, { now: NOW, waitUntil: () => {} });
    if (!verified.ok) throw new Error(JSON.stringify(verified.failure));
    const { claims, everyClaim, issuedAt, expiresAt, key } = verified.value;
    expect(claims).toEqual({ sub: expect.any(String), email: 'a@example.test' });
    expect(everyClaim.extra).toBe(1);
    expect([issuedAt, expiresAt]).toEqual([NOW, NOW + 600_000]);
    expect([key.kid, key.algorithm]).toEqual([rsa.kid, 'RS256']);
  });

  it('distinguishes a refusal from a fault', async () => {
    const unavailable: IssuerKeys = {
      find: async () => ({ kind: 'unavailable', detail: 'keys-503', retryAfterSeconds: 7 }),
      isReady: async () => false,
    };
    const options = { now: NOW, waitUntil: () => {} };
    const unknown = await verifyToken(await make(), { ...profile, keys: unavailable }, options);
    expect(unknown).toEqual({
      ok: false,
      failure: {
        kind: 'cannot-tell',
        reason: 'issuer_keys_unavailable',
        detail: 'keys-503',
        retryAfterSeconds: 7,
      },
    });
    const refused = await verifyToken('x.y.z', { ...profile, keys: unavailable }, options);
    expect(refused).toEqual({ ok: false, failure: { kind: 'refused', reason: 'token_malformed' } });
  });

  it('treats an unknown error as a fault, never as a verdict', async () => {
    const set = readKeySet({ keys: [rsa.publicJwk] }, ['RS256']);
    const [key] = set.ok ? await importKeys(set.value) : [];
    if (key === undefined) throw new Error('no key');
    const broken: IssuerKeys = {
      isReady: async () => true,
      find: async () => ({ kind: 'key', key: { ...key, cryptoKey: {} as CryptoKey } }), // an object that no import returns
    };
    expect(await verify(await make(), { keys: broken })).toBe('verification-failed');
  });

  it('fetches keys only if issuer, algorithm and type are right', async () => {
    let looks = 0;
    const keys: IssuerKeys = {
      isReady: async () => true,
      find: async () => {
        looks += 1;
        return { kind: 'unknown-key' };
      },
    };
    for (const token of [
      await make({ iss: 'https://evil.example' }),
      await make({}, { alg: 'ES256' }),
      await make({}, { typ: 'logout+jwt' }),
      await make({}, { kid: undefined }),
      await make({}, { jku: 'https://evil.example' }),
    ]) {
      expect(await verify(token, { keys })).toMatch(/^token_/);
    }
    expect(looks).toBe(0);
  });

  it('compares times to the second, with the tolerance on both sides', async () => {
    const iat = NOW / 1000;
    const token = await make({ iat, nbf: iat, exp: iat + 60 });
    const at = (seconds: number) => verify(token, {}, NOW + seconds * 1000);
    expect(await at(-5.001)).toBe('token_not_yet_valid');
    expect(await at(-5)).toBe('verified');
    expect(await at(64.999)).toBe('verified');
    expect(await at(65)).toBe('token_expired');
    expect(await verify(token, { clockToleranceSeconds: 0 }, NOW + 60_000)).toBe('token_expired');
    expect(await verify(await make({ exp: iat - 1, iat }))).toBe('token_claim_invalid');
    expect(await verify(await make({ iat: iat + 0.5, exp: iat + 60.25 }))).toBe('verified');
  });

  it('gives a token without exp the longest allowed lifetime, if exp is optional', async () => {
    const rules = { required: ['iat'], maxLifetimeSeconds: 300 };
    const event = await make({ exp: undefined });
    expect(await verify(event, rules, NOW + 305_000)).toBe('verified');
    expect(await verify(event, rules, NOW + 305_001)).toBe('token_expired');
    expect(await verify(event)).toBe('token_claim_missing');
  });

  it('separates the kinds of token of one issuer: a logout token, an event, an access token', async () => {
    const logout: Partial<TokenProfile<unknown>> = {
      types: ['logout+jwt', 'jwt', undefined],
      required: ['iat', 'jti', 'events', 'exp'],
      forbidden: ['nonce'],
      claims: v.object({
        jti: v.string(),
        events: v.object({ 'http://schemas.openid.net/event/backchannel-logout': v.object({}) }),
      }),
    };
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const logoutToken = await make({ events }, { typ: 'logout+jwt' });
    expect(await verify(logoutToken, logout)).toBe('verified');
    expect(await verify(logoutToken)).toBe('token_type_refused');
    const untyped = await make({ events }, { typ: undefined });
    expect(await verify(untyped, logout)).toBe('verified');
    expect(await verify(untyped)).toBe('token_claim_forbidden');
    expect(await verify(await make(), logout)).toBe('token_claim_missing');
    expect(await verify(await make({ events, nonce: 'n' }), logout)).toBe('token_claim_forbidden');
    expect(await verify(await make({ events: {} }), logout)).toBe('token_claim_invalid');
  });

  it('never throws, for any input', async () => {
    const good = await make();
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.nat(good.length), fc.nat(good.length), fc.string({ maxLength: 3 }))
        .map(([from, to, between]) => good.slice(0, from) + between + good.slice(to)),
      fc
        .jsonValue()
        .map(
          (json) =>
            `${encodePart({ alg: 'RS256', kid: rsa.kid })}.${encodePart(JSON.stringify(json ?? null))}.AAAA`,
        ),
    );
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        const outcome = await verify(token);
        expect(outcome === 'verified' ? token : outcome).toMatch(
          outcome === 'verified' ? good : /^token_/,
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('RFC 8725', () => {
  it('3.1: the algorithm is the issuer’s, and each key has one', async () => {
    expect(await verify(await ec.token(NOW, { claims: { aud: 'app' } }))).toBe(
      'token_algorithm_refused',
    );
    const both = { algorithms: ['RS256', 'ES256'] as const };
    const confused = await ec.token(NOW, { claims: { aud: 'app' }, header: { kid: rsa.kid } });
    expect(await verify(confused, both)).toBe('token_key_unknown');
  });

  it('3.2: only sound algorithms are accepted: asymmetric, no "none"', () => {
    expect([...ALGORITHMS].filter((name) => /^(?:HS|none)/i.test(name))).toEqual([]);
  });

  it('3.3: every cryptographic operation is checked, and any failure refuses the whole token', async () => {
    const [head, body, signature] = splitToken(await make());
    expect(await verify(`${head}.${encodePart({ iss: ISSUER })}.${signature}`)).toBe(
      'token_signature_invalid',
    );
    expect(await verify(`${encodePart({ alg: 'RS256', kid: rsa.kid })}.${body}.${signature}`)).toBe(
      'token_signature_invalid',
    );
  });

  it('3.4: points off their curve are not accepted as keys', async () => {
    const set = readKeySet({ keys: [{ ...ec.publicJwk, x: ec.publicJwk.y ?? '' }] }, ['ES256']);
    expect(set.ok && (await importKeys(set.value))).toEqual([]);
  });

  it('3.5: keys have enough entropy: no passwords, no short RSA', () => {
    expect(readKeySet({ keys: [{ kty: 'oct', k: 'cGFzc3dvcmQ' }] }, ALGORITHMS).ok).toBe(false);
  });

  it('3.6: no content is decompressed', async () => {
    expect(await verify(await make({}, { zip: 'DEF' }))).toBe('token_header_refused');
  });

  it('3.7: JSON is UTF-8', async () => {
    const utf16 = Buffer.from(JSON.stringify({ iss: ISSUER }), 'utf16le');
    expect(await verify(await rsa.token(NOW, { claims: utf16 }))).toBe('token_malformed');
  });

  it('3.8: issuer and subject', async () => {
    expect(await verify(await make({ iss: `${ISSUER}/` }))).toBe('token_issuer_untrusted');
    expect(await verify(await make({ sub: 7 }))).toBe('token_claim_invalid');
  });

  it('3.9: audience', async () => {
    expect(await verify(await make({ aud: 'other' }))).toBe('token_audience_mismatch');
    expect(await verify(await make({ aud: undefined }))).toBe('token_claim_missing');
  });

  it('3.10: claims and headers are not trusted as addresses', async () => {
    for (const name of ['jku', 'x5u', 'jwk', 'x5c']) {
      expect(await verify(await make({}, { [name]: 'https://evil.example' }))).toBe(
        'token_header_refused',
      );
    }
    expect(await verify(await make({}, { kid: '../../etc/passwd' }))).toBe('token_key_unknown');
    expect(await verify(await make({}, { kid: '__proto__' }))).toBe('token_key_unknown');
  });

  it('3.11: explicit types', async () => {
    expect(await verify(await make({}, { typ: 'at+jwt' }))).toBe('token_type_refused');
    expect(await verify(await make({}, { typ: 'application/JWT' }))).toBe('verified');
    expect(await verify(await make(), { types: ['secevent+jwt'] })).toBe('token_type_refused');
  });
});

function keysOf(...issuers: TestIssuer[]): IssuerKeys {
  const set = readKeySet({ keys: issuers.map(({ publicJwk }) => publicJwk) }, ALGORITHMS);
  if (!set.ok) throw new Error(set.failure);
  return createInlineKeys(set.value);
}

import {
  createLocalJWKSet,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  type JWK,
  jwtVerify,
} from 'jose';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { Assertions } from '../../src/forwarding/assertion.ts';
import { publicKey, type SigningKey, signingKeys } from '../../src/forwarding/assertion-keys.ts';
import type { Session } from '../../src/session/session.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const GATE = 'https://app.example.com';
const ORIGIN = 'https://origin.example.com';

const session = (traits: Record<string, string> = {}): Session => ({
  id: 'session-1',
  identity: { id: 'identity-1' },
  expiresAt: NOW + 3_600_000,
  document: {
    authenticator_assurance_level: 'aal2',
    authenticated_at: '2026-11-20T11:00:00.5Z',
    identity: { id: 'identity-1', traits },
  },
});

describe('Assertions', () => {
  let ec: JWK;
  let ed: JWK;
  let now: number;

  beforeAll(async () => {
    ec = { ...(await privateJwk('ES256')), kid: 'ec-1' };
    ed = { ...(await privateJwk('Ed25519')), kid: 'ed-1', alg: 'EdDSA' };
  });

  async function privateJwk(alg: string): Promise<JWK> {
    return exportJWK((await generateKeyPair(alg, { extractable: true })).privateKey);
  }

  const read = (...keys: JWK[]) => v.parse(signingKeys, { keys });

  function create(keys: SigningKey[], claims: Record<string, string> = {}) {
    const [first, ...others] = keys;
    if (first === undefined) throw new Error('a key is needed');
    now = NOW;
    return new Assertions({ issuer: GATE, keys: [first, ...others], claims, now: () => now });
  }

  async function issue(assertions: Assertions, subject: Session, audience = ORIGIN) {
    const issued = await assertions.issue(subject, audience);
    if (!issued.ok) throw new Error(issued.failure.reason);
    return issued.value.jwt;
  }

  it.each(['ES256', 'EdDSA'])('is verified with the published key: %s', async (alg) => {
    const keys = alg === 'ES256' ? read(ec, ed) : read(ed, ec);
    const jwt = await issue(create(keys), session());
    const published = createLocalJWKSet({
      keys: keys.map((key) => ({ ...publicKey(key) })) as unknown as JWK[],
    });
    const { payload, protectedHeader } = await jwtVerify(jwt, published, {
      issuer: GATE,
      audience: ORIGIN,
      currentDate: new Date(NOW),
    });
    expect(protectedHeader).toEqual({ alg, kid: keys[0]?.kid, typ: 'session-assertion+jwt' });
    expect(payload).toEqual({
      iss: GATE,
      aud: ORIGIN,
      sub: 'identity-1',
      sid: 'session-1',
      acr: 'aal2',
      auth_time: Date.parse('2026-11-20T11:00:00Z') / 1000,
      iat: NOW / 1000,
      exp: NOW / 1000 + 60,
    });
  });

  it('is reused for half its life, per session object and audience', async () => {
    const assertions = create(read(ec));
    const one = session();
    const first = await issue(assertions, one);
    now += 29_999;
    expect(await issue(assertions, one)).toBe(first);
    expect(await issue(assertions, one, 'https://other.example')).not.toBe(first);
    expect(await issue(assertions, session())).not.toBe(first);
    now += 1;
    expect(await issue(assertions, one)).not.toBe(first);
  });

  it('never outlives the session', async () => {
    const jwt = await issue(create(read(ec)), { ...session(), expiresAt: NOW + 10_000 });
    expect(decodeJwt(jwt).exp).toBe(NOW / 1000 + 10);
  });

  it('carries configured claims, and drops traits that do not fit', async () => {
    const claims = { email: 'identity.traits.email', phone: 'identity.traits.phone' };
    const assertions = create(read(ec), claims);
    expect(decodeJwt(await issue(assertions, session({ email: 'a@b.example' })))).toMatchObject({
      email: 'a@b.example',
    });
    const long = await issue(assertions, session({ email: 'x'.repeat(5000), phone: '1' }));
    expect(decodeJwt(long)).toMatchObject({ sub: 'identity-1', phone: '1' });
    expect(decodeJwt(long)).not.toHaveProperty('email');
  });

  it('H17: is never longer than 2 KiB, and uses that size to the last character', async () => {
    const assertions = create(read(ec), { email: 'identity.traits.email' });
    const lengths = [];
    for (const size of Array.from({ length: 1300 }, (_, index) => index + 1)) {
      const issued = await assertions.issue(session({ email: 'x'.repeat(size) }), ORIGIN);
      if (!issued.ok) throw new Error(issued.failure.reason);
      const { jwt, omitted } = issued.value;
      expect([size, 'email' in decodeJwt(jwt)]).toEqual([size, omitted.length === 0]);
      if (omitted.length === 0) lengths.push(jwt.length);
    }
    expect(Math.max(...lengths)).toBeOneOf([2046, 2047, 2048]); // four characters carry three bytes
    expect(lengths.length).toBeLessThan(1300);
  });

  it('H14: an assertion with another signature is refused', async () => {
    const keys = read(ec);
    const published = createLocalJWKSet({
      keys: keys.map((key) => ({ ...publicKey(key) })) as unknown as JWK[],
    });
    const forged = await issue(
      create(read({ ...(await privateJwk('ES256')), kid: 'ec-1' })),
      session(),
    );
    await expect(jwtVerify(forged, published)).rejects.toThrow(/signature/);
    const forOther = await issue(create(keys), session(), 'https://other.example');
    await expect(
      jwtVerify(forOther, published, { audience: ORIGIN, currentDate: new Date(NOW) }),
    ).rejects.toThrow(/aud/);
  });

  it('never verifies with a key whose private and public parts do not belong together', async () => {
    const { d } = await privateJwk('ES256');
    const result = await create(read({ ...ec, d: d ?? '' })).issue(session(), ORIGIN);
    // A runtime may also sign with such a key; then verification fails.
    if (result.ok) {
      const published = createLocalJWKSet({
        keys: read(ec).map((key) => ({ ...publicKey(key) })) as unknown as JWK[],
      });
      await expect(jwtVerify(result.value.jwt, published)).rejects.toThrow();
    } else expect(result.failure).toEqual({ reason: 'assertion_unavailable' });
  });

  it('publishes no private key material', () => {
    for (const key of read({ ...ec, p: 'secret' } as JWK, ed)) {
      expect(Object.keys(publicKey(key)).sort()).not.toContain('d');
      expect(JSON.stringify(publicKey(key))).not.toContain('secret');
    }
  });

  it('refuses invalid keys, and names each', () => {
    const { d: _, ...half } = ec;
    for (const keys of [
      [],
      [half],
      [{ ...ec, kid: '' }],
      [{ ...ec, x: 'short' }],
      [{ ...ec, crv: 'P-384' }],
      [{ ...ec, alg: 'HS256' }],
      [ec, { ...ed, kid: 'ec-1' }],
      [{ kty: 'oct', k: 'AAAA', kid: 'a' }],
    ]) {
      expect(v.safeParse(signingKeys, { keys }).success).toBe(false);
    }
  });
});

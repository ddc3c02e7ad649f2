import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { readIdentity } from '../../src/package/origin.ts';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';

const GATE = 'https://app.example.test';
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');

const jwk = (key: KeyObject, more: object) => ({ ...key.export({ format: 'jwk' }), ...more });
const privateSet = (...keys: object[]) => JSON.stringify({ keys });
const keys = [jwk(ec.privateKey, { kid: 'k1', alg: 'ES256' }), jwk(ed.privateKey, { kid: 'k2' })];
const PUBLIC_SET = {
  keys: [
    { kty: 'EC', ...jwk(ec.publicKey, { kid: 'k1', alg: 'ES256' }) },
    { kty: 'OKP', ...jwk(ed.publicKey, { kid: 'k2' }) },
  ],
};

/** The key endpoint as the origin reaches it. */
let keysUrl = new URL('http://127.0.0.1:9/');
const origin = await forAllTests(
  startNodeOrigin(async (incoming, response) => {
    const { url: audience } = origin;
    const reading = await readIdentity(incoming, { issuer: GATE, audience, keys: keysUrl });
    if (reading.kind !== 'identified') {
      response.writeHead(reading.status).end(JSON.stringify(reading));
      return;
    }
    const { identity } = reading;
    const seen = {
      ...identity,
      email: identity.header('X-User-Email'),
      teams: identity.list('X-User-Teams'),
    };
    response.end(JSON.stringify(seen));
  }),
);
const settings = {
  IDENTITY_HEADERS: {
    'X-User-Email': 'identity.traits.email',
    'X-User-Teams': 'identity.traits.teams',
  },
  ASSERTION_CLAIMS: { plan: 'identity.traits.plan' },
  RULES: [
    { path: '/open/*', session: 'none' },
    { path: '/*', session: 'required' },
  ],
};
const gate = await gateForAllTests({
  origin,
  vars: { ...settings, ASSERTION_KEYS: privateSet(...keys) },
});
keysUrl = new URL(`http://127.0.0.1:${gate.port}/.postern/jwks.json`);
const { cookie, session } = await gate.kratos.createSession({
  traits: { email: 'zoë, "o’brien"@example.com', teams: ['staff, all', 'Straße'], plan: 'gold' },
});

const ask = async (headers: Record<string, string>, path = '/in', port = gate.port) => {
  const { status, text } = await get(port, path, headers);
  return { status, body: JSON.parse(text) };
};

async function assertionOf(port: number): Promise<string> {
  origin.take();
  await get(port, '/in', { Cookie: cookie });
  const sent = origin.take()[0]?.headers ?? [];
  return sent.find(([name]) => /^x-session-assertion$/i.test(name))?.[1] ?? '';
}

describe('readIdentity() behind the gate', () => {
  it('returns the person of the session, with claims and decoded headers', async () => {
    const { status, body } = await ask({ Cookie: cookie });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        id: session.identity.id,
        sessionId: session.id,
        assuranceLevel: session.authenticator_assurance_level,
        claims: { iss: GATE, aud: origin.url, plan: 'gold' },
        email: 'zoë, "o’brien"@example.com',
        teams: ['staff, all', 'Straße'],
      },
    });
    const signedInAt = Math.floor(Date.parse(String(session.authenticated_at)) / 1000) * 1000;
    expect(Date.parse(body.authenticatedAt)).toBe(signedInAt);
  });

  it('finds nobody where nobody has to be signed in', async () => {
    const { status, body } = await ask({}, '/open/page');
    expect([status, body.reason]).toEqual([401, 'assertion_missing']);
  });

  it('finds nobody in the headers of a client that reaches the origin around the gate', async () => {
    const headers = { 'X-User-Id': session.identity.id, 'X-User-Email': 'zoe@example.com' };
    const { status, body } = await ask(headers, '/in', origin.port);
    expect([status, body.reason]).toEqual([401, 'assertion_missing']);
  });

  it.each(['EdDSA', 'Ed25519'])('reads an assertion of a key with alg %s', async (alg) => {
    const key = { ...keys[1], alg };
    const vars = { ...settings, ASSERTION_KEYS: privateSet(key, keys[0] ?? {}) };
    await using other = await startGate({ origin, vars });
    const person = await other.kratos.createSession();
    const before = keysUrl;
    keysUrl = new URL(`http://127.0.0.1:${other.port}/.postern/jwks.json`);
    const { status, body } = await ask({ Cookie: person.cookie }, '/in', other.port);
    keysUrl = before;
    expect([status, body.id]).toEqual([200, person.session.identity.id]);
  });
});

describe('readIdentity() of an assertion that is not valid', async () => {
  const good = await assertionOf(gate.port);
  const [head = '', payload = '', signature = ''] = good.split('.');
  const claims = decodeJwt(good);
  const signed = (changed: object, header: object = {}) =>
    new SignJWT({ ...claims, ...changed })
      .setProtectedHeader({ ...decodeProtectedHeader(good), alg: 'ES256', ...header })
      .sign(ec.privateKey);
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const wrong: Record<string, string> = {
    'another subject under the same signature': `${head}.${encode({ ...claims, sub: 'x' })}.${signature}`,
    'no signature': `${head}.${payload}.`,
    'alg none': `${encode({ alg: 'none', typ: 'session-assertion+jwt' })}.${payload}.`,
    'not a JWT': 'x',
    'two assertions': `${good}, ${good}`,
    'another type of token': await signed({}, { typ: 'JWT' }),
    'no type': await signed({}, { typ: undefined }),
    'another issuer': await signed({ iss: 'https://evil.example' }),
    'another audience': await signed({ aud: 'https://elsewhere.example' }),
    'no audience': await signed({ aud: undefined }),
    'an expiry in the past': await signed({ exp: 1 }),
    'no expiry': await signed({ exp: undefined }),
    'no subject': await signed({ sub: undefined }),
    'no session': await signed({ sid: undefined }),
    'a time before which it is not valid': await signed({ nbf: 4_000_000_000 }),
    'an unknown key': await signed({}, { kid: 'k9' }),
    'a critical extension': await signed({}, { crit: ['x'], x: 1 }).catch(() => 'x'),
  };

  it.each(Object.entries(wrong))('answers 401 to %s', async (_, assertion) => {
    const { status, body } = await ask({ 'X-Session-Assertion': assertion }, '/in', origin.port);
    expect([status, body.reason]).toEqual([401, 'assertion_not_valid']);
    for (const part of assertion.split('.').filter((text) => text.length > 8)) {
      expect(body.message).not.toContain(part);
    }
  });

  it('accepts the same assertion unaltered', async () => {
    const { status } = await ask({ 'X-Session-Assertion': good }, '/in', origin.port);
    expect(status).toBe(200);
  });

  it('answers 503, not 401, while the keys cannot be fetched, and 200 afterwards', async () => {
    const request = new Request('http://origin.example/', {
      headers: { 'X-Session-Assertion': good },
    });
    const broken = await forAllTests(
      startNodeOrigin((_, response) => {
        if (isBroken) response.writeHead(500).end('<h1>down</h1>');
        else response.end(JSON.stringify(PUBLIC_SET));
      }),
    );
    let isBroken = true;
    const terms = { issuer: GATE, audience: origin.url, keys: new URL(broken.url) };
    expect(await readIdentity(request, terms)).toMatchObject({
      status: 503,
      reason: 'keys_unavailable',
    });
    isBroken = false;
    expect(await readIdentity(request, terms)).toMatchObject({ kind: 'identified' });
  });

  it('uses a key set that the caller gives', async () => {
    const request = { headers: { 'x-session-assertion': good } };
    const terms = { issuer: GATE, audience: origin.url, keys: PUBLIC_SET };
    expect(await readIdentity(request, terms)).toMatchObject({ kind: 'identified' });
    const others = { keys: PUBLIC_SET.keys.slice(1) };
    expect(await readIdentity(request, { ...terms, keys: others })).toMatchObject({ status: 401 });
  });

  it('returns no header that Postern cannot have written', async () => {
    const headers = { 'x-session-assertion': good, 'x-user-email': '%zz', 'x-user-teams': 'a,%' };
    const terms = { issuer: GATE, audience: origin.url, keys: PUBLIC_SET };
    const reading = await readIdentity({ headers }, terms);
    if (reading.kind !== 'identified') throw new Error(reading.message);
    const { identity } = reading;
    expect([identity.header('X-User-Email'), identity.list('X-User-Teams')]).toEqual([
      undefined,
      ['a'],
    ]);
  });

  it.each(['issuer', 'audience'])('throws without %s, which it would not check', async (name) => {
    const whole = { issuer: GATE, audience: origin.url, keys: PUBLIC_SET };
    const missing: unknown = undefined;
    for (const value of [missing, '', ['https://elsewhere.example', origin.url]]) {
      const terms: typeof whole = Object.assign({ ...whole }, { [name]: value });
      await expect(readIdentity({ headers: {} }, terms)).rejects.toThrow(name);
    }
  });
});

/** Rows J1 to J26: tokens that other verifiers have believed, each sent to the built gate over a raw socket. */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NO_REVOCATION_LOG } from '../../src/revocation/revocation-view.ts';
import { missingCorpus, readJsonSamples } from '../support/corpus.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import {
  createTestIssuer,
  encodePart,
  splitToken,
  type TestIssuer,
  type TokenParts,
  usualClaims,
} from '../support/token-issuer.ts';

const ISSUER = 'https://auth.example.test/';
const MARKED_ISSUER = 'https://marked.example.test/';

let gate: RunningGate;
let ec: TestIssuer;
let rsa: TestIssuer;
let ed: TestIssuer;
let marked: TestIssuer;

beforeAll(async () => {
  [ec, rsa, ed, marked] = await Promise.all([
    createTestIssuer({ issuer: ISSUER, algorithm: 'ES256' }),
    createTestIssuer({ issuer: ISSUER, algorithm: 'RS256' }),
    createTestIssuer({ issuer: ISSUER, algorithm: 'EdDSA' }),
    createTestIssuer({ issuer: MARKED_ISSUER, kid: 'marked' }),
  ]);
  gate = await startGate({
    vars: {
      ISSUERS: [
        {
          issuer: ISSUER,
          preset: 'kratos',
          audience: 'postern',
          algorithms: ['ES256', 'RS256', 'EdDSA'],
          keys: [ec.publicJwk, rsa.publicJwk, ed.publicJwk],
        },
        {
          issuer: MARKED_ISSUER,
          preset: 'kratos',
          audience: false,
          marker_claims: { tpl: 'postern' },
          algorithms: ['ES256'],
          keys: [marked.publicJwk],
        },
      ],
    },
  });
});
afterAll(() => gate.dispose());
beforeEach(() => gate.kratos.clearCalls());

const whoami = (token: string): Promise<RawResponse> =>
  get(gate.port, '/sessions/whoami', { Authorization: `Bearer ${token}` });
const now = () => gate.clock.now();
const make = (parts: TokenParts = {}) => ec.token(now(), parts);

/** Refused with this reason, as a verdict of ours: nobody was asked. */
async function expectRefused(token: string, ...reasons: string[]): Promise<void> {
  const response = await whoami(token);
  const reason = header(response, 'postern-reason') ?? '';
  expect([response.status, reasons], reason).toEqual([401, expect.arrayContaining([reason])]);
  if (reason.startsWith('token_')) {
    expect(header(response, 'www-authenticate')).toMatch(
      /^Bearer error="invalid_token", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]+"$/,
    );
  }
  expect((await gate.kratos.calls()).counts).toEqual({});
}

describe('tokens that are not good', () => {
  it('the good ones are good, or nothing here means anything', async () => {
    for (const issuer of [ec, rsa, ed]) {
      const response = await whoami(await issuer.token(now()));
      expect(response.status, issuer.algorithm).toBe(200);
    }
    const token = await marked.token(now(), { claims: { aud: undefined, tpl: 'postern' } });
    expect((await whoami(token)).status).toBe(200);
  });

  it('J1: no signature algorithm, in any case', async () => {
    const [, payload, signature] = splitToken(await make());
    for (const alg of ['none', 'None', 'NONE', 'nOnE', 'noNE', '']) {
      const head = encodePart({ alg, kid: ec.kid, typ: 'JWT' });
      await expectRefused(`${head}.${payload}.${signature}`, 'token_algorithm_refused');
      await expectRefused(`${head}.${payload}.`, 'token_malformed');
    }
  });

  it('J2: HMAC keyed with the public key, in every form the key has', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const texts = [
      pair.publicKey.export({ type: 'spki', format: 'pem' }),
      pair.publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(rsa.publicJwk),
      Buffer.from(rsa.publicJwk.n ?? '', 'base64url'),
      rsa.publicJwk.n ?? '',
    ];
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      for (const secret of texts) {
        const input = `${encodePart({ alg, kid: rsa.kid, typ: 'JWT' })}.${encodePart(usualClaims(ISSUER, now()))}`;
        const hash = `sha${alg.slice(2)}`;
        const mac = createHmac(hash, secret).update(input).digest('base64url');
        await expectRefused(`${input}.${mac}`, 'token_algorithm_refused');
      }
    }
  });

  it('J3: keys and addresses of keys in the header', async () => {
    const attacker = await createTestIssuer({ issuer: ISSUER, kid: 'mine' });
    for (const extra of [
      { jwk: attacker.publicJwk },
      { jku: `${gate.keycard.url}/openidconnect/jwks` },
      { x5u: `${gate.keycard.url}/chain.pem` },
      { x5c: ['MIIB'] },
      { x5t: 'abc' },
      { 'x5t#S256': 'abc' },
    ]) {
      const token = await attacker.token(now(), { header: extra });
      await expectRefused(token, 'token_header_refused');
    }
    expect((await gate.keycard.calls()).counts).toEqual({});
  });

  it('J4: critical extensions, known or not', async () => {
    for (const crit of [['x'], [], ['b64'], ['alg'], 'exp', null]) {
      await expectRefused(await make({ header: { crit } }), 'token_header_refused');
    }
  });

  it('J5: an unencoded payload, declared critical or not', async () => {
    await expectRefused(await make({ header: { b64: false } }), 'token_header_refused');
    await expectRefused(
      await make({ header: { b64: false, crit: ['b64'] } }),
      'token_header_refused',
    );
    await expectRefused(await make({ header: { zip: 'DEF' } }), 'token_header_refused');
  });

  it('J6: a claim that is required is missing', async () => {
    for (const name of ['exp', 'iat', 'sub', 'sid', 'aud']) {
      await expectRefused(await make({ claims: { [name]: undefined } }), 'token_claim_missing');
    }
    await expectRefused(await make({ claims: { iss: undefined } }), 'token_issuer_untrusted');
  });

  it('J7: times that are no times', async () => {
    const claims = usualClaims(ISSUER, now());
    for (const name of ['exp', 'iat', 'nbf'] as const) {
      for (const text of ['1e400', '-1', '0', '"9"', 'null', '[]', 'true', '1e15', '-1e400']) {
        const json = JSON.stringify({ ...claims, [name]: '@' }).replace('"@"', text);
        await expectRefused(await make({ claims: json }), 'token_claim_invalid');
      }
      const json = JSON.stringify({ ...claims, [name]: '@' }).replace('"@"', 'NaN');
      await expectRefused(await make({ claims: json }), 'token_malformed');
    }
  });

  it('J8: a life longer than configured', async () => {
    const iat = Math.floor(now() / 1000);
    const exp = iat + 10 * 365 * 86_400;
    await expectRefused(await make({ claims: { exp } }), 'token_lifetime_too_long');
    await expectRefused(await make({ claims: { exp: iat + 86_401 } }), 'token_lifetime_too_long');
    expect((await whoami(await make({ claims: { exp: iat + 86_400 } }))).status).toBe(200);
  });

  it('J9: issued or valid only later', async () => {
    const later = Math.floor(now() / 1000) + 3600;
    const exp = later + 60;
    await expectRefused(await make({ claims: { iat: later, exp } }), 'token_not_yet_valid');
    await expectRefused(await make({ claims: { nbf: later, exp } }), 'token_not_yet_valid');
    await expectRefused(
      await make({ claims: { nbf: Math.floor(now() / 1000) + 12 } }),
      'token_not_yet_valid',
    );
  });

  it('J10: an issuer that is not to the letter a configured one', async () => {
    for (const iss of [
      'https://auth.example.test',
      'https://auth.example.test//',
      'https://AUTH.example.test/',
      'HTTPS://auth.example.test/',
      ' https://auth.example.test/',
      'https://auth.example.test/\u0000',
      'https://evil.example.test/',
      '',
    ]) {
      await expectRefused(await make({ claims: { iss } }), 'token_issuer_untrusted');
    }
    for (const iss of [[ISSUER], { 0: ISSUER }, null, 1, true]) {
      await expectRefused(await make({ claims: { iss } }), 'token_issuer_untrusted');
    }
    // The issuer chooses the keys: another issuer's key proves nothing, under whichever name.
    const kid = { kid: ec.kid };
    await expectRefused(
      await marked.token(now(), { claims: { iss: ISSUER } }),
      'token_key_unknown',
    );
    await expectRefused(
      await marked.token(now(), { claims: { iss: ISSUER }, header: kid }),
      'token_signature_invalid',
    );
  });

  it('J11: an audience that is not ours, and none where a marker was asked for', async () => {
    for (const aud of ['other', ['other', 'another'], [], 'Postern', 'postern ']) {
      await expectRefused(await make({ claims: { aud } }), 'token_audience_mismatch');
    }
    for (const aud of [[['postern']], { 0: 'postern' }, 5, null, ['postern', 1]]) {
      await expectRefused(await make({ claims: { aud } }), 'token_claim_invalid');
    }
    const many = Array.from({ length: 10_000 }, () => 'a');
    await expectRefused(await make({ claims: { aud: many } }), 'token_too_long');
    expect((await whoami(await make({ claims: { aud: ['other', 'postern'] } }))).status).toBe(200);

    const withoutMarker = await marked.token(now(), { claims: { aud: undefined } });
    await expectRefused(withoutMarker, 'token_claim_missing');
    const wrongMarker = { claims: { aud: undefined, tpl: 'other' } };
    await expectRefused(await marked.token(now(), wrongMarker), 'token_claim_invalid');
    const withAudience = await marked.token(now(), { claims: { aud: 'x', tpl: 'postern' } });
    await expectRefused(withAudience, 'token_audience_mismatch');
  });

  it('J12: other kinds of token of the same issuer', async () => {
    for (const typ of ['at+jwt', 'application/at+jwt', 'logout+jwt', 'secevent+jwt', 'dpop+jwt']) {
      await expectRefused(await make({ header: { typ } }), 'token_type_refused');
    }
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    for (const claims of [
      { events },
      { nonce: 'n' },
      { at_hash: 'h' },
      { azp: 'c', nonce: 'n' },
      { client_id: 'c' },
    ]) {
      await expectRefused(await make({ claims }), 'token_claim_forbidden');
    }
  });

  it('J13: a member twice, in header or payload, at any level', async () => {
    const claims = JSON.stringify(usualClaims(ISSUER, now()));
    for (const extra of [
      '"exp":9999999999',
      '"sub":"other"',
      '"\\u0073ub":"other"',
      '"x":{"a":1,"a":2}',
    ]) {
      const json = `${claims.slice(0, -1)},${extra}}`;
      await expectRefused(await make({ claims: json }), 'token_malformed');
    }
    await expectRefused(await make({ header: '{"alg":"none","alg":"ES256"}' }), 'token_malformed');
    await expectRefused(
      await make({ header: `{"alg":"ES256","kid":"x","kid":"${ec.kid}"}` }),
      'token_malformed',
    );
  });

  it('J14: base64url with anything in it that decoders forgive', async () => {
    const [head, payload, signature] = splitToken(await make());
    const twisted = (text: string) => text.replace(/.$/, (last) => nextCharacter(last));
    for (const token of [
      `${head}=.${payload}.${signature}`,
      `${head}.${payload}==.${signature}`,
      `${head}.${payload}.${signature}==`,
      `${head}.${payload}.${signature}=`,
      `${head}.${payload}.${signature.slice(0, 8)}+/${signature.slice(10)}`,
      `${head}.${payload}.${signature.slice(0, 8)}%2B${signature.slice(11)}`,
      // 64 bytes are 86 characters: the last has four bits that carry nothing.
      `${head}.${payload}.${twisted(signature)}`,
    ]) {
      await expectRefused(token, 'token_malformed');
    }
    for (const token of [
      `${head}.${payload}.${signature.slice(0, 8)} ${signature.slice(8)}`,
      `${head}.${payload}\t.${signature}`,
    ]) {
      await expectRefused(token, 'credential_malformed');
    }
  });

  it('J15: the twin of an ES256 signature, of a token that is revoked', async () => {
    const { TokenSessions, now: at, token, twin, view, anchor } = await revocableToken();
    const credential = (value: string) =>
      ({ kind: 'jwt', carrier: { kind: 'bearer' }, value }) as const;
    expect(twin).not.toBe(token);
    for (const value of [token, twin]) {
      expect((await TokenSessions.resolve(credential(value), anchor)).outcome).toBe('signed-in');
    }
    view.revokedAt = at;
    for (const value of [token, twin, `${token}==`]) {
      const resolution = await TokenSessions.resolve(credential(value), anchor);
      expect(resolution).toMatchObject({ outcome: 'not-signed-in' });
    }
  });

  it('J16: dots upon dots', async () => {
    const [head, payload, signature] = splitToken(await make());
    await expectRefused(`${head}.${payload}.${signature}.`, 'token_malformed');
    await expectRefused(`${head}.${payload}.${signature}.${signature}`, 'token_malformed');
    await expectRefused(`${head}..${payload}.${signature}`, 'token_malformed');
    await expectRefused(
      `${head}.${payload}.${signature}.${signature}.${signature}`,
      'token_encrypted',
    );
    await expectRefused(`${head}${'.'.repeat(8000)}`, 'token_malformed');
    await expectRefused(`${head}${'.'.repeat(60_000)}`, 'token_too_long');
    expect((await whoami('.'.repeat(60_000))).status).toBe(401);
  });

  it('J17: encrypted tokens', async () => {
    for (const alg of ['RSA-OAEP', 'ECDH-ES', 'dir', 'PBES2-HS256+A128KW', 'A128KW']) {
      const head = encodePart({ alg, enc: 'A128GCM', p2c: 2e9, p2s: 'c2FsdA', zip: 'DEF' });
      await expectRefused(`${head}.aa.aaaa.aaaa.aaaa`, 'token_encrypted');
      await expectRefused(`${head}..aaaa.aaaa.aaaa`, 'token_encrypted');
      await expectRefused(`${head}.aaaa.aaaa`, 'token_encrypted');
    }
    await expectRefused(await make({ header: { cty: 'JWT' } }), 'token_nested');
  });

  it('J18: the JSON serialisations', async () => {
    const [head, payload, signature] = splitToken(await make());
    for (const json of [
      { protected: head, payload, signature },
      { payload, signatures: [{ protected: head, signature }] },
    ]) {
      const response = await whoami(JSON.stringify(json));
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(402);
    }
    expect((await gate.kratos.calls()).counts).toEqual({});
  });

  it('J19: payloads that are not plain objects', async (test) => {
    for (const payload of [
      '[]',
      '"text"',
      'null',
      '1',
      '',
      ' ',
      `\ufeff${JSON.stringify(usualClaims(ISSUER, now()))}`,
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      `${'{"a":'.repeat(9)}1${'}'.repeat(9)}`,
      JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`c${i}`, i]))),
    ]) {
      await expectRefused(await make({ claims: payload }), 'token_malformed');
    }
    const samples = readJsonSamples();
    if (samples === undefined) return test.skip(missingCorpus('json-parsing'));
    for (const { name, bytes } of samples) {
      const response = await whoami(await make({ claims: bytes }));
      expect([name, response.status]).toEqual([name, 401]);
    }
  }, 60_000);

  it('J20: claims named after what objects inherit', async () => {
    const polluted = JSON.stringify({ ...usualClaims(ISSUER, now()), '@': 1 }).replace(
      '"@":1',
      '"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"session":{"__proto__":{"admin":true},"identity":{"traits":{"__proto__":{"admin":true}}}}',
    );
    const response = await whoami(await make({ claims: polluted }));
    expect(response.status).toBe(200);
    const clean = await whoami(await make());
    expect(JSON.parse(clean.body.toString())).not.toHaveProperty('admin');
    expect(clean.body.toString()).not.toContain('admin');
  });

  it('J21: names of another form than a name', async () => {
    for (const name of ['sub', 'sid', 'jti']) {
      for (const value of [
        1,
        true,
        null,
        ['a'],
        { a: 1 },
        '',
        'a b',
        'a\r\nX: 1',
        'é',
        'x'.repeat(256),
      ]) {
        await expectRefused(await make({ claims: { [name]: value } }), 'token_claim_invalid');
      }
    }
  });

  it('J22: other schemes, and more or less than one token', async () => {
    const token = await make();
    const answer = async (authorization: string) => {
      const response = await get(gate.port, '/sessions/whoami', { Authorization: authorization });
      return [response.status, header(response, 'postern-reason')];
    };
    expect(await answer(`Basic ${token}`)).toEqual([401, 'credential_missing']);
    expect(await answer(`DPoP ${token}`)).toEqual([401, 'credential_missing']);
    expect(await answer('Bearer')).toEqual([401, 'credential_missing']);
    expect(await answer(`Bearer  ${token}`)).toEqual([401, 'credential_malformed']);
    expect(await answer(`Bearer ${token} ${token}`)).toEqual([401, 'credential_malformed']);
    expect(await answer(`Bearer ${token}, Bearer ${token}`)).toEqual([
      400,
      'credential_conflicting',
    ]);
    expect(await answer(token)).toEqual([401, 'credential_missing']);
  });

  it('J25: ten thousand repeats of one answer', async () => {
    const { TokenSessions, token, anchor } = await revocableToken();
    const bad = `${token.slice(0, -2)}AA`;
    const resolve = async (value: string) =>
      (await TokenSessions.resolve({ kind: 'jwt', carrier: { kind: 'bearer' }, value }, anchor))
        .outcome;
    for (let turn = 0; turn < 5000; turn += 1) {
      if ((await resolve(token)) !== 'signed-in') throw new Error(`turn ${turn}: good refused`);
      if ((await resolve(bad)) !== 'not-signed-in') throw new Error(`turn ${turn}: bad accepted`);
    }
  });

  it('J26: a token of a revoked session', async () => {
    const { TokenSessions, token, view, now: at, anchor } = await revocableToken();
    const credential = { kind: 'jwt', carrier: { kind: 'bearer' }, value: token } as const;
    expect((await TokenSessions.resolve(credential, anchor)).outcome).toBe('signed-in');
    view.revokedAt = at - 1;
    expect((await TokenSessions.resolve(credential, anchor)).outcome).toBe('signed-in');
    view.revokedAt = at;
    expect(await TokenSessions.resolve(credential, anchor)).toMatchObject({
      outcome: 'not-signed-in',
      reason: 'token_revoked',
    });
    expect(view.asked.at(-1)).toEqual({
      sessionId: 'c0ffee00-1111-4222-8333-444455556666',
      identityId: '9a1b7c52-5a55-4e0e-8d1f-2f2f0d6f3d11',
      issuer: ISSUER,
      tokenId: '0f4f6c3e-7c19-4d0b-9c43-6a4a9f3d2f55',
    });
  });

  it('forged signatures: empty, zero, short, of another curve, of another key', async () => {
    const [head, payload, signature] = splitToken(await make());
    const zero = Buffer.alloc(64).toString('base64url');
    const long = Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.alloc(1)]);
    for (const forged of [zero, 'AAAA', long.toString('base64url'), encodePart('x'.repeat(96))]) {
      await expectRefused(`${head}.${payload}.${forged}`, 'token_signature_invalid');
    }
    await expectRefused(`${head}.${payload}.`, 'token_malformed');
    const stranger = await createTestIssuer({ issuer: ISSUER, kid: ec.kid });
    await expectRefused(await stranger.token(now()), 'token_signature_invalid');
    await expectRefused(await ed.token(now(), { header: { kid: ec.kid } }), 'token_key_unknown');
    const other = await make({ header: { alg: 'ES384' } });
    await expectRefused(other, 'token_algorithm_refused');
    await expectRefused(await make({ header: { kid: 'unknown' } }), 'token_key_unknown');
    // Without a kid there is one ES256 key it can be.
    expect((await whoami(await make({ header: { kid: undefined } }))).status).toBe(200);
  });
});

/** The next character of the alphabet: the same bytes to a decoder that forgives. */
function nextCharacter(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[(alphabet.indexOf(character) + 1) % 64] ?? 'A';
}

/** The room itself with a revocation view that a test moves, and a token with the twin of its signature. */
async function revocableToken() {
  const { TokenSessions } = await import('../../src/tokens/token-sessions.ts');
  const { createTrustedIssuer } = await import('../../src/tokens/trusted-issuer.ts');
  const { createInlineKeys } = await import('../../src/tokens/issuer-keys.ts');
  const at = 1_800_000_000_000;
  const view = { revokedAt: 0, asked: [] as unknown[] };
  const settings = {
    issuer: ISSUER,
    preset: 'kratos',
    audience: ['postern'],
    algorithms: ['ES256'],
    allow_other_origin: false,
    required_claims: [],
    marker_claims: {},
    clock_tolerance_seconds: 5,
    max_lifetime_seconds: 86_400,
    session_fields: {},
    keys: undefined,
  } as const;
  const { kid, alg, use, ...jwk } = ec.publicJwk;
  const keys = createInlineKeys([{ kid, algorithm: 'ES256', jwk }]);
  const sessions = new TokenSessions({
    issuers: [
      createTrustedIssuer(
        { ...settings, audience: ['postern'], algorithms: ['ES256'], required_claims: [] },
        keys,
      ),
    ],
    revocation: {
      ...NO_REVOCATION_LOG,
      tokenNotBefore: (subject) => {
        view.asked.push(subject);
        return view.revokedAt;
      },
    },
    believedUnheldMs: 0,
    now: () => at,
  });
  const token = await ec.token(at);
  return { TokenSessions: sessions, now: at, token, twin: twinOf(token), view, anchor: () => {} };
}

/** (r, n - s) verifies wherever (r, s) does. */
function twinOf(token: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const [head, payload, signature] = splitToken(token);
  const bytes = Buffer.from(signature, 'base64url');
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([
    bytes.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
  ]);
  return `${head}.${payload}.${twin.toString('base64url')}`;
}

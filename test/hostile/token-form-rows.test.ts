/** Tokens in forms that other verifiers have accepted, each sent to the built gate over a raw socket. */

import { createHmac, generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import {
  createTestIssuer,
  encodePart,
  splitToken,
  type TokenParts,
  usualClaims,
} from '../support/token-issuer.ts';
import { ISSUER, startTokenGate } from './token-gate.ts';

const gate = await forAllTests(startTokenGate());
const { ec, rsa, ed } = gate;
beforeEach(() => gate.kratos.clearCalls());

const now = () => gate.clock.now();
const make = (parts: TokenParts = {}) => ec.token(now(), parts);
const whoami = (token: string) => gate.whoami(token);
const expectRefused = (token: string, reason: string) => gate.expectRefused(token, reason);

describe('a token is refused for', () => {
  it('control: unmodified tokens are accepted', async () => {
    for (const issuer of [ec, rsa, ed]) {
      const response = await whoami(await issuer.token(now()));
      expect(response.status, issuer.algorithm).toBe(200);
    }
  });

  it('J1: no signature algorithm, in any case', async () => {
    const [, payload, signature] = splitToken(await make());
    for (const alg of ['none', 'None', 'NONE', 'nOnE', 'noNE', '']) {
      const head = encodePart({ alg, kid: ec.kid, typ: 'JWT' });
      await expectRefused(`${head}.${payload}.${signature}`, 'token_algorithm_refused');
      await expectRefused(`${head}.${payload}.`, 'token_malformed');
    }
  });

  // RFC 7518 sections 3.3 and 3.4, RFC 8032 section 5.1.7: the length of a signature is fixed. The runtime throws for some.
  it('a signature of another length, with each algorithm', async () => {
    for (const issuer of [ec, rsa, ed]) {
      const [head, payload, signature] = splitToken(await issuer.token(now()));
      const bytes = Buffer.from(signature, 'base64url');
      for (const other of [
        bytes.subarray(0, -1),
        bytes.subarray(1),
        bytes.subarray(0, 1),
        Buffer.concat([bytes, Buffer.of(0)]),
        Buffer.concat([Buffer.of(0), bytes]),
        Buffer.concat([bytes, bytes]),
      ]) {
        const token = `${head}.${payload}.${encodePart(other)}`;
        await expectRefused(token, 'token_signature_invalid');
      }
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
      // 64 bytes are 86 characters: four bits of the last one are unused.
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

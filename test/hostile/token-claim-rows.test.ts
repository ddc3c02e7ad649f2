/** Tokens with claims that other verifiers have accepted, each correctly signed and sent to the built gate over a raw socket. */

import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { JSON_TEXTS } from '../support/hostile-input/json-texts.ts';
import { get, header } from '../support/raw-http.ts';
import { type TokenParts, usualClaims } from '../support/token-issuer.ts';
import { ISSUER, startTokenGate } from './token-gate.ts';

const gate = await forAllTests(startTokenGate());
const { ec, marked } = gate;
beforeEach(() => gate.kratos.clearCalls());

const now = () => gate.clock.now();
const make = (parts: TokenParts = {}) => ec.token(now(), parts);
const whoami = (token: string) => gate.whoami(token);
const expectRefused = (token: string, reason: string) => gate.expectRefused(token, reason);

describe('a token is refused for', () => {
  it('J6: a missing required claim', async () => {
    for (const name of ['exp', 'iat', 'sub', 'sid', 'aud']) {
      await expectRefused(await make({ claims: { [name]: undefined } }), 'token_claim_missing');
    }
    await expectRefused(await make({ claims: { iss: undefined } }), 'token_issuer_untrusted');
  });

  it('J7: times in another form than a number', async () => {
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

  it('a number no double holds, at any depth', async () => {
    const claims = usualClaims(ISSUER, now());
    for (const text of ['1e999', '{"level":[0,-1e999]}']) {
      const json = JSON.stringify({ ...claims, session: { level: '@' } }).replace('"@"', text);
      await expectRefused(await make({ claims: json }), 'token_claim_invalid');
    }
  });

  it('J8: a lifetime above the configured one', async () => {
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

  it('J10: an issuer that differs from every configured one in any character', async () => {
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
    // The issuer chooses the keys: another issuer's key is not accepted, under any name.
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

  it('J11: an audience for another site, or a missing required marker', async () => {
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

  it('J12: another kind of token of the same issuer', async () => {
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

  it('J31: a valid token beyond a limit, with the name of the limit', async () => {
    const nested = (depth: number) => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
    const listed = (depth: number) => JSON.parse(`${'['.repeat(depth)}1${']'.repeat(depth)}`);
    const wide = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`c${index}`, index]));
    const own = Object.keys(usualClaims(ISSUER, now())).length;
    for (const claims of [{ x: nested(7) }, { x: listed(7) }, wide(64 - own)]) {
      expect((await whoami(await make({ claims }))).status).toBe(200);
    }
    await expectRefused(await make({ claims: { x: nested(8) } }), 'token_too_deep');
    await expectRefused(await make({ claims: { x: listed(8) } }), 'token_too_deep');
    await expectRefused(await make({ claims: wide(70) }), 'token_too_many_claims');
    await expectRefused(await make({ claims: wide(65 - own) }), 'token_too_many_claims');
    const header = { jwk: nested(8) };
    await expectRefused(await make({ header }), 'token_header_refused');
    const answer = await whoami(await make({ claims: { x: nested(8) } }));
    expect(JSON.parse(answer.text).error.reason).toContain('8 levels');
    expect(answer.headers.map(String).join()).not.toContain('compact form');
  });

  it('J19: a payload that is no plain object', async () => {
    for (const payload of [
      '[]',
      '"text"',
      'null',
      '1',
      '',
      ' ',
      `\ufeff${JSON.stringify(usualClaims(ISSUER, now()))}`,
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    ]) {
      await expectRefused(await make({ claims: payload }), 'token_malformed');
    }
    for (const { name, bytes } of JSON_TEXTS) {
      const response = await whoami(await make({ claims: bytes }));
      expect([name, response.status]).toEqual([name, 401]);
    }
  }, 60_000);

  it('J20: claims with the names of inherited members', async () => {
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

  it('J21: ids in another form than an id', async () => {
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

  it('J22: another scheme, and more or fewer tokens than one', async () => {
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
});

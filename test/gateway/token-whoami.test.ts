/** `/sessions/whoami` for tokens, by the built gate. */

import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header } from '../support/raw-http.ts';
import { createTestIssuer, usualClaims } from '../support/token-issuer.ts';
import { bearer, INLINE_ISSUER, startTokenSite } from './token-site.ts';

const gate = await forAllTests(startTokenSite());
beforeEach(() => gate.clearAllCalls());

const whoami = (token: string) => get(gate.port, '/sessions/whoami', bearer(token));
const jsonOf = (response: RawResponse) => JSON.parse(response.body.toString());
const inlineToken = (claims: object = {}) => gate.inlineToken(claims);
const zoneToken = (options: object = {}) => gate.zoneToken(options);

describe('whoami for a token of Kratos', () => {
  it('answers the session that the mapper put into it, with any signer, and makes no call', async () => {
    const { token, session } = await gate.kratos.createSession({
      traits: { email: 'ada@example.test' },
    });
    for (const algorithm of ['ES256', 'RS256', 'EdDSA']) {
      const tokenized = await gate.kratos.tokenize(token, algorithm);
      await gate.kratos.clearCalls();
      const response = await whoami(tokenized);
      expect(response.status).toBe(200);
      expect(jsonOf(response)).toEqual(session);
      expect(header(response, 'x-kratos-authenticated-identity-id')).toBe(session.identity.id);
      expect(header(response, 'content-type')).toBe('application/json; charset=utf-8');
      expect(header(response, 'cache-control')).toBe('private, no-store');
      const { counts } = await gate.kratos.calls();
      expect(Object.keys(counts).filter((call) => call !== 'GET /tokenizer/jwks.json')).toEqual([]);
    }
  });

  it('answers only the content of the claims if the token holds no session', async () => {
    const claims = usualClaims(INLINE_ISSUER, gate.clock.now());
    const response = await whoami(await inlineToken());
    expect(jsonOf(response)).toEqual({
      id: claims.sid,
      active: true,
      expires_at: new Date(claims.exp * 1000).toISOString(),
      identity: { id: claims.sub },
    });
  });

  it('names the source of the answer', async () => {
    const iat = Math.floor(gate.clock.now() / 1000) - 120;
    const token = await inlineToken({ jti: 'where', iat });
    const first = await whoami(token);
    expect(header(first, 'cache-status')).toMatch(/^postern; hit; ttl=\d+; detail=signature$/);
    const second = await whoami(token);
    expect(header(second, 'cache-status')).toMatch(/^postern; hit; ttl=\d+; detail=memory$/);
    for (const response of [first, second]) {
      expect(Number(header(response, 'age')) - 120).toBeOneOf([0, 1, 2]); // since it was issued
    }
  });

  it('ends with the token, despite its cache entry', async () => {
    const exp = Math.floor(gate.clock.now() / 1000) + 60;
    const token = await inlineToken({ exp });
    expect((await whoami(token)).status).toBe(200);
    await gate.clock.advance(62_000);
    expect((await whoami(token)).status).toBe(200); // within the tolerance of 5 s
    await gate.clock.advance(4_000);
    const response = await whoami(token);
    expect(response.status).toBe(401);
    expect(header(response, 'postern-reason')).toBe('token_expired');
  });

  it('cannot be tokenized again', async () => {
    const token = await inlineToken();
    const response = await get(gate.port, '/sessions/whoami?tokenize_as=plain', bearer(token));
    expect(response.status).toBe(400);
    expect(jsonOf(response).error.code).toBe(400);
    expect((await gate.kratos.calls()).counts).toEqual({});
  });

  it('is read from a token cookie, after the session cookie and before the bearer', async () => {
    const token = await inlineToken();
    const { cookie, session } = await gate.kratos.createSession();
    const answer = async (headers: Record<string, string>) => {
      const response = await get(gate.port, '/sessions/whoami', headers);
      return response.status === 200 ? jsonOf(response).id : response.status;
    };
    const { sid } = usualClaims(INLINE_ISSUER, 0);
    expect(await answer({ Cookie: `app_token=${token}` })).toBe(sid);
    expect(await answer({ Cookie: `app_token=${token}; ${cookie}` })).toBe(session.id);
    expect(await answer({ Cookie: `app_token=${token}`, ...bearer('x'.repeat(40)) })).toBe(sid);
    expect(await answer({ Cookie: 'app_token=not-a-token-at-all' })).toBe(401);
    expect(await answer({ Cookie: `APP_TOKEN=${token}` })).toBe(401);
  });

  it('leaves credentials in other forms to Kratos', async () => {
    const { token } = await gate.kratos.createSession();
    expect((await whoami(token)).status).toBe(200);
    const dotted = await gate.kratos.createSession({ token: 'not.a.token.but.an.opaque.value' });
    expect((await whoami(dotted.token)).status).toBe(200);
  });
});

describe('whoami for a token of a Keycard zone', () => {
  // Keycard's verifiers have no tolerance after `exp`, and read no times with fractions (`TokenVerifier` and
  // `JWTAccessToken` of keycardai-oauth 0.33.2).
  it.each([
    ['ended a second ago', { exp: -1 }, 'token_expired'],
    ['ends in a fraction of a second', { exp: 600.5 }, 'token_claim_invalid'],
    ['was issued at a fraction of a second', { iat: -9.5 }, 'token_claim_invalid'],
  ])('refuses a token that %s', async (_, times, reason) => {
    const now = Math.floor(gate.clock.now() / 1000);
    const claims = Object.entries({ iat: -60, exp: 600, ...times });
    const absolute = Object.fromEntries(claims.map(([name, seconds]) => [name, now + seconds]));
    const response = await whoami(await zoneToken({ claims: absolute }));
    expect([response.status, header(response, 'postern-reason')]).toEqual([401, reason]);
  });

  it('ends with the second of exp, despite its cache entry', async () => {
    const exp = Math.floor(gate.clock.now() / 1000) + 60;
    const token = await zoneToken({ claims: { exp } });
    expect((await whoami(token)).status).toBe(200);
    await gate.clock.advance(exp * 1000 - gate.clock.now());
    const response = await whoami(token);
    expect([response.status, header(response, 'postern-reason')]).toEqual([401, 'token_expired']);
  });

  it.each([
    ['authorization_details', { type: 'payment' }],
    ['authorization_details', ['payment']],
    ['resource', ['https://app.example.test']],
    ['scp', [1]],
  ])('refuses a token with %s as %j, as Keycard does', async (name, value) => {
    const response = await whoami(await zoneToken({ claims: { [name]: value } }));
    expect(header(response, 'postern-reason')).toBe('token_claim_invalid');
  });

  it('answers a user’s session in Keycard’s shape', async () => {
    const token = await zoneToken({
      subject: 'user-7',
      clientId: 'client-9',
      applicationId: 'app_7f3',
      scope: 'read write',
      claims: { sid: 'session-1', auth_time: 1_700_000_000 },
    });
    const response = await whoami(token);
    expect(response.status).toBe(200);
    expect(jsonOf(response)).toEqual({
      id: 'session-1',
      session_type: 'user',
      user_id: 'user-7',
      application_id: 'app_7f3',
      subject: 'user-7',
      issuer: gate.keycardIssuer,
      status: 'active',
      active: true,
      authenticated_at: '2023-11-14T22:13:20.000Z',
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      session_data: { client_id: 'client-9', scope: 'read write' },
    });
  });

  it('answers an application’s session for its own token', async () => {
    const application = { subject: 'app_7f3', applicationId: 'app_7f3', clientId: 'credential-2' };
    expect(jsonOf(await whoami(await zoneToken(application)))).toEqual({
      session_type: 'application',
      application_id: 'app_7f3',
      provider_id: gate.keycardIssuer,
      subject: 'app_7f3',
      issuer: gate.keycardIssuer,
      status: 'active',
      active: true,
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      session_data: { client_id: 'credential-2' },
    });
  });

  it('answers an application’s session for a token of a zone without Keycard’s own claims', async () => {
    const claims = { sub_profile: null, keycard_app_id: null };
    const token = await zoneToken({ subject: 'client-9', clientId: 'client-9', claims });
    const session = jsonOf(await whoami(token));
    expect(session).toMatchObject({ session_type: 'application', application_id: 'client-9' });
    expect(session).not.toHaveProperty('user_id');
  });

  it('accepts the token that the zone’s own endpoint issues', async () => {
    const answer = await fetch(`${gate.keycard.url}/oauth/2/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa('client-1:secret')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'postern' }),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    expect(jsonOf(await whoami(token))).toMatchObject({ session_type: 'application' });
  });

  it('refuses a token without client_id, and one that is not RS256', async () => {
    const without = await whoami(await zoneToken({ claims: { client_id: null } }));
    expect(header(without, 'postern-reason')).toBe('token_claim_missing');
    const other = await createTestIssuer({ issuer: gate.keycardIssuer });
    const wrong = await whoami(await other.token(gate.clock.now()));
    expect(header(wrong, 'postern-reason')).toBe('token_algorithm_refused');
  });
});

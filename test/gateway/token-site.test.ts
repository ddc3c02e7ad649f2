/** The gated site and the published documents, for tokens, by the built gate. */

import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header, headerValues, request } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { usualClaims } from '../support/token-issuer.ts';
import { bearer, INLINE_ISSUER, METADATA_URL, startTokenSite } from './token-site.ts';

const gate = await forAllTests(startTokenSite());
beforeEach(() => gate.clearAllCalls());

const jsonOf = (response: RawResponse) => JSON.parse(response.body.toString());
const inlineToken = (claims: object = {}) => gate.inlineToken(claims);
const zoneToken = (options: object = {}) => gate.zoneToken(options);

describe('the gated site', () => {
  const site = (path: string, headers: Record<string, string> = {}) =>
    get(gate.port, path, { Accept: 'application/json', ...headers });
  const seenBy = async (response: RawResponse) =>
    new Map<string, string>(
      (jsonOf(response).headers as [string, string][]).map(([name, value]) => [
        name.toLowerCase(),
        value,
      ]),
    );

  it('gets the same identity headers for a Kratos token, and not the token', async () => {
    const token = await inlineToken({ email: 'ada@example.test', ext: { team: 'red' } });
    const response = await site('/page', { Cookie: `a=1; app_token=${token}; b=2` });
    const seen = await seenBy(response);
    expect(seen.get('x-user-id')).toBe(usualClaims(INLINE_ISSUER, 0).sub);
    expect(seen.get('x-user-email')).toBe('ada@example.test');
    expect(seen.get('x-team')).toBe('red');
    expect(seen.get('cookie')).toBe('a=1; b=2');
    expect(JSON.stringify([...seen])).not.toContain(token.slice(-20));
    expect(header(response, 'cache-status')).toContain('detail=signature');
  });

  it('gets the same headers for a Keycard token, and not the bearer', async () => {
    const token = await zoneToken({ subject: 'user-7', clientId: 'client-9' });
    const seen = await seenBy(await site('/page', bearer(token)));
    expect(seen.get('x-user-id')).toBe('user-7');
    expect(seen.get('x-client')).toBe('client-9');
    expect(seen.has('authorization')).toBe(false);
  });

  it('refuses an invalid token with a challenge that states the error', async () => {
    const response = await site('/page', bearer(await inlineToken({ exp: 1_000_000, iat: 1 })));
    expect(response.status).toBe(401);
    expect(header(response, 'www-authenticate')).toBe(
      `Bearer error="invalid_token", error_description="The token has expired.", resource_metadata="${METADATA_URL}"`,
    );
    expect((await gate.origin.calls()).counts).toEqual({});
  });

  it('sends requests without a credential to the metadata, without an error', async () => {
    const response = await site('/page');
    expect(header(response, 'www-authenticate')).toBe(`Bearer resource_metadata="${METADATA_URL}"`);
  });

  it('lets an invalid token pass as anonymous if the session is optional', async () => {
    const seen = await seenBy(
      await site('/maybe/x', bearer(await inlineToken({ exp: 9, iat: 1 }))),
    );
    expect(seen.has('x-user-id')).toBe(false);
  });

  it('answers 503 and never 401 if the keys are unavailable', async () => {
    const fresh = await startGate({
      vars: ({ keycard }) => ({
        KEYS_TIMEOUT_MS: 300,
        ISSUERS: [
          {
            issuer: keycard,
            preset: 'keycard',
            audience: 'postern',
            algorithms: ['RS256'],
            jwks_url: `${keycard}/openidconnect/jwks`,
          },
        ],
      }),
    });
    try {
      const token = await fresh.keycard.createToken({ audience: 'postern' });
      await fresh.keycard.control({ keySet: 'down' });
      for (const path of ['/page', '/maybe', '/sessions/whoami']) {
        const response = await get(fresh.port, path, {
          ...bearer(token),
          Accept: 'text/html',
          'Sec-Fetch-Mode': 'navigate',
        });
        expect([path, response.status]).toEqual([path, 503]);
        expect(header(response, 'postern-reason')).toBe('issuer_keys_unavailable');
        expect(Number(header(response, 'retry-after'))).toBeGreaterThan(0);
      }
      expect((await fresh.origin.calls()).counts).toEqual({});
      const ready = await get(fresh.port, '/.postern/health/ready');
      expect([ready.status, Object.keys(jsonOf(ready).errors)]).toEqual([503, ['keys']]);
      await fresh.keycard.reset();
      await fresh.clock.advance(60_000);
      expect((await get(fresh.port, '/.postern/health/ready')).status).toBe(200);
    } finally {
      await fresh.dispose();
    }
  });
});

describe('documents for resource servers and clients', () => {
  it('/.postern/jwks.json has only the public half of the inline keys', async () => {
    const response = await get(gate.port, '/.postern/jwks.json');
    expect(response.status).toBe(200);
    expect(jsonOf(response)).toEqual({ keys: [gate.inline.publicJwk] });
    expect(header(response, 'content-type')).toBe('application/jwk-set+json');
    const head = await request(gate.port, { method: 'HEAD', target: '/.postern/jwks.json' });
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });

  it('/.well-known/oauth-protected-resource names the zones (RFC 9728)', async () => {
    const response = await get(gate.port, '/.well-known/oauth-protected-resource');
    expect(jsonOf(response)).toEqual({
      resource: 'https://app.example.test',
      authorization_servers: [gate.keycardIssuer],
      bearer_methods_supported: ['header'],
      resource_name: 'app.example.test',
    });
    expect(headerValues(response, 'access-control-allow-origin')).toEqual(['*']);
  });
});

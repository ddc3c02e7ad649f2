/** Tokenized sessions through the built gate: whoami, the gated site, challenges, published keys, calls made and not made. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header, headerValues, request } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { createTestIssuer, type TestIssuer, usualClaims } from '../support/token-issuer.ts';

const INLINE_ISSUER = 'https://auth.example.test/';
const KEY_SET = 'GET /openidconnect/jwks';
const METADATA_URL = 'https://app.example.test/.well-known/oauth-protected-resource';
const RUNS = Number(process.env.POSTERN_PROPERTY_RUNS ?? 300);

let gate: RunningGate;
let inline: TestIssuer;
let keycardIssuer: string;

beforeAll(async () => {
  inline = await createTestIssuer({ issuer: INLINE_ISSUER });
  gate = await startGate({
    kv: 'faulty',
    vars: ({ kratos, keycard }) => {
      keycardIssuer = keycard;
      return {
        TOKEN_COOKIE_NAMES: ['app_token'],
        IDENTITY_HEADERS: {
          'X-User-Id': 'identity.id',
          'X-User-Email': 'identity.traits.email',
          'X-Team': 'identity.metadata_public.team',
          'X-Client': 'session_data.client_id',
        },
        RULES: [
          { path: '/public/*', session: 'none' },
          { path: '/maybe/*', session: 'optional' },
        ],
        KEY_SET_SECRET: 'a secret of tests, thirty-two characters or more',
        ISSUERS: [
          {
            issuer: INLINE_ISSUER,
            preset: 'kratos',
            audience: 'postern',
            algorithms: ['ES256'],
            keys: { keys: [inline.publicJwk] },
            session_fields: {
              'identity.traits.email': 'email',
              'identity.metadata_public.team': 'ext.team',
            },
          },
          {
            issuer: `${kratos}/`,
            preset: 'kratos',
            audience: 'postern',
            algorithms: ['ES256', 'RS256', 'EdDSA'],
            jwks_url: `${kratos}/tokenizer/jwks.json`,
          },
          {
            issuer: keycard,
            preset: 'keycard',
            audience: ['postern', 'https://app.example.test'],
            algorithms: ['RS256'],
            discovery: true,
          },
        ],
      };
    },
  });
  await gate.kratos.control({
    publicUrl: gate.kratos.url,
    tokenizers: Object.fromEntries(
      (['ES256', 'RS256', 'EdDSA'] as const).map((algorithm) => [
        algorithm,
        { algorithm, mapsSession: true, claims: { aud: 'postern' } },
      ]),
    ),
  });
});
afterAll(() => gate.dispose());
beforeEach(async () => {
  await Promise.all([
    gate.kratos.clearCalls(),
    gate.keycard.clearCalls(),
    gate.origin.clearCalls(),
    gate.kv.clearCalls(),
  ]);
});

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const whoami = (token: string) => get(gate.port, '/sessions/whoami', bearer(token));
const jsonOf = (response: RawResponse) => JSON.parse(response.body.toString());
const inlineToken = (claims: object = {}) => inline.token(gate.clock.now(), { claims });
const zoneToken = (options: object = {}) =>
  gate.keycard.createToken({ audience: 'postern', ...options });

describe('whoami for a token of Kratos', () => {
  it('answers the session that the mapper put into it, whatever signed it, and asks nobody', async () => {
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

  it('answers only what the claims prove when there is no session in it', async () => {
    const claims = usualClaims(INLINE_ISSUER, gate.clock.now());
    const response = await whoami(await inlineToken());
    expect(jsonOf(response)).toEqual({
      id: claims.sid,
      active: true,
      expires_at: new Date(claims.exp * 1000).toISOString(),
      identity: { id: claims.sub },
    });
  });

  it('says where the answer came from', async () => {
    const token = await inlineToken({ jti: 'where' });
    const first = await whoami(token);
    expect(header(first, 'cache-status')).toMatch(/^postern; hit; ttl=\d+; detail=signature$/);
    const second = await whoami(token);
    expect(header(second, 'cache-status')).toMatch(/^postern; hit; ttl=\d+; detail=memory$/);
    expect(Number(header(second, 'age'))).toBeLessThan(60);
  });

  it('ends with the token, though it was remembered', async () => {
    const exp = Math.floor(gate.clock.now() / 1000) + 60;
    const token = await inlineToken({ exp });
    expect((await whoami(token)).status).toBe(200);
    await gate.clock.advance(64_000);
    expect((await whoami(token)).status).toBe(200); // within the tolerance
    await gate.clock.advance(2_000);
    const response = await whoami(token);
    expect(response.status).toBe(401);
    expect(header(response, 'postern-reason')).toBe('token_expired');
  });

  it('cannot be tokenized once more', async () => {
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

  it('leaves credentials that are no tokens to Kratos', async () => {
    const { token } = await gate.kratos.createSession();
    expect((await whoami(token)).status).toBe(200);
    const dotted = await gate.kratos.createSession({ token: 'not.a.token.but.an.opaque.value' });
    expect((await whoami(dotted.token)).status).toBe(200);
  });
});

describe('whoami for a token of a Keycard zone', () => {
  it('answers a user’s session in Keycard’s shape', async () => {
    const token = await zoneToken({
      subject: 'user-7',
      clientId: 'client-9',
      scope: 'read write',
      claims: { jti: 'token-1', auth_time: 1_700_000_000 },
    });
    const response = await whoami(token);
    expect(response.status).toBe(200);
    expect(jsonOf(response)).toEqual({
      id: 'token-1',
      session_type: 'user',
      user_id: 'user-7',
      application_id: 'client-9',
      subject: 'user-7',
      issuer: keycardIssuer,
      status: 'active',
      active: true,
      authenticated_at: '2023-11-14T22:13:20.000Z',
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      session_data: { client_id: 'client-9', scope: 'read write' },
    });
  });

  it('answers an application’s session for its own token', async () => {
    const token = await zoneToken({ subject: 'client-9', clientId: 'client-9' });
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
    expect((await whoami(token)).status).toBe(200);
  });

  it('refuses a token without client_id, and one that is not RS256', async () => {
    const without = await whoami(await zoneToken({ claims: { client_id: null } }));
    expect(header(without, 'postern-reason')).toBe('token_claim_missing');
    const other = await createTestIssuer({ issuer: keycardIssuer });
    const wrong = await whoami(await other.token(gate.clock.now()));
    expect(header(wrong, 'postern-reason')).toBe('token_algorithm_refused');
  });
});

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

  it('gets them for a Keycard token, and not the bearer', async () => {
    const token = await zoneToken({ subject: 'user-7', clientId: 'client-9' });
    const seen = await seenBy(await site('/page', bearer(token)));
    expect(seen.get('x-user-id')).toBe('user-7');
    expect(seen.get('x-client')).toBe('client-9');
    expect(seen.has('authorization')).toBe(false);
  });

  it('is closed to a bad token, with a challenge that says why', async () => {
    const response = await site('/page', bearer(await inlineToken({ exp: 1_000_000, iat: 1 })));
    expect(response.status).toBe(401);
    expect(header(response, 'www-authenticate')).toBe(
      `Bearer error="invalid_token", error_description="The token expired.", resource_metadata="${METADATA_URL}"`,
    );
    expect((await gate.origin.calls()).counts).toEqual({});
  });

  it('sends those without a credential to the metadata, without an error', async () => {
    const response = await site('/page');
    expect(header(response, 'www-authenticate')).toBe(`Bearer resource_metadata="${METADATA_URL}"`);
  });

  it('lets a bad token pass where a session is optional, as nobody', async () => {
    const seen = await seenBy(
      await site('/maybe/x', bearer(await inlineToken({ exp: 9, iat: 1 }))),
    );
    expect(seen.has('x-user-id')).toBe(false);
  });

  it('answers 503 and never 401 when the keys cannot be had', async () => {
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
    } finally {
      await fresh.dispose();
    }
  });
});

describe('documents for others', () => {
  it('/.postern/jwks.json has the public half of the inline keys and nothing more', async () => {
    const response = await get(gate.port, '/.postern/jwks.json');
    expect(response.status).toBe(200);
    expect(jsonOf(response)).toEqual({ keys: [inline.publicJwk] });
    expect(header(response, 'content-type')).toBe('application/jwk-set+json');
    const head = await request(gate.port, { method: 'HEAD', target: '/.postern/jwks.json' });
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });

  it('/.well-known/oauth-protected-resource names the zones (RFC 9728)', async () => {
    const response = await get(gate.port, '/.well-known/oauth-protected-resource');
    expect(jsonOf(response)).toEqual({
      resource: 'https://app.example.test',
      authorization_servers: [keycardIssuer],
      bearer_methods_supported: ['header'],
    });
    expect(headerValues(response, 'access-control-allow-origin')).toEqual(['*']);
  });
});

describe('calls', () => {
  it('twenty cold concurrent verifications look at the keys once; warm ones never, nor at KV', async () => {
    const cold = await startGate({
      kv: 'faulty',
      vars: ({ keycard }) => ({
        KEY_SET_SECRET: 'a secret of tests, thirty-two characters or more',
        ISSUERS: [
          {
            issuer: keycard,
            preset: 'keycard',
            audience: 'postern',
            algorithms: ['RS256'],
            discovery: true,
          },
        ],
      }),
    });
    try {
      const tokens = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          cold.keycard.createToken({ audience: 'postern', subject: `user-${index}` }),
        ),
      );
      await cold.keycard.control({ delayMs: 50 });
      const ask = () =>
        Promise.all(tokens.map((token) => get(cold.port, '/sessions/whoami', bearer(token))));
      const subjects = (responses: RawResponse[]) =>
        responses.map((response) => jsonOf(response).subject);
      const expected = tokens.map((_, index) => `user-${index}`);
      expect(subjects(await ask())).toEqual(expected);
      expect((await cold.keycard.calls()).counts[KEY_SET]).toBe(1);
      const reads = (await cold.kv.calls()).filter(({ operation }) => operation === 'get');
      expect(reads.length).toBe(1);
      await Promise.all([cold.keycard.clearCalls(), cold.kv.clearCalls()]);
      for (let round = 0; round < 3; round += 1) expect(subjects(await ask())).toEqual(expected);
      expect((await cold.keycard.calls()).counts).toEqual({});
      expect(await cold.kv.calls()).toEqual([]);
      expect((await cold.kratos.calls()).counts).toEqual({});
    } finally {
      await cold.dispose();
    }
  });

  it('keys rotate while requests run: no good token fails, no removed key’s token passes for long', async () => {
    const old = await zoneToken({ ttlSeconds: 86_400 });
    let running = true;
    const failures: unknown[] = [];
    const load = async () => {
      while (running) {
        const response = await whoami(await zoneToken({ subject: crypto.randomUUID() }));
        if (response.status !== 200) failures.push(header(response, 'postern-reason'));
      }
    };
    const loads = Promise.all(Array.from({ length: 6 }, load));
    for (let rotation = 0; rotation < 4; rotation += 1) {
      await gate.keycard.rotate({ keeps: 2 });
      await new Promise((resolve) => setTimeout(resolve, 150));
      await gate.clock.advance(40_000);
    }
    running = false;
    await loads;
    expect(failures).toEqual([]);
    await gate.clock.advance(10 * 60_000);
    const response = await whoami(old);
    expect(header(response, 'postern-reason')).toBe('token_key_unknown');
  });
});

describe('any string at all', () => {
  it('is answered 200 to 401 as a bearer, and never 5xx', async () => {
    const good = await inlineToken();
    const visible = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      maxLength: 200,
    });
    const segment = fc.oneof(
      visible,
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
      fc.json({ maxDepth: 3 }).map((json) => Buffer.from(json).toString('base64url')),
      fc.constantFrom(...good.split('.')),
    );
    const value = fc.oneof(
      visible,
      fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.')),
      fc
        .tuple(fc.nat(good.length - 1), fc.integer({ min: 0x21, max: 0x7e }))
        .map(([at, code]) => good.slice(0, at) + String.fromCharCode(code) + good.slice(at + 1)),
    );
    await fc.assert(
      fc.asyncProperty(value, async (text) => {
        const response = await whoami(text);
        if (text === good) return;
        expect([400, 401]).toContain(response.status);
      }),
      { numRuns: RUNS },
    );
  });
});

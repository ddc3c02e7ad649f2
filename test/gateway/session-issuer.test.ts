/**
 * Two issuers may give the same id to different people: only the issuer and the id together identify a person (OpenID
 * Connect Core, section 5.7). Here Kratos and two zones each have a person `the-same-id`.
 */
import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get, header } from '../support/raw-http.ts';
import { createTestIssuer } from '../support/token-issuer.ts';

const ID = '9f425a8d-7efc-4768-8f23-7647a74fdf13';
const KRATOS = 'https://auth.example.test/';
const ZONES = ['https://zone-1.keycard.example', 'https://zone-2.keycard.example'] as const;

const origin = await forAllTests(startNodeOrigin());
const kratos = await createTestIssuer({ issuer: KRATOS });
const zones = await Promise.all(ZONES.map((issuer) => createTestIssuer({ issuer })));
const { privateKey } = await generateKeyPair('ES256', { extractable: true });
const ASSERTION_KEYS = JSON.stringify({ keys: [{ ...(await exportJWK(privateKey)), kid: 'k' }] });
const zoneIssuers = zones.map(({ settings: { issuer }, publicJwk }) => ({
  issuer,
  preset: 'keycard' as const,
  audience: 'postern',
  algorithms: ['ES256'],
  keys: { keys: [publicJwk] },
}));
const RULES = [
  { path: '/zone-1', session: 'required', allow: `session.issuer == "${ZONES[0]}"` },
  { path: '/kratos', session: 'required', allow: `session.issuer == "${KRATOS}"` },
];

const many = await gateForAllTests({
  origin,
  vars: {
    ASSERTION_KEYS,
    RULES,
    TOKEN_COOKIE_NAMES: ['app_token'],
    ISSUERS: [kratos.settings, ...zoneIssuers],
  },
});
const single = await gateForAllTests({ origin, vars: { ASSERTION_KEYS, ISSUERS: [] } });

const claims = { sub: ID, client_id: 'client-1', sub_profile: 'user', sid: undefined };
const { token: opaque } = await many.kratos.createSession({ identityId: ID });
const credentials: [name: string, headers: Record<string, string>, issuer: string][] = [
  ['an opaque Kratos session', { 'x-session-token': opaque }, KRATOS],
  ['a Kratos token', bearer(await kratos.token(many.clock.now(), { claims: { sub: ID } })), KRATOS],
  ...(await Promise.all(
    zones.map(async (zone): Promise<[string, Record<string, string>, string]> => {
      const token = await zone.token(many.clock.now(), { claims });
      return [`a token of ${zone.settings.issuer}`, bearer(token), zone.settings.issuer];
    }),
  )),
];

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Returns the headers that the origin received, by name in lower case. */
async function received(
  port: number,
  headers: Record<string, string>,
): Promise<Map<string, string>> {
  origin.take();
  expect((await get(port, '/', headers)).status).toBe(200);
  const [arrived] = origin.take();
  return new Map((arrived?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]));
}

describe('several issuers', () => {
  it.each(credentials)('tells the origin the issuer of %s', async (_, headers, issuer) => {
    const sent = await received(many.port, headers);
    expect(sent.get('x-user-id')).toBe(ID);
    expect(decodeURIComponent(sent.get('x-session-issuer') ?? '')).toBe(issuer);
  });

  it.each(credentials)(
    'signs the issuer of %s (RFC 9493 section 3.2.3)',
    async (_, headers, iss) => {
      const sent = await received(many.port, headers);
      const assertion = decodeJwt(sent.get('x-session-assertion') ?? '');
      expect(assertion).toMatchObject({ sub: ID, sub_id: { format: 'iss_sub', iss, sub: ID } });
    },
  );

  it.each(credentials)('lets a rule ask for the issuer of %s', async (_, headers, issuer) => {
    const [zone, store] = await Promise.all(
      ['/zone-1', '/kratos'].map((path) => get(many.port, path, headers)),
    );
    expect(zone?.status).toBe(issuer === ZONES[0] ? 200 : 403);
    expect(store?.status).toBe(issuer === KRATOS ? 200 : 403);
  });

  // As with two people's session cookies: one of them may be planted, from a parent domain or for a longer path.
  it('takes token cookies of two issuers for two people’s, although the ids are the same', async () => {
    const tokenOf = (zone: (typeof zones)[number] | undefined, more = {}) =>
      zone?.token(many.clock.now(), { claims: { ...claims, ...more } });
    const first = await tokenOf(zones[0]);
    const second = await tokenOf(zones[1]);
    const again = await tokenOf(zones[0], { jti: crypto.randomUUID() });
    const ofKratos = await kratos.token(many.clock.now(), { claims: { sub: ID } });
    const ask = (...tokens: unknown[]) =>
      get(many.port, '/', { Cookie: tokens.map((token) => `app_token=${token}`).join('; ') });
    for (const other of [second, ofKratos]) {
      for (const refused of [await ask(first, other), await ask(other, first)]) {
        expect([refused.status, header(refused, 'postern-reason')]).toEqual([
          401,
          'credential_ambiguous',
        ]);
      }
    }
    expect((await ask(first, again)).status).toBe(200);
  });

  it('shows no issuer in Kratos’s own document', async () => {
    const answer = await get(many.port, '/sessions/whoami', { 'x-session-token': opaque });
    expect(JSON.parse(Buffer.from(answer.body).toString())).toHaveProperty('identity.id', ID);
    expect(JSON.parse(Buffer.from(answer.body).toString())).not.toHaveProperty('issuer');
  });
});

describe('a single issuer', () => {
  it('needs no header for it, and drops a client’s', async () => {
    const { token } = await single.kratos.createSession({ identityId: ID });
    const headers = { 'x-session-token': token, 'x-session-issuer': ZONES[0] };
    const sent = await received(single.port, headers);
    expect(sent.get('x-user-id')).toBe(ID);
    expect(sent.has('x-session-issuer')).toBe(false);
  });
});

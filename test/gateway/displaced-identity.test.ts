/** Traits that a person writes take no room from the metadata that an administrator wrote. */

import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get, header } from '../support/raw-http.ts';
import { createTestIssuer } from '../support/token-issuer.ts';

const SECRET = 'a-secret-that-a-proxy-proves-itself-with';
const ISSUER = 'https://auth.example.test/';
const KEYCARD = 'https://zone-1.keycard.example';
/** The order is the hostile one: the person's values come first. */
const IDENTITY_HEADERS = {
  'X-Name': 'identity.traits.name',
  'X-Nested': 'identity.traits.profile',
  'X-Address': 'identity.verifiable_addresses.0.value',
  'X-User-Id': 'identity.id',
  'X-Suspended': 'identity.metadata_public.suspended',
  'X-Plan': 'identity.metadata_public.plan',
  'X-Aal': 'authenticator_assurance_level',
};
const ASSERTION_CLAIMS = {
  name: 'identity.traits.name',
  profile: 'identity.traits.profile',
  suspended: 'identity.metadata_public.suspended',
  plan: 'identity.metadata_public.plan',
};

const origin = await forAllTests(startNodeOrigin());
const kratosIssuer = await createTestIssuer({ issuer: ISSUER });
const keycardIssuer = await createTestIssuer({ issuer: KEYCARD });
const { privateKey } = await generateKeyPair('ES256', { extractable: true });
const key = { ...(await exportJWK(privateKey)), kid: 'k' };
const fields = { 'identity.traits.name': 'name', 'identity.metadata_public.plan': 'plan' };
const gate = await gateForAllTests({
  origin,
  vars: {
    IDENTITY_HEADERS,
    ASSERTION_CLAIMS,
    ASSERTION_KEYS: JSON.stringify({ keys: [key] }),
    FORWARD_AUTH_SECRETS: [SECRET],
    RULES: [{ path: '/maybe/*', session: 'optional' }],
    ISSUERS: [
      {
        ...kratosIssuer.settings,
        session_fields: { ...fields, 'identity.metadata_public.suspended': 'ext.suspended' },
        trusted_claims: ['ext.suspended'],
      },
      {
        issuer: KEYCARD,
        preset: 'keycard',
        audience: 'postern',
        algorithms: ['ES256'],
        keys: { keys: [keycardIssuer.publicJwk] },
        session_fields: fields,
        trusted_claims: ['plan'],
      },
    ],
  },
});

/** Creates a session of a user whom an administrator has suspended. */
async function signIn(traits: object, metadata: object = { suspended: true, plan: 'free' }) {
  const created = await gate.kratos.createSession({ traits: { ...traits } });
  await gate.kratos.changeIdentity(created.session.identity.id, { metadata_public: metadata });
  return { Cookie: created.cookie };
}

/** Returns the headers that the origin received, by name in lower case. */
async function told(headers: Record<string, string>): Promise<Map<string, string>> {
  origin.take();
  const { status } = await get(gate.port, '/in', headers);
  expect(status).toBe(200);
  const [arrived] = origin.take();
  return new Map((arrived?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Returns the claims of the assertion about the person, Postern's own and configured ones. */
function claimsOf(sent: Map<string, string>): Record<string, unknown> {
  return decodeJwt(sent.get('x-session-assertion') ?? '');
}

function expectAdministered(sent: Map<string, string>): void {
  expect([sent.get('x-suspended'), sent.get('x-plan'), sent.get('x-aal')]).toEqual([
    'true',
    'free',
    'aal1',
  ]);
  expect(claimsOf(sent)).toMatchObject({ suspended: true, plan: 'free' });
}

describe('traits that a person writes', () => {
  it('H17: a name of 4,020 characters displaces no header that an administrator or the store wrote', async () => {
    gate.clearLogs();
    const sent = await told(await signIn({ name: 'n'.repeat(4020) }));
    expectAdministered(sent);
    expect(sent.has('x-name')).toBe(false);
    expect((await gate.logs()).join()).toContain('"detail":"omitted X-Name, claim name"');
  });

  it('H17: a name of 1,300 characters displaces no claim of the assertion', async () => {
    const sent = await told(await signIn({ name: 'n'.repeat(1300) }));
    expectAdministered(sent);
    expect(claimsOf(sent)).not.toHaveProperty('name');
    expect(sent.get('x-name')).toBe('n'.repeat(1300)); // it fits into a header
  });

  it.each<[string, object]>([
    // RFC 3986: three bytes of UTF-8 are nine characters.
    ['450 characters that take 9 bytes each', { name: '\u6f22'.repeat(450) }],
    ['a list', { name: Array.from({ length: 500 }, () => 'a,b') }],
    ['a table', { name: 'n', profile: { deep: { deeper: 'x'.repeat(4000) } } }],
    [
      'many small values, and each of them fits',
      { name: 'n'.repeat(1900), profile: 'p'.repeat(1900) },
    ],
    ['a long address', { name: 'n', email: `${'e'.repeat(4020)}@example.test` }],
  ])('H17: %s displaces no header either', async (_, traits) => {
    expectAdministered(await told(await signIn(traits)));
  });

  it('H17: displaces no header through forward-auth either', async () => {
    const answer = await get(gate.port, '/.postern/auth/nginx', {
      ...(await signIn({ name: 'n'.repeat(4020) })),
      'Postern-Proxy-Secret': SECRET,
      'X-Original-URL': 'https://app.example.test/in',
      'X-Original-Method': 'GET',
    });
    expect(answer.status).toBe(200);
    const sent = new Map(answer.headers.map(([name, value]) => [name.toLowerCase(), value]));
    expectAdministered(sent);
    expect(sent.get('x-name')).toBe(''); // named, so that no copy of the client's stays behind
  });
});

describe('metadata that an administrator wrote', () => {
  const tooLong = { suspended: true, plan: 'p'.repeat(4096) };

  it('H18: is never dropped: a request without room for it is refused, and the answer states the reason', async () => {
    const headers = await signIn({ name: 'n' }, tooLong);
    for (const path of ['/in', '/maybe/x']) {
      origin.take();
      gate.clearLogs();
      const answer = await get(gate.port, path, headers);
      expect([answer.status, header(answer, 'postern-reason')]).toEqual([
        503,
        'identity_too_large',
      ]);
      expect(origin.take()).toEqual([]);
      const log = (await gate.logs()).join();
      expect(log).toContain('"detail":"no room for X-Plan"');
      expect(log).not.toContain('pppp');
    }
  });

  it('H18: is never dropped from the assertion', async () => {
    // It fits into the headers, and not into a token of 2 KiB.
    const headers = await signIn({ name: 'n' }, { suspended: true, plan: 'p'.repeat(2000) });
    gate.clearLogs();
    const answer = await get(gate.port, '/in', headers);
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([503, 'identity_too_large']);
    expect((await gate.logs()).join()).toContain('"detail":"no room for claim plan"');
  });

  it('H18: is never dropped from an answer to another proxy, which then refuses the request', async () => {
    const asked = {
      ...(await signIn({ name: 'n' }, tooLong)),
      'Postern-Proxy-Secret': SECRET,
      'X-Original-URL': 'https://app.example.test/in',
      'X-Original-Method': 'GET',
      'X-Forwarded-Host': 'app.example.test',
      'X-Forwarded-Uri': '/in',
      'X-Forwarded-Method': 'GET',
    };
    for (const path of ['nginx', 'forward', 'envoy/in']) {
      const { status } = await get(gate.port, `/.postern/auth/${path}`, asked);
      expect([path, status]).toEqual([path, 503]);
    }
  });
});

describe('claims of a token', () => {
  const now = () => gate.clock.now();

  it('H19: without a standard meaning count as written by the person, in every member', async () => {
    const claims = { name: 'n', plan: 'p'.repeat(4020), ext: { suspended: true } };
    const token = await kratosIssuer.token(now(), { claims });
    const sent = await told({ Authorization: `Bearer ${token}` });
    expect([sent.get('x-suspended'), sent.has('x-plan')]).toEqual(['true', false]);
    expect(claimsOf(sent)).toMatchObject({ suspended: true, name: 'n' });
  });

  it('H19: that the issuer’s settings trust are not displaced, or the request is refused', async () => {
    const long = { name: 'n'.repeat(4020), ext: { suspended: true } };
    const displaced = await kratosIssuer.token(now(), { claims: long });
    const sent = await told({ Authorization: `Bearer ${displaced}` });
    expect([sent.get('x-suspended'), sent.has('x-name')]).toEqual(['true', false]);
    const unfit = { ext: { suspended: 's'.repeat(4096) } };
    const refused = await kratosIssuer.token(now(), { claims: unfit });
    const answer = await get(gate.port, '/in', { Authorization: `Bearer ${refused}` });
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([503, 'identity_too_large']);
  });

  it('H19: the name of a Keycard user counts as written by the person', async () => {
    const claims = { client_id: 'app', name: 'n'.repeat(4070), plan: 'free', sid: undefined };
    const token = await keycardIssuer.token(now(), { claims });
    const sent = await told({ Authorization: `Bearer ${token}` });
    expect([sent.get('x-plan'), sent.has('x-name')]).toEqual(['free', false]);
    expect(claimsOf(sent)).toMatchObject({ plan: 'free' });
  });
});

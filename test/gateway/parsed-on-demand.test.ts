/** Sessions in memory keep their text: what was parsed of them is dropped when other sessions are read, and made again. */
import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get, header } from '../support/raw-http.ts';
import { byToken, cacheStatus, whoami, whoamiCalls } from './whoami-requests.ts';

/** More sessions than the isolate keeps parsed documents. */
const SESSIONS = 300;
/** The URL of the store in a gate that has it as a binding. */
const KRATOS_URL = 'https://kratos.example.test';
const RULES = [
  {
    path: '/admin',
    session: 'required',
    allow: 'session.identity.metadata_public.role == "admin"',
  },
  { path: '/strong', session: 'required', aal: 'aal2' },
  { path: '/name', session: 'required', identity_headers: { 'X-Name': 'identity.traits.name' } },
];
const IDENTITY_HEADERS = {
  'X-User-Id': 'identity.id',
  'X-User-Email': 'identity.traits.email',
  'X-Session-Issuer': 'issuer',
};

const origin = await forAllTests(startNodeOrigin());
const { privateKey } = await generateKeyPair('ES256', { extractable: true });
const ASSERTION_KEYS = JSON.stringify({ keys: [{ ...(await exportJWK(privateKey)), kid: 'k' }] });
const gate = await gateForAllTests({
  origin,
  kv: 'none',
  vars: { RULES, IDENTITY_HEADERS, ASSERTION_KEYS, FRESH_SECONDS: 3600 },
});

async function signIn(index: number) {
  const role = index % 2 === 0 ? 'admin' : 'reader';
  const traits = { email: `person-${index}@example.test`, name: `Łukasz 🙂 ${index}` };
  const { token, session } = await gate.kratos.createSession({
    traits,
    metadataPublic: { role },
    ...(index % 3 === 0 && { aal: 'aal2' }),
  });
  const { body } = await whoami(gate.port, byToken(token));
  return { token, traits, role, identityId: session.identity.id, body, isStrong: index % 3 === 0 };
}

/** Returns the status of a request, and the headers that the origin received, by name in lower case. */
async function visit(path: string, token: string) {
  origin.take();
  const { status } = await get(gate.port, path, byToken(token));
  const [arrived] = origin.take();
  const headers = (arrived?.headers ?? []).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  return { status, headers: new Map(headers) };
}

it('answers for every session as if its document had stayed, without the store', async () => {
  const people: Awaited<ReturnType<typeof signIn>>[] = [];
  for (let index = 0; index < SESSIONS; index += 1) people.push(await signIn(index));
  const calls = await whoamiCalls(gate.kratos);
  for (const { token, traits, role, identityId, body, isStrong } of people.slice(0, 40)) {
    expect((await visit('/admin', token)).status).toBe(role === 'admin' ? 200 : 403);
    expect((await visit('/strong', token)).status).toBe(isStrong ? 200 : 403);
    const { headers } = await visit('/', token);
    expect(headers.get('x-user-id')).toBe(identityId);
    expect(headers.get('x-user-email')).toBe(traits.email);
    expect(decodeURIComponent(headers.get('x-session-issuer') ?? '')).toMatch(/^https?:/);
    expect(decodeJwt(headers.get('x-session-assertion') ?? '').sub).toBe(identityId);
    const named = await visit('/name', token);
    expect(decodeURIComponent(named.headers.get('x-name') ?? '')).toBe(traits.name);
    expect((await whoami(gate.port, byToken(token))).body).toEqual(body);
  }
  expect(await whoamiCalls(gate.kratos)).toBe(calls);
});

it.each(['Ada', 'Zoë Ñuñez ÿ', 'Łukasz', 'Дарья', '愛 🙂', '\ud7ff\ufeff'])(
  'answers whoami with the bytes of the store, from the store and from memory: %j',
  async (name) => {
    const { token } = await gate.kratos.createSession({ traits: { name } });
    const stored = await whoami(gate.kratos.port, byToken(token));
    // Kratos puts its own URL into the answer, and the gate asks for another one than this test.
    const expected = stored.text.replace(/"https?:[^"]*(?=\/schemas)/, `"${KRATOS_URL}`);
    expect(expected).toContain(name);
    for (const status of ['fwd=miss', '; hit']) {
      const answer = await whoami(gate.port, byToken(token));
      expect(cacheStatus(answer)).toContain(status);
      expect(answer.body).toEqual(Buffer.from(expected));
      expect(header(answer, 'content-type')).toBe(header(stored, 'content-type'));
    }
  },
);

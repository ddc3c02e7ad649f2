import { Configuration, FrontendApi, ResponseError, type Session } from '@ory/client-fetch';
import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { header, headerValues, type RawHeaders, request } from '../support/raw-http.ts';
import {
  byBearer,
  byCookie,
  byToken,
  cacheStatus,
  strangersToken,
  whoami,
} from './whoami-requests.ts';

const DEMO = { identifier: 'demo@example.com', password: 'postern-demo' };
/** Has a second factor. */
const MIA = '7f3c2a54-52e4-4b8e-9b0e-2f1d6a1c0d02';
const KRATOS_HEADERS = [
  'content-type',
  'x-kratos-authenticated-identity-id',
  'ory-session-cache-for',
  'ory-error-id',
  'set-cookie',
];

const gate = await gateForAllTests();
const client = (basePath: string) => new FrontendApi(new Configuration({ basePath }));
/** The official client, pointed at the gate and at Kratos itself. */
const clients = { gate: client(gate.url), kratos: client(gate.kratos.url) };
// Kratos names itself by its configured URL, however it is reached.
await gate.kratos.control({ publicUrl: 'https://kratos.example.test' });
afterEach(async () => {
  await gate.kratos.reset();
  await gate.kratos.control({ publicUrl: 'https://kratos.example.test' });
});

type ToSession = Parameters<FrontendApi['toSession']>[0];

/** Returns the result of a client call: the session, or the status and body of the thrown error. */
async function outcome(client: FrontendApi, parameters: ToSession) {
  try {
    return { session: await client.toSession(parameters) };
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    const { response } = error;
    const body: unknown = await response.json();
    return { name: error.name, message: error.message, status: response.status, body };
  }
}

async function expectSame(parameters: ToSession) {
  const direct = await outcome(clients.kratos, parameters);
  expect(await outcome(clients.gate, parameters)).toEqual(direct);
  expect(await outcome(clients.gate, parameters)).toEqual(direct); // from a tier, where it may
  return direct;
}

describe('@ory/client-fetch gets the answers of Kratos from the gate', () => {
  it('toSession() by token', async () => {
    const { token, id } = await gate.kratos.createSession({ metadataPublic: { roles: ['a'] } });
    expect(await expectSame({ xSessionToken: token })).toMatchObject({ session: { id } });
  });

  it('toSession() by cookie', async () => {
    const { cookie, id } = await gate.kratos.createSession();
    expect(await expectSame({ cookie })).toMatchObject({ session: { id } });
    expect(await expectSame({ cookie: `a=1; ${cookie}; b=2` })).toMatchObject({ session: { id } });
  });

  it('toSession({ tokenizeAs })', async () => {
    const { token } = await gate.kratos.createSession();
    const parameters = { xSessionToken: token, tokenizeAs: 'postern' };
    const [direct, through, again] = [
      await clients.kratos.toSession(parameters),
      await clients.gate.toSession(parameters),
      await clients.gate.toSession(parameters),
    ];
    const { tokenized: _, ...document } = direct;
    expect(through).toEqual({ ...document, tokenized: expect.any(String) });
    expect(claimsOf(through)).toEqual({
      ...claimsOf(direct),
      jti: expect.any(String),
      iat: expect.any(Number),
      nbf: expect.any(Number),
      exp: expect.any(Number),
    });
    const minted = [direct, through, again].map(({ tokenized }) => tokenized);
    expect(new Set(minted).size).toBe(3);
  });

  it('toSession({ tokenizeAs }) with an unknown template', async () => {
    const { token } = await gate.kratos.createSession();
    const parameters = { xSessionToken: token, tokenizeAs: 'no such "template" <b>' };
    expect(await expectSame(parameters)).toMatchObject({ name: 'ResponseError', status: 400 });
  });

  it.each<[string, () => ToSession]>([
    ['no credential', () => ({})],
    ['an unknown token', () => ({ xSessionToken: strangersToken() })],
    ['a token that cannot be one', () => ({ xSessionToken: 'short' })],
    ['an unknown cookie', () => ({ cookie: `ory_kratos_session=${strangersToken()}` })],
    ['another cookie', () => ({ cookie: 'theme=dark' })],
    ['no credential and a template', () => ({ tokenizeAs: 'postern' })],
    [
      'an unknown token and a template',
      () => ({ xSessionToken: strangersToken(), tokenizeAs: 'x' }),
    ],
  ])('toSession() with %s', async (_, parameters) => {
    expect(await expectSame(parameters())).toMatchObject({ status: 401 });
  });

  it('toSession() with a revoked session', async () => {
    const { token, cookie, id } = await gate.kratos.createSession();
    await gate.kratos.revoke(id);
    expect(await expectSame({ xSessionToken: token })).toMatchObject({ status: 401 });
    expect(await expectSame({ cookie })).toMatchObject({ status: 401 });
  });

  it('toSession() with a required second factor', async () => {
    const { token } = await gate.kratos.createSession({ identityId: MIA });
    expect(await expectSame({ xSessionToken: token })).toMatchObject({
      status: 403,
      body: {
        error: { id: 'session_aal2_required' },
        redirect_browser_to: expect.stringContaining('aal=aal2'),
      },
    });
    const strong = await gate.kratos.createSession({ identityId: MIA, aal: 'aal2' });
    expect(await expectSame({ xSessionToken: strong.token })).toHaveProperty('session');
  });

  // The gate leaves /self-service to Kratos for now: its steps go there, and what they give goes to the gate.
  it('a whole native login with one wrong password', async () => {
    const flow = await clients.kratos.createNativeLoginFlow();
    const login = (password: string) =>
      clients.kratos.updateLoginFlow({
        flow: flow.id,
        updateLoginFlowBody: { method: 'password', ...DEMO, password },
      });
    await expect(login('wrong')).rejects.toThrow(ResponseError);
    const { session_token: token = '', session } = await login(DEMO.password);
    expect(await expectSame({ xSessionToken: token })).toMatchObject({
      session: { id: session.id },
    });
    expect(await clients.gate.toSession({ xSessionToken: token })).toEqual(session);
    await clients.kratos.performNativeLogout({
      performNativeLogoutBody: { session_token: token },
    });
    const fresh = { headers: { 'Cache-Control': 'no-cache', 'X-Session-Token': token } };
    await expect(clients.gate.toSession({}, fresh)).rejects.toThrow(ResponseError);
    expect(await expectSame({ xSessionToken: token })).toMatchObject({ status: 401 });
  });
});

describe('the bytes of whoami equal those of Kratos', () => {
  /** Status, body and Kratos's own headers; of the bytes, for the client above reads JSON. */
  const spoken = (response: RawResponse) => ({
    status: response.status,
    text: response.text,
    headers: KRATOS_HEADERS.flatMap((name) =>
      headerValues(response, name).map((value) => [name, value]),
    ),
  });

  async function expectSameBytes(headers: RawHeaders, query = '') {
    const direct = spoken(await whoami(gate.kratos.port, headers, { query }));
    const first = await whoami(gate.port, headers, { query });
    const second = await whoami(gate.port, headers, { query });
    expect(spoken(first)).toEqual(direct);
    expect(spoken(second)).toEqual(direct);
    return { first, second };
  }

  it.each([['token'], ['cookie'], ['bearer']] as const)(
    'for a session by %s, as miss and as hit',
    async (way) => {
      const traits = { email: 'a@example.com', note: `<b> & \u2028 é 🙂 "\\` };
      const { token, cookie } = await gate.kratos.createSession({ traits });
      const ways = { token: byToken(token), cookie: byCookie(cookie), bearer: byBearer(token) };
      const { first, second } = await expectSameBytes(ways[way]);
      expect(cacheStatus(first)).toMatch(/^postern; fwd=miss; ttl=(29|30); detail=store$/);
      expect(cacheStatus(second)).toMatch(/^postern; hit; ttl=(29|30); detail=memory$/);
    },
  );

  it('for a session that Kratos allows to cache', async () => {
    await gate.kratos.control({ cacheFor: 300 });
    const { token } = await gate.kratos.createSession();
    const { second } = await expectSameBytes(byToken(token));
    expect(header(second, 'ory-session-cache-for')).toBe('300');
    await gate.kratos.control({ cacheFor: null });
    const other = await gate.kratos.createSession();
    await expectSameBytes(byToken(other.token));
  });

  it.each([
    ['no credential', {}],
    ['an unknown token', byToken('ory_st_00000000000000000000000000000000')],
    ['a short token', byToken('short')],
    ['a bearer with two spaces', byBearer(' ory_st_00000000000000000000000000000000')],
    ['another scheme', { Authorization: 'Basic ory_st_00000000000000000000000000000000' }],
  ])('for %s, with and without X-Request-ID', async (_, headers) => {
    const { first } = await expectSameBytes(headers);
    expect(first.status).toBe(401);
    for (const id of ['r-1', 'a"b\\c<d>&', '$&', '\xc3\xa9'])
      await expectSameBytes({ ...headers, 'X-Request-ID': id });
  });

  it('for 403 and 400, with and without X-Request-ID', async () => {
    const weak = await gate.kratos.createSession({ identityId: MIA });
    const { token } = await gate.kratos.createSession();
    for (const more of [{}, { 'X-Request-ID': 'r-1' }]) {
      const { first } = await expectSameBytes({ ...byToken(weak.token), ...more });
      expect(first.status).toBe(403);
      const rejected = await expectSameBytes({ ...byToken(token), ...more }, '?tokenize_as=nope');
      expect(rejected.first.status).toBe(400);
    }
  });

  it('for an empty template name, which counts as missing', async () => {
    const { token } = await gate.kratos.createSession();
    const { second } = await expectSameBytes(byToken(token), '?tokenize_as=');
    expect(cacheStatus(second)).toContain('hit');
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])(
    'for %s, signed in and anonymous',
    async (method) => {
      const { token } = await gate.kratos.createSession();
      const hasBody = ['POST', 'PUT', 'PATCH'].includes(method);
      for (const headers of [byToken(token), byToken(strangersToken()), {}]) {
        const body = hasBody ? { body: '{"session_token":"ignored"}' } : {};
        const composed = { method, target: '/sessions/whoami', headers, ...body };
        const direct = spoken(await request(gate.kratos.port, composed));
        expect(spoken(await request(gate.port, composed))).toEqual(direct);
        expect(spoken(await request(gate.port, composed))).toEqual(direct);
        if (method === 'HEAD') expect(direct.text).toBe('');
      }
    },
  );

  it('and caches must not store them', async () => {
    const { token } = await gate.kratos.createSession();
    for (const headers of [byToken(token), byToken(strangersToken()), {}]) {
      const answer = await whoami(gate.port, headers);
      expect(header(answer, 'cache-control')).toBe('private, no-store');
      expect(header(answer, 'vary')).toBe('Cookie, Authorization, X-Session-Token');
    }
  });
});

function claimsOf({ tokenized = '' }: Session): Record<string, unknown> {
  const [, payload = ''] = tokenized.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { type ComposedRequest, type RawHeaders, request } from '../../support/raw-http.ts';
import {
  ADMIN_SECRET,
  GUARDED,
  OLD_SECRET,
  startKeycardApi,
  startKratosApi,
} from './start-session-api.ts';

const AUDIENCE = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
const KEY_ID = 'access-1';

/** A team of Cloudflare Access: its keys, and assertions signed with them. */
class AccessTeam implements AsyncDisposable {
  readonly #server: Server;
  readonly #keys: CryptoKeyPair;
  readonly url: string;

  private constructor(server: Server, keys: CryptoKeyPair) {
    this.#server = server;
    this.#keys = keys;
    const { port } = server.address() as AddressInfo; // it listens on a port
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<AccessTeam> {
    const keys = await generateKeyPair('RS256', { extractable: true });
    const key = { ...(await exportJWK(keys.publicKey)), kid: KEY_ID, alg: 'RS256', use: 'sig' };
    const server = createServer((incoming, response) => {
      response.setHeader('content-type', 'application/json');
      response.statusCode = incoming.url === '/cdn-cgi/access/certs' ? 200 : 404;
      response.end(JSON.stringify({ keys: [key], public_certs: [] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new AccessTeam(server, keys as CryptoKeyPair);
  }

  /** An assertion as Access makes it, with these claims over the good ones. */
  assertion(claims: Record<string, unknown> = {}, key = this.#keys.privateKey, kid = KEY_ID) {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      aud: [AUDIENCE],
      email: 'admin@example.com',
      iss: this.url,
      iat: now - 10,
      nbf: now - 10,
      exp: now + 600,
      sub: '7335d417-61da-459d-899c-0a01c76a2f94',
      type: 'app',
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid })
      .sign(key);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

const team = await forAllTests(AccessTeam.start());
const gate = await forAllTests(
  startKratosApi({
    vars: { ACCESS_TEAM_DOMAIN: team.url, ACCESS_AUDIENCE: [AUDIENCE] },
  }),
);
const target = await gate.kratos.createSession();
beforeEach(() => gate.kratos.clearCalls());

async function upstreamCalls(): Promise<number> {
  const { counts } = await gate.kratos.calls();
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

const now = () => Math.floor(Date.now() / 1000);
const tampered = (token: string) => {
  const [header, , signature] = token.split('.');
  const payload = btoa(
    JSON.stringify({ iss: team.url, aud: [AUDIENCE], iat: now(), exp: now() + 600 }),
  );
  return `${header}.${payload.replace(/=/g, '')}.${signature}`;
};

type Attempt = [
  name: string,
  attempt: () => Promise<Partial<ComposedRequest>> | Partial<ComposedRequest>,
];
const bearer = (value: string): RawHeaders => ({ Authorization: `Bearer ${value}` });
const access = async (token: Promise<string> | string): Promise<Partial<ComposedRequest>> => ({
  headers: { 'Cf-Access-Jwt-Assertion': await token },
});

/** Ways to come without what opens the door; each is tried on a list and on a deletion. */
const UNGUARDED: Attempt[] = [
  ['no header', () => ({})],
  ['an empty Authorization', () => ({ headers: { Authorization: '' } })],
  ['the secret without a scheme', () => ({ headers: { Authorization: ADMIN_SECRET } })],
  [
    'Basic with the secret',
    () => ({ headers: { Authorization: `Basic ${btoa(`admin:${ADMIN_SECRET}`)}` } }),
  ],
  ['another scheme', () => ({ headers: { Authorization: `Token ${ADMIN_SECRET}` } })],
  ['two spaces', () => ({ headers: { Authorization: `Bearer  ${ADMIN_SECRET}` } })],
  ['a prefix of the secret', () => ({ headers: bearer(ADMIN_SECRET.slice(0, -1)) })],
  [
    'a long prefix of the secret and more',
    () => ({ headers: bearer(`${ADMIN_SECRET.slice(0, -1)}x`) }),
  ],
  ['the secret and one character', () => ({ headers: bearer(`${ADMIN_SECRET}0`) })],
  ['the secret in another case', () => ({ headers: bearer(ADMIN_SECRET.toUpperCase()) })],
  ['the secret twice', () => ({ headers: bearer(`${ADMIN_SECRET}${ADMIN_SECRET}`) })],
  ['the list of secrets', () => ({ headers: bearer(JSON.stringify([ADMIN_SECRET, OLD_SECRET])) })],
  [
    'two Authorization headers, one valid',
    () => ({
      headers: [
        ['Authorization', `Bearer ${ADMIN_SECRET}`],
        ['Authorization', 'Bearer other'],
      ],
    }),
  ],
  [
    'two Authorization headers, both valid',
    () => ({
      headers: [
        ['Authorization', `Bearer ${ADMIN_SECRET}`],
        ['Authorization', `Bearer ${OLD_SECRET}`],
      ],
    }),
  ],
  [
    'a wrong secret of the same length',
    () => ({ headers: bearer('x'.repeat(ADMIN_SECRET.length)) }),
  ],
  ['a huge bearer', () => ({ headers: bearer('x'.repeat(60_000)) })],
  [
    'the secret in another header',
    () => ({ headers: { 'X-Api-Key': ADMIN_SECRET, 'X-Admin-Secret': ADMIN_SECRET } }),
  ],
  ['the secret in X-Session-Token', () => ({ headers: { 'X-Session-Token': ADMIN_SECRET } })],
  [
    'the secret in a cookie',
    () => ({
      headers: { Cookie: `ory_kratos_session=${ADMIN_SECRET}; Authorization=${ADMIN_SECRET}` },
    }),
  ],
  [
    'the secret in X-Forwarded-Authorization',
    () => ({ headers: { 'X-Forwarded-Authorization': `Bearer ${ADMIN_SECRET}` } }),
  ],
  ['an admin’s own session', () => ({ headers: { 'X-Session-Token': target.token } })],
  ['a session token as bearer', () => ({ headers: bearer(target.token) })],
  [
    'the provider’s API key',
    () => ({ headers: bearer('ory_pat_of-the-project-and-then-some-0123') }),
  ],
  [
    'identity headers',
    () => ({
      headers: {
        'X-User-Id': target.session.identity.id,
        'X-Kratos-Authenticated-Identity-Id': 'admin',
      },
    }),
  ],
  [
    'Access’s headers without an assertion',
    () => ({
      headers: {
        'Cf-Access-Authenticated-User-Email': 'admin@example.com',
        'Cf-Access-Client-Id': 'x',
        'Cf-Access-Client-Secret': 'y',
      },
    }),
  ],
  [
    'an Access cookie',
    async () => ({ headers: { Cookie: `CF_Authorization=${await team.assertion()}` } }),
  ],
  ['an Access assertion as bearer', async () => ({ headers: bearer(await team.assertion()) })],
  [
    'an expired assertion',
    () => access(team.assertion({ exp: now() - 60, iat: now() - 600, nbf: now() - 600 })),
  ],
  [
    'an assertion of the future',
    () => access(team.assertion({ nbf: now() + 600, iat: now() + 600, exp: now() + 900 })),
  ],
  ['an assertion for another application', () => access(team.assertion({ aud: ['f'.repeat(32)] }))],
  ['an assertion for no application', () => access(team.assertion({ aud: [] }))],
  ['an assertion without an audience', () => access(team.assertion({ aud: undefined }))],
  [
    'an assertion of another team',
    () => access(team.assertion({ iss: 'https://other.cloudflareaccess.com' })),
  ],
  ['an assertion without an expiry', () => access(team.assertion({ exp: undefined }))],
  [
    'an assertion by another key',
    async () => access(team.assertion({}, (await generateKeyPair('RS256')).privateKey)),
  ],
  [
    'an assertion by an unknown key',
    async () => access(team.assertion({}, (await generateKeyPair('RS256')).privateKey, 'access-2')),
  ],
  ['an assertion with other claims', async () => access(tampered(await team.assertion()))],
  [
    'an unsigned assertion',
    () =>
      access(
        `${btoa('{"alg":"none"}').replace(/=/g, '')}.${btoa(`{"iss":"${team.url}","aud":["${AUDIENCE}"]}`).replace(/=/g, '')}.`,
      ),
  ],
  [
    'two assertions',
    async () => ({
      headers: [
        ['Cf-Access-Jwt-Assertion', await team.assertion()],
        ['Cf-Access-Jwt-Assertion', await team.assertion()],
      ],
    }),
  ],
  [
    'a wrong secret beside a valid assertion',
    async () => ({
      headers: { ...bearer('x'.repeat(40)), 'Cf-Access-Jwt-Assertion': await team.assertion() },
    }),
  ],
  [
    'an assertion of 60 KB',
    () => access(`${'a'.repeat(20_000)}.${'b'.repeat(20_000)}.${'c'.repeat(20_000)}`),
  ],
  ['an empty assertion', () => access('')],
];

describe('the status page', () => {
  const page = (headers: RawHeaders) => request(gate.port, { target: '/.postern/status', headers });

  it.each(UNGUARDED)('shows no figures for %s', async (_, attempt) => {
    const { headers = {} } = await attempt();
    const { status, text } = await page(headers);
    expect([status, text.includes('Calls to the store')]).toEqual([401, false]);
  });

  it.each([
    ['a secret', async () => bearer(ADMIN_SECRET)],
    ['an older secret', async () => bearer(OLD_SECRET)],
    ['an Access assertion', async () => (await access(team.assertion())).headers ?? {}],
  ])('shows them for %s', async (_, headers) => {
    const { status, text } = await page(await headers());
    expect([status, text.includes('Calls to the store')]).toEqual([200, true]);
  });
});

describe('without a valid caller, no call reaches Kratos', () => {
  it('control: there are at least forty requests to try', () => {
    expect(UNGUARDED.length).toBeGreaterThanOrEqual(40);
  });

  it.each(UNGUARDED)('%s', async (_, attempt) => {
    const { headers = {} } = await attempt();
    for (const [method, path] of [
      ['GET', '/admin/sessions'],
      ['DELETE', `/admin/sessions/${target.id}`],
    ] as const) {
      const { status, text } = await request(gate.port, { method, target: path, headers });
      expect([status, JSON.parse(text).error.id]).toEqual([401, 'caller_not_authorized']);
    }
    expect(await upstreamCalls()).toBe(0);
  });
});

const ID = '00000000-0000-4000-8000-000000000000';

/** Requests that pass the guard and are none of the routes', by path, method, query or body. */
const MALFORMED: [status: number, method: string, path: string, body?: string, type?: string][] = [
  [400, 'GET', '/admin/sessions/..'],
  [400, 'GET', '/admin/sessions/%2e%2e/identities'],
  [400, 'GET', '/admin/sessions/..%2fidentities'],
  [400, 'GET', `/admin/sessions/${ID}%2f..%2f..%2fidentities`],
  [400, 'GET', '/admin/sessions/../identities'],
  [400, 'GET', '/admin//sessions'],
  [400, 'GET', '/admin/sessions;a=1'],
  [400, 'DELETE', '/admin/sessions/*'],
  [400, 'DELETE', '/admin/sessions/whoami'],
  [400, 'GET', '/admin/sessions/%00'],
  [400, 'GET', `/admin/sessions/${ID.slice(1)}`],
  [400, 'GET', `/admin/sessions/${ID}0`],
  [400, 'GET', `/admin/sessions/${'a'.repeat(10_000)}`],
  [400, 'PATCH', '/admin/sessions/x/extend'],
  [400, 'GET', '/admin/identities/x/sessions'],
  [400, 'DELETE', '/admin/identities/*/sessions'],
  [404, 'GET', `/admin/sessions/${ID}/whoami`],
  [404, 'GET', `/admin/sessions/${ID}/extend/more`],
  [405, 'PUT', '/admin/sessions'],
  [405, 'DELETE', '/admin/sessions'],
  [405, 'PATCH', '/admin/sessions'],
  [405, 'POST', `/admin/sessions/${ID}`],
  [405, 'PUT', `/admin/sessions/${ID}`],
  [405, 'PATCH', `/admin/sessions/${ID}`],
  [405, 'GET', `/admin/sessions/${ID}/extend`],
  [405, 'POST', `/admin/sessions/${ID}/extend`],
  [405, 'OPTIONS', '/admin/sessions'],
  [405, 'POST', `/admin/identities/${ID}/sessions`],
  [400, 'GET', '/admin/sessions?page_size=1e2'],
  [400, 'GET', "/admin/sessions?page_token=1'%20OR%201=1"],
  [400, 'GET', '/admin/sessions?active=yes'],
  [400, 'GET', '/admin/sessions?expand=credentials'],
  [415, 'POST', '/admin/sessions', '{}', 'text/plain'],
  [415, 'POST', '/admin/sessions', 'action=disable', 'application/x-www-form-urlencoded'],
  [400, 'POST', '/admin/sessions', '', 'application/json'],
  [400, 'POST', '/admin/sessions', '[]', 'application/json'],
  [400, 'POST', '/admin/sessions', '{"action":"disable"}', 'application/json'],
  [400, 'POST', '/admin/sessions', '{"action":"drop","identities":["*"]}', 'application/json'],
  [400, 'POST', '/admin/sessions', '{"action":"delete","sessions":["*"]}', 'application/json'],
  [
    400,
    'POST',
    '/admin/sessions',
    `{"action":"delete","identities":["*","${ID}"]}`,
    'application/json',
  ],
  [
    400,
    'POST',
    '/admin/sessions',
    `{"action":"delete","identities":["${ID}"],"sessions":["${ID}"]}`,
    'application/json',
  ],
  [
    400,
    'POST',
    '/admin/sessions',
    JSON.stringify({ action: 'delete', sessions: Array(501).fill(ID) }),
    'application/json',
  ],
  [
    413,
    'POST',
    '/admin/sessions',
    JSON.stringify({ action: 'delete', sessions: Array(2000).fill(ID) }),
    'application/json',
  ],
];

describe('behind the guard, a request that is not a route’s does not reach Kratos', () => {
  it.each(MALFORMED)('%i for %s %s', async (status, method, path, body, type) => {
    const headers = { ...GUARDED, ...(type !== undefined && { 'Content-Type': type }) };
    const sent = await request(gate.port, {
      method,
      target: path,
      headers,
      ...(body !== undefined && { body }),
    });
    expect([sent.status, JSON.parse(sent.text).error.code]).toEqual([status, status]);
    expect(await upstreamCalls()).toBe(0);
  });

  it('method override headers and parameters have no effect', async () => {
    const headers = {
      ...GUARDED,
      'X-HTTP-Method-Override': 'DELETE',
      'X-Method-Override': 'DELETE',
      'X-HTTP-Method': 'DELETE',
    };
    const path = `/admin/sessions/${target.id}?_method=DELETE&method=DELETE`;
    expect((await request(gate.port, { target: path, headers })).status).toBe(200);
    const { requests } = await gate.kratos.calls();
    expect(requests.map(({ method, path: asked }) => [method, asked])).toEqual([
      ['GET', `/admin/sessions/${target.id}`],
    ]);
    expect(
      requests[0]?.headers.map(([name]) => name).filter((name) => name.includes('override')),
    ).toEqual([]);
  });

  it('a caller cannot choose the host or path of the upstream call', async () => {
    const headers = {
      ...GUARDED,
      'X-Forwarded-Host': 'evil.example',
      'X-Original-URL': '/admin/identities',
      Forwarded: 'host=evil.example',
    };
    await request(gate.port, { target: '/admin/sessions?url=https://evil.example', headers });
    const { requests } = await gate.kratos.calls();
    expect(requests.map(({ url }) => url)).toEqual([
      'https://kratos-admin.example.test/admin/sessions',
    ]);
  });

  it('the API key goes upstream in place of the caller’s secret', async () => {
    await request(gate.port, {
      target: '/admin/sessions',
      headers: { ...GUARDED, Cookie: target.cookie },
    });
    const sent = Object.fromEntries((await gate.kratos.calls()).requests[0]?.headers ?? []);
    expect(sent.authorization).toBe('Bearer ory_pat_of-the-project');
    expect(sent).not.toHaveProperty('cookie');
  });
});

describe('with a valid caller', () => {
  it.each([
    ['the secret', () => bearer(ADMIN_SECRET)],
    ['the secret before', () => bearer(OLD_SECRET)],
    ['the scheme in another case', () => ({ Authorization: `bEARER ${ADMIN_SECRET}` })],
    ['an assertion', async () => ({ 'Cf-Access-Jwt-Assertion': await team.assertion() })],
    [
      'an assertion for several applications',
      async () => ({
        'Cf-Access-Jwt-Assertion': await team.assertion({ aud: ['other', AUDIENCE] }),
      }),
    ],
  ] as [string, () => Promise<RawHeaders> | RawHeaders][])('%s passes', async (_, headers) => {
    const { status } = await request(gate.port, {
      target: '/admin/sessions',
      headers: await headers(),
    });
    expect(status).toBe(200);
  });

  it('a change with Access’s cookie is refused for pages of other sites', async () => {
    const assertion = { 'Cf-Access-Jwt-Assertion': await team.assertion() };
    const remove = (headers: RawHeaders) =>
      request(gate.port, { method: 'DELETE', target: `/admin/sessions/${ID}`, headers });
    const crossSite = await remove({
      ...assertion,
      'Sec-Fetch-Site': 'cross-site',
      Origin: 'https://evil.example',
    });
    expect(crossSite.status).toBe(403);
    expect(await upstreamCalls()).toBe(0);
    expect((await remove({ ...assertion, 'Sec-Fetch-Site': 'same-origin' })).status).toBe(404);
  });
});

it('unavailable keys are a fault and not a verdict', async () => {
  const gone = await AccessTeam.start();
  const assertion = await gone.assertion();
  await gone[Symbol.asyncDispose]();
  await using other = await startKratosApi({
    vars: { ACCESS_TEAM_DOMAIN: gone.url, ACCESS_AUDIENCE: [AUDIENCE] },
  });
  const headers = { 'Cf-Access-Jwt-Assertion': assertion };
  const { status, text } = await request(other.port, { target: '/admin/sessions', headers });
  expect([status, JSON.parse(text).error.id]).toEqual([503, 'guard_unavailable']);
});

describe('without configuration', () => {
  const UNCONFIGURED = [
    ['no guard', { ADMIN_SECRETS: undefined }],
    ['no admin API', { KRATOS_ADMIN_URL: undefined, KRATOS_ADMIN_API_KEY: undefined }],
  ] as const;

  it.each(UNCONFIGURED)('%s: the routes do not exist for any caller', async (_, vars) => {
    await using bare = await startKratosApi({ vars });
    for (const [method, path] of [
      ['GET', '/admin/sessions'],
      ['POST', '/admin/sessions'],
      ['DELETE', `/admin/sessions/${ID}`],
      ['PATCH', `/admin/sessions/${ID}/extend`],
      ['GET', `/admin/identities/${ID}/sessions`],
    ] as const) {
      const { status } = await request(bare.port, { method, target: path, headers: GUARDED });
      expect([path, status]).toEqual([path, 404]);
    }
    expect((await bare.kratos.calls()).requests).toEqual([]);
    expect((await bare.origin.calls()).requests).toEqual([]);
  });
});

it('service-account routes of Keycard are guarded in Keycard’s error shape', async () => {
  await using api = await startKeycardApi();
  for (const headers of [
    {},
    { authorization: `Basic ${ADMIN_SECRET}` },
    bearer(`${ADMIN_SECRET} x`),
  ] as RawHeaders[]) {
    const { status, text } = await request(api.gate.port, {
      target: '/zones/zone-1/sessions',
      headers,
    });
    expect([status, JSON.parse(text)]).toEqual([
      401,
      { message: expect.any(String), code: 'caller_not_authorized', status: 401 },
    ]);
  }
  expect(await api.keycard.counts()).toEqual({});
});

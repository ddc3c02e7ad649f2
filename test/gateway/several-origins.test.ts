/** Several sites behind one gate: each origin gets only its own requests, and assertions that are good there alone. */
import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { readIdentity } from '../../src/package/origin.ts';
import { readDecisions } from '../support/decision-lines.ts';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import {
  type ArrivedRequest,
  startNodeOrigin,
  type UpgradeListener,
} from '../support/node-origin.ts';
import { DEFAULT_HOST, get, header, headerValues, request } from '../support/raw-http.ts';
import { openWebSocket } from '../support/web-socket-client.ts';
import { ask, SECRET } from './proxy-questions.ts';

const GATE = `https://${DEFAULT_HOST}`;
const ADMIN = 'admin.example.test';
const FILES = 'files.example.test';

const site = await forAllTests(startNodeOrigin());
const admin = await forAllTests(startNodeOrigin());
const api = await forAllTests(startNodeOrigin(answerAsAsked, acceptUpgrade));
const ORIGINS = [site, admin, api];

const { privateKey } = await generateKeyPair('ES256', { extractable: true });
const gate = await gateForAllTests({
  origin: site,
  bindings: { FILES: { type: 'worker', worker: 'origin' } },
  vars: {
    HOSTS: [ADMIN, FILES],
    ORIGINS: {
      admin: { url: admin.url, hosts: [ADMIN] },
      api: { url: api.url, strip_prefix: '/api', timeout_ms: 400 },
      files: { binding: 'FILES', hosts: [FILES], audience: 'https://files.internal' },
    },
    RULES: [
      { path: '/api/open/*', session: 'none', origin: 'api' },
      {
        path: '/api/member/*',
        session: 'required',
        origin: 'api',
        identity_headers: { 'X-Member': 'identity.id', 'X-Mail': 'identity.traits.email' },
      },
      { path: '/api/nameless/*', session: 'required', origin: 'api', identity_headers: {} },
      { path: '/api/*', session: 'required', origin: 'api' },
      { path: '/optional', session: 'optional' },
    ],
    ALLOWED_PATH_FORMS: ['encoded_slash', 'double_slash', 'semicolon', 'encoded_percent'],
    ASSERTION_KEYS: JSON.stringify({ keys: [{ ...(await exportJWK(privateKey)), kid: 'one' }] }),
    FORWARD_AUTH_SECRETS: [SECRET],
  },
});
const EMAIL = 'ann@example.com';
const { cookie, session } = await gate.kratos.createSession({ traits: { email: EMAIL } });
const PERSON = { Cookie: cookie };
const { keys } = JSON.parse((await get(gate.port, '/.postern/jwks.json')).text);

/** Answers with the headers that the query names, after the time that it names. */
function answerAsAsked(...[incoming, response]: Parameters<RequestListener>) {
  const { searchParams } = new URL(incoming.url ?? '', 'http://origin.test');
  const wait = Number(searchParams.get('wait') ?? 0);
  searchParams.delete('wait');
  for (const [name, value] of searchParams) response.appendHeader(name, value);
  response.statusCode = searchParams.has('location') ? 302 : 200;
  setTimeout(() => response.end('api\n'), wait);
}

/** Accepts a handshake (RFC 6455 section 4.2.2), and says "hello" in a text frame. */
function acceptUpgrade(...[incoming, socket]: Parameters<UpgradeListener>) {
  const accept = createHash('sha1')
    .update(`${incoming.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.write(Buffer.from([0x81, 5, ...Buffer.from('hello')]));
  socket.on('data', () => socket.end());
}

/** Sends a request, and returns what arrived at the site, at the admin's and at the API, and the answer. */
async function sent(target: string, headers: Record<string, string> = PERSON) {
  const answer = await get(gate.port, target, headers);
  const arrived = ORIGINS.map((origin) => origin.take().map((each) => each.target));
  return { answer, arrived };
}

function valuesIn(arrived: ArrivedRequest | undefined, name: string): string[] {
  const found = arrived?.headers.filter(([each]) => each.toLowerCase() === name) ?? [];
  return found.map(([, value]) => value);
}

beforeEach(() => {
  for (const origin of ORIGINS) origin.take();
});

describe('several origins', () => {
  it('a rule leads to its origin, a host to that of the host, and every other request to that of the site', async () => {
    expect((await sent('/x?a=1')).arrived).toEqual([['/x?a=1'], [], []]);
    expect((await sent('/x?a=1', { ...PERSON, Host: ADMIN })).arrived).toEqual([
      [],
      ['/x?a=1'],
      [],
    ]);
    expect((await sent('/api/x?a=1')).arrived).toEqual([[], [], ['/x?a=1']]);
    expect((await sent('/api/x', { ...PERSON, Host: ADMIN })).arrived).toEqual([[], [], ['/x']]);
  });

  it('no origin gets a request that its rule refuses', async () => {
    const { answer, arrived } = await sent('/api/x', {});
    expect([answer.status, arrived]).toEqual([401, [[], [], []]]);
    expect((await sent('/api/open/x', {})).arrived).toEqual([[], [], ['/open/x']]);
  });

  it('an origin that is a service binding gets its host’s requests', async () => {
    const answer = await get(gate.port, '/report', { ...PERSON, Host: FILES });
    expect(answer.status).toBe(200);
    const arrived = (await gate.origin.calls()).requests.at(-1);
    expect(arrived?.url).toBe(`https://${FILES}/report`);
    expect((await sent('/x')).arrived).toEqual([['/x'], [], []]);
  });

  it('each origin gets its own host in Host, and the public one in X-Forwarded-Host', async () => {
    await get(gate.port, '/api/x', { ...PERSON, 'X-Forwarded-Prefix': '/forged' });
    const [arrived] = api.take();
    expect(valuesIn(arrived, 'host')).toEqual([new URL(api.url).host]);
    expect(valuesIn(arrived, 'x-forwarded-host')).toEqual([DEFAULT_HOST]);
    expect(valuesIn(arrived, 'x-forwarded-prefix')).toEqual(['/api']);
    await get(gate.port, '/x', { ...PERSON, 'X-Forwarded-Prefix': '/forged' });
    expect(valuesIn(site.take()[0], 'x-forwarded-prefix')).toEqual([]);
  });

  it('an assertion for one origin is good at that origin only', async () => {
    await get(gate.port, '/x', PERSON);
    await get(gate.port, '/x', { ...PERSON, Host: ADMIN });
    await get(gate.port, '/api/x', PERSON);
    await get(gate.port, '/x', { ...PERSON, Host: FILES });
    const files = new Headers((await gate.origin.calls()).requests.at(-1)?.headers);
    const sentTo = [
      ...ORIGINS.map((origin) => ({
        audience: origin.url,
        assertion: valuesIn(origin.take()[0], 'x-session-assertion')[0],
      })),
      {
        audience: 'https://files.internal',
        assertion: files.get('x-session-assertion') ?? undefined,
      },
    ];
    const readings = await Promise.all(
      sentTo.map(({ assertion }) =>
        Promise.all(
          sentTo.map(async ({ audience }) => {
            const incoming = { headers: { 'x-session-assertion': assertion } };
            const reading = await readIdentity(incoming, {
              issuer: GATE,
              audience,
              keys: { keys },
            });
            return reading.kind === 'identified' ? reading.identity.id : reading.reason;
          }),
        ),
      ),
    );
    const expected = sentTo.map((_, row) =>
      sentTo.map((__, column) => (row === column ? session.identity.id : 'assertion_not_valid')),
    );
    expect(readings).toEqual(expected);
  });

  it('a rule’s identity headers take the place of the site’s, and a client sends neither', async () => {
    const forged = { 'X-User-Id': 'forged', 'X-Member': 'forged', X_Mail: 'forged' };
    const told = async (target: string, headers: Record<string, string> = {}) => {
      await get(gate.port, target, { ...forged, ...headers });
      const [arrived] = ORIGINS.flatMap((origin) => origin.take());
      return ['x-user-id', 'x-member', 'x-mail', 'x_mail'].map(
        (name) => valuesIn(arrived, name)[0],
      );
    };
    const { id } = session.identity;
    expect(await told('/x', PERSON)).toEqual([id, undefined, undefined, undefined]);
    expect(await told('/api/x', PERSON)).toEqual([id, undefined, undefined, undefined]);
    expect(await told('/api/member/x', PERSON)).toEqual([undefined, id, EMAIL, undefined]);
    expect(await told('/api/nameless/x', PERSON)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(await told('/api/open/x')).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('behind another proxy, a pass has the identity headers of all rules, with those of its own filled', async () => {
    const told = async (path: string) => {
      const passed = await ask(gate.port, 'nginx', path, PERSON);
      return ['x-user-id', 'x-member', 'x-mail'].map((name) => header(passed, name));
    };
    const { id } = session.identity;
    expect(await told('/x')).toEqual([id, '', '']);
    expect(await told('/api/member/x')).toEqual(['', id, EMAIL]);
    expect(await told('/api/nameless/x')).toEqual(['', '', '']);
  });

  it('behind another proxy, the assertion is for the origin of the rule', async () => {
    const audiences = await Promise.all(
      ['/x', '/api/x'].map(async (path) => {
        const passed = await ask(gate.port, 'nginx', path, PERSON);
        const assertion = header(passed, 'x-session-assertion') ?? '';
        return JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()).aud;
      }),
    );
    expect(audiences).toEqual([GATE, api.url]);
  });

  it('a redirect to the origin’s own address leads to the same page on the site', async () => {
    const redirect = async (location: string, path = '/api/x', host = DEFAULT_HOST) => {
      const target = `${path}?location=${encodeURIComponent(location)}`;
      return header(await get(gate.port, target, { ...PERSON, Host: host }), 'location');
    };
    expect(await redirect(`${api.url}/users?a`)).toBe(`${GATE}/api/users?a`);
    expect(await redirect(`${api.url}/`, '/api/x', ADMIN)).toBe(`https://${ADMIN}/api/`);
    for (const kept of ['/users', 'users', `${GATE}/users`, 'https://elsewhere.example/'])
      expect(await redirect(kept)).toBe(kept);
  });

  it('no origin can set the session’s cookie', async () => {
    const cookies = ['theme=dark', 'ory_kratos_session=forged'];
    const query = cookies.map((each) => `set-cookie=${encodeURIComponent(each)}`).join('&');
    const answer = await get(gate.port, `/api/x?${query}`, PERSON);
    expect(headerValues(answer, 'set-cookie')).toEqual(['theme=dark']);
  });

  it('a WebSocket reaches the origin of its rule', async () => {
    const { socket, closed } = await openWebSocket(`ws://127.0.0.1:${gate.port}/api/live`, PERSON);
    const hello = new Promise((resolve) =>
      socket.addEventListener('message', ({ data }) => resolve(data)),
    );
    expect(await hello).toBe('hello');
    socket.close();
    await closed;
    expect(ORIGINS.map((origin) => origin.take().map((each) => each.target))).toEqual([
      [],
      [],
      ['/live'],
    ]);
  });

  it('an origin has a deadline of its own', async () => {
    gate.clearLogs();
    const { status } = await get(gate.port, '/api/x?wait=5000', PERSON);
    expect(status).toBe(504);
    const [decision] = await readDecisions(gate);
    expect([decision?.reason, decision?.detail]).toEqual(['origin_timeout', 'origin api']);
    expect((await get(gate.port, '/x', PERSON)).status).toBe(200);
  });

  it('a body arrives at the origin of the rule', async () => {
    const answer = await request(gate.port, {
      method: 'POST',
      target: '/api/users',
      headers: { Host: DEFAULT_HOST, ...PERSON },
      body: 'name=ann',
    });
    expect([answer.status, api.take().map(({ method, target }) => [method, target])]).toEqual([
      200,
      [['POST', '/users']],
    ]);
  });

  it('a path whose readings belong to several origins reaches none of them', async () => {
    for (const path of ['/api%2Fx', '/api;a/x', '//api/x', '/%2561pi/x', '/x/..;/api/y']) {
      const { answer, arrived } = await sent(path);
      expect([path, answer.status, arrived]).toEqual([path, 400, [[], [], []]]);
      expect(header(answer, 'postern-reason')).toBe('path_not_canonical');
    }
  });

  it('a path that would begin with two slashes is refused', async () => {
    for (const path of ['/api//x', '/api/%2Fx', '/api/;a/x', '/api/%252Fx', '/api//']) {
      const { answer, arrived } = await sent(path);
      expect([path, answer.status, arrived]).toEqual([path, 400, [[], [], []]]);
    }
  });

  it('the rest of a path and the query reach the origin byte for byte', async () => {
    for (const [path, expected] of [
      ['/api/', '/'],
      ['/api/?', '/?'],
      ['/api/a%2Fb', '/a%2Fb'],
      ['/api/caf%c3%a9?x=%2f/..//', '/caf%c3%a9?x=%2f/..//'],
      ['/%61pi/a', '/a'],
      ['/api/a//b', '/a//b'],
      ['/api/api/a', '/api/a'],
      ['/api/a;v=1/b', '/a;v=1/b'],
    ] as const) {
      expect([path, (await sent(path)).arrived]).toEqual([path, [[], [], [expected]]]);
    }
  });

  it('a path that only begins with the letters of a prefix is not the origin’s', async () => {
    expect((await sent('/apis/x')).arrived).toEqual([['/apis/x'], [], []]);
    expect((await sent('/api')).arrived).toEqual([['/api'], [], []]);
    expect((await sent('/API/x')).arrived).toEqual([['/API/x'], [], []]);
  });

  it('all sites share one log of decisions', async () => {
    gate.clearLogs();
    await sent('/api/logged');
    await sent('/logged', { ...PERSON, Host: ADMIN });
    const lines = (await readDecisions(gate)).map(({ path, rule }) => [path, rule]);
    expect(lines).toEqual([
      ['/api/logged', 'RULES.3'],
      ['/logged', 'default'],
    ]);
  });
});

describe('origins without one for the rest of the site', async () => {
  const alone = await gateForAllTests({
    services: { kratos: 'binding', origin: 'http' },
    vars: ({ gate: own }) => ({
      ORIGIN_URL: undefined,
      ORIGINS: { api: { url: api.url }, loop: { url: own } },
      RULES: [
        { path: '/api/*', session: 'none', origin: 'api' },
        { path: '/loop/*', session: 'none', origin: 'loop' },
      ],
    }),
  });

  it('lead every other path to 404, after its session was checked', async () => {
    const { cookie: Cookie } = await alone.kratos.createSession();
    expect((await get(alone.port, '/api/x')).status).toBe(200);
    expect(api.take().map(({ target }) => target)).toEqual(['/api/x']);
    expect((await get(alone.port, '/x')).status).toBe(401);
    expect((await get(alone.port, '/x', { Cookie })).status).toBe(404);
    expect(api.take()).toEqual([]);
  });

  it('an origin that is the gate itself is found at once', async () => {
    const answer = await get(alone.port, '/loop/x');
    expect([answer.status, JSON.parse(answer.text).error.id]).toEqual([508, 'loop_detected']);
  });
});

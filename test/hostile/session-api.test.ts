import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import {
  GUARDED,
  see,
  startKeycardApi,
  startKratosApi,
} from '../gateway/session-api/start-session-api.ts';
import { forAllTests } from '../support/for-all-tests.ts';
import { header, type RawHeaders, request } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import {
  drippingServer,
  endlessServer,
  refusingServer,
  resettingServer,
  silentServer,
  type TcpFake,
} from '../support/tcp-fakes.ts';

const gate = await forAllTests(
  startKratosApi({ vars: { SELF_SERVICE: true, STORE_TIMEOUT_MS: 400 } }),
);
afterEach(() => gate.reset());

const ID = '00000000-0000-4000-8000-000000000000';

async function calls(): Promise<Record<string, number>> {
  return (await gate.kratos.calls()).counts;
}

async function person(count = 2) {
  const identityId = crypto.randomUUID();
  const sessions = await Promise.all(
    Array.from({ length: count }, () => gate.kratos.createSession({ identityId })),
  );
  const [current, other] = sessions;
  if (current === undefined || other === undefined) throw new Error('two sessions were made');
  await gate.kratos.clearCalls();
  return { identityId, current, other, sessions };
}

const send = (method: string, target: string, headers: RawHeaders = {}, body?: string) =>
  request(gate.port, { method, target, headers, ...(body !== undefined && { body }) });
const by = ({ token }: { token: string }) => ({ 'X-Session-Token': token });

describe('the session API', () => {
  it('R1: a revocation that failed upstream is not reported as done', async () => {
    const { current, other } = await person();
    const path = `/sessions/${other.id}`;
    for (const [answer, status] of [
      [{ status: 500 }, 500],
      [{ status: 503, headers: { 'retry-after': '9' } }, 503],
      [{ status: 302, location: 'https://kratos.example.test/elsewhere' }, 502],
    ] as const) {
      await gate.kratos.control({ answers: { [`DELETE ${path}`]: answer } });
      expect((await send('DELETE', path, by(current))).status).toBe(status);
    }
    await gate.kratos.reset();
    expect((await send('GET', '/sessions/whoami', by(other))).status).toBe(200);
  });

  it('R2: no request ends the session of another person, under any id', async () => {
    const { current } = await person();
    const { current: victim } = await person();
    expect((await send('GET', '/sessions/whoami', by(victim))).status).toBe(200);
    const { status } = await send('DELETE', `/sessions/${victim.id}`, by(current));
    expect(status).toBe(204); // as Kratos answers
    const after = await send('GET', '/sessions/whoami', by(victim));
    expect(after.status).toBe(200);
    // It caused no mark: the victim's cached session is still accepted.
    expect(header(after, 'cache-status')).toContain('hit');
  });

  it.each([
    '..%2fadmin',
    'whoami%2f..',
    '*',
    '%00',
    'x',
    `${ID}%20`,
    `${ID},${ID}`,
    `${ID}%2Fextend`,
    '..;',
    '.%2e',
    'a'.repeat(12_000),
    `{${ID}}`,
    `urn:uuid:${ID}0`,
    ID.replaceAll('-', '').slice(1),
  ])('R3: %s is refused as a session id', async (id) => {
    const { current } = await person();
    const { status } = await send('DELETE', `/sessions/${id}`, by(current));
    expect(status).toBe(400);
    expect(await calls()).toEqual({});
  });

  it('R4: a path outside the table of routes does not exist', async () => {
    await using bare = await startGate();
    const { current } = await person();
    const targets = [
      ['GET', '/admin/sessions'],
      ['DELETE', `/admin/sessions/${ID}`],
      ['PATCH', `/admin/sessions/${ID}/extend`],
      ['GET', `/admin/identities/${ID}/sessions`],
    ] as const;
    for (const [method, target] of targets) {
      const { status } = await request(bare.port, { method, target, headers: by(current) });
      expect([target, status]).toEqual([target, 404]);
    }
    for (const target of [
      `/identities/${ID}/sessions`,
      `/sessions/${ID}/extend`,
      '/sessions/token-exchange/more',
      '/admin/identities',
      `/admin/identities/${ID}`,
      '/schemas',
      '/self-service/login/browser',
    ]) {
      const { status } = await request(bare.port, { target });
      expect([target, [401, 404].includes(status)]).toEqual([target, true]);
    }
    expect((await bare.kratos.calls()).counts).toEqual({});
    for (const target of [
      '/self-service',
      '/self-service/login/other',
      '/self-service/../admin',
      '/self-service/registration/x/y',
    ]) {
      expect([400, 404]).toContain((await send('GET', target)).status);
    }
    expect(await calls()).toEqual({});
  });

  it.each([
    "page_token=1'%20OR%20'1'%3D'1",
    'page_token=%00',
    'page_token=a%3BDROP%20TABLE',
    'page_token=$(id)',
    `page_token=${'a'.repeat(600)}`,
    'per_page=0',
    'per_page=1001',
    'per_page=-1',
    'per_page=1%20',
    'page=1;',
    'page=-1',
    'page=1e3',
    'page_size=NaN',
    'page_token=',
  ])('R5: of the paging parameter %s, whole numbers within bounds arrive', async (query) => {
    const { current } = await person();
    expect((await send('GET', `/sessions?${query}`, by(current))).status).toBe(200);
    const [path = ''] = (await gate.kratos.calls()).requests.map((one) => one.path);
    const [, page, size] = /^\/sessions\?page=(\d+)&per_page=(\d+)$/.exec(path) ?? [];
    expect([Number(page), Number(size) >= 1 && Number(size) <= 1000]).toEqual([1, true]);
  });

  it('R5: unknown parameters are dropped', async () => {
    const { current } = await person();
    await send('GET', '/sessions?per_page=1&expand=credentials&order=1;DROP&page=1', by(current));
    expect((await gate.kratos.calls()).requests.map(({ path }) => path)).toEqual([
      '/sessions?page=1&per_page=1',
    ]);
  });

  const CROSS_SITE: RawHeaders[] = [
    { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'https://app.example.test.evil.example' },
    { Origin: 'http://app.example.test' },
    { Origin: 'https://app.example.test:8443' },
    { Origin: 'https://evil.example', 'Content-Type': 'text/plain' },
  ];

  it.each(CROSS_SITE.map((headers) => [JSON.stringify(headers), headers] as const))(
    'R6: a page with %s makes no change with a cookie',
    async (_, headers) => {
      const { current, other } = await person();
      for (const [method, target] of [
        ['DELETE', '/sessions'],
        ['DELETE', `/sessions/${other.id}`],
      ] as const) {
        const { status } = await send(method, target, { ...headers, Cookie: current.cookie });
        expect(status).toBe(403);
      }
      const post = await send(
        'POST',
        '/sessions',
        { ...headers, Cookie: current.cookie },
        '_method=DELETE',
      );
      expect([403, 405]).toContain(post.status);
      expect(await calls()).toEqual({});
      expect((await send('DELETE', '/sessions', { ...headers, ...by(current) })).status).toBe(200);
    },
  );

  it('R6: a page of the site, and a program without a browser, make the change', async () => {
    for (const headers of [
      { 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'none' },
      { Origin: 'https://app.example.test' },
      {},
    ]) {
      const { current } = await person();
      const { status } = await send('DELETE', '/sessions', { ...headers, Cookie: current.cookie });
      expect(status).toBe(200);
    }
  });

  it('R9: a list is not cached and belongs to its caller', async () => {
    const [one, two] = [await person(3), await person(2)];
    const list = async ({ current }: typeof one) => {
      const response = await send('GET', '/sessions', by(current));
      expect(header(response, 'cache-control')).toBe('private, no-store');
      return (JSON.parse(response.text) as { identity: { id: string } }[]).map(
        ({ identity }) => identity.id,
      );
    };
    expect(await list(one)).toEqual([one.identityId, one.identityId]);
    expect(await list(two)).toEqual([two.identityId]);
    expect(await calls()).toEqual({ 'GET /sessions': 2 });
    expect(JSON.stringify(await gate.kv.entries())).not.toContain(one.identityId);
  });

  it('R10: a change without an answer is sent once, a read is repeated once', async () => {
    const { current, other } = await person();
    await gate.kratos.control({ delayMs: 700 });
    const late = await send('DELETE', `/admin/sessions/${other.id}`, GUARDED);
    expect([late.status, JSON.parse(late.text).error.id]).toEqual([504, 'upstream_timeout']);
    await gate.kratos.reset();
    expect((await calls())[`DELETE /admin/sessions/${other.id}`]).toBe(1);
    const server = await resettingServer();
    await using broken = await startKratosApi({
      vars: { KRATOS_PUBLIC_URL: server.url },
      services: { kratos: 'http', origin: 'binding' },
    });
    const ask = (method: string, target: string) =>
      request(broken.port, { method, target, headers: by(current) });
    expect((await ask('GET', '/sessions')).status).toBe(502);
    expect(server.connections()).toBe(2);
    await server.close();
  });

  it('R10: the failed connection of a change is not retried', async () => {
    const server = await resettingServer();
    await using broken = await adminAt(server);
    const { status, text } = await request(broken.port, {
      method: 'DELETE',
      target: `/admin/sessions/${ID}`,
      headers: GUARDED,
    });
    expect([status, JSON.parse(text).error.id]).toEqual([502, 'upstream_unreachable']);
    expect(server.connections()).toBe(1);
    await server.close();
  });

  it.each([
    '/self-service/methods/oidc/callback/idp?code=c&state=s',
    '/self-service/recovery?flow=f&token=t',
  ])('R10: GET %s, which makes a change, is sent once if its connection fails', async (target) => {
    const server = await resettingServer();
    await using broken = await startKratosApi({
      vars: { KRATOS_PUBLIC_URL: server.url, SELF_SERVICE: true },
      services: { kratos: 'http', origin: 'binding' },
    });
    expect((await request(broken.port, { method: 'GET', target })).status).toBe(502);
    expect(server.connections()).toBe(1);
    await server.close();
  });
});

/** The admin API at a failing server, over the network. */
function adminAt(
  server: Pick<TcpFake, 'url'>,
  vars: Record<string, string | number> = {},
): Promise<RunningGate> {
  return startGate({
    vars: {
      ADMIN_SECRETS: [GUARDED.authorization.slice('Bearer '.length)],
      KRATOS_ADMIN_URL: server.url,
      STORE_TIMEOUT_MS: 300,
      ...vars,
    },
  });
}

describe('upstream', () => {
  const read = (port: number) =>
    request(port, { target: `/admin/sessions/${ID}`, headers: GUARDED });

  it('U1: a redirect of an API is neither followed nor passed on', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      await gate.kratos.control({
        answers: { [`GET /admin/sessions/${ID}`]: { status, location: 'http://169.254.169.254/' } },
      });
      const response = await read(gate.port);
      expect([response.status, header(response, 'location')]).toEqual([502, undefined]);
    }
    expect(await calls()).toEqual({ [`GET /admin/sessions/${ID}`]: 5 });
  });

  it('U2: an endless body is abandoned if Postern reads it, and cut if Postern passes it on', async () => {
    const server = await endlessServer();
    await using endless = await startKratosApi({
      vars: { KRATOS_PUBLIC_URL: server.url, SELF_SERVICE: true, STORE_TIMEOUT_MS: 300 },
      services: { kratos: 'http', origin: 'binding' },
    });
    const flow = await request(endless.port, { target: '/self-service/login/flows?id=x' });
    expect([flow.status, JSON.parse(flow.text).error.id]).toEqual([502, 'upstream_not_valid']);
    const { current } = await person();
    const revoke = await request(endless.port, {
      method: 'DELETE',
      target: '/sessions',
      headers: by(current),
    });
    expect(revoke.status).toBe(503); // the owner of these sessions is unknown
    await server.close();
  });

  it('U3: a silent upstream is abandoned at the deadline', async () => {
    for (const server of [await silentServer(), await drippingServer({ everyMs: 50 })]) {
      await using slow = await adminAt(server);
      const startedAt = Date.now();
      const { status, text } = await read(slow.port);
      expect([status, JSON.parse(text).error.id]).toEqual([504, 'upstream_timeout']);
      expect(Date.now() - startedAt).toBeLessThan(2000);
      await server.close();
    }
  });

  it('U3: a dripping body is cut after six deadlines', async () => {
    const head =
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n';
    const server = await drippingServer({ head, bytes: ' ', everyMs: 50 });
    await using slow = await adminAt(server, { STORE_TIMEOUT_MS: 150 });
    const startedAt = Date.now();
    const response = await read(slow.port);
    expect(response.complete).toBe(false);
    expect(Date.now() - startedAt).toBeLessThan(3000);
    await server.close();
  });

  it('U3: an unreachable upstream is a 502 in the provider’s shape', async () => {
    const server = await refusingServer();
    await using gone = await adminAt(server);
    const { status, text } = await read(gone.port);
    expect([status, JSON.parse(text).error.id]).toEqual([502, 'upstream_unreachable']);
    await using keycard = await startKeycardApi({
      hasServiceAccount: false,
      vars: { KEYCARD_API_URL: server.url, KEYCARD_ZONES: ['z'] },
    });
    const seen = await see(`${keycard.gate.url}/zones/z/sessions`, {
      headers: { authorization: 'Bearer x' },
    });
    expect(seen).toMatchObject({
      status: 502,
      body: { code: 'upstream_unreachable', status: 502 },
    });
  });

  it('U4: internal headers of the provider’s servers are dropped', async () => {
    const headers = {
      server: 'kratos',
      'x-debug': 'stack',
      'x-powered-by': 'go',
      via: '1.1 inner',
      'set-cookie': 'a=b',
      'x-internal': '10.0.0.1',
      'access-control-allow-origin': '*',
      'x-ratelimit-limit': '10',
      'retry-after': '3',
    };
    await gate.kratos.control({ answers: { 'GET /admin/sessions': { status: 429, headers } } });
    const response = await send('GET', '/admin/sessions', GUARDED);
    const names = response.headers.map(([name]) => name.toLowerCase());
    for (const name of [
      'server',
      'x-debug',
      'x-powered-by',
      'via',
      'set-cookie',
      'x-internal',
      'access-control-allow-origin',
    ]) {
      expect(names).not.toContain(name);
    }
    expect([
      response.status,
      header(response, 'retry-after'),
      header(response, 'x-ratelimit-limit'),
    ]).toEqual([429, '3', '10']);
  });

  it('U5: a gate that is configured as its own store reports it at once', async () => {
    await using looped = await startKratosApi({
      bindings: {
        KRATOS: { type: 'worker', worker: 'gate-0' },
        KRATOS_ADMIN: { type: 'worker', worker: 'gate-0' },
      },
    });
    const { status, text } = await request(looped.port, {
      target: '/admin/sessions',
      headers: GUARDED,
    });
    expect([status, JSON.parse(text).error.id]).toEqual([508, 'loop_detected']);
    const { current } = await person();
    const startedAt = Date.now();
    expect(
      (await request(looped.port, { target: '/sessions/whoami', headers: by(current) })).status,
    ).toBe(503);
    expect(Date.now() - startedAt).toBeLessThan(1000);
  });

  it('U6: an upstream without TLS, except on loopback, stops the start', () => {
    const base = {
      PUBLIC_URL: 'https://app.example',
      KRATOS_PUBLIC_URL: 'https://kratos.example',
      REVOCATION: 'off',
    };
    for (const name of [
      'KRATOS_ADMIN_URL',
      'KEYCARD_API_URL',
      'ACCESS_TEAM_DOMAIN',
      'KEYCARD_TOKEN_URL',
    ]) {
      const config = readConfig({ ...base, [name]: 'http://upstream.example' });
      expect(config.ok ? '' : config.failure.join()).toContain(`${name}: expected an https URL`);
    }
  });

  it('U7: any body passes as it was sent, and causes no error of Postern', async () => {
    const bodies = [
      '',
      'null',
      '[]',
      '{',
      '[1e999]',
      '{"a":NaN}',
      '\u0000',
      '{"a":1,"a":2}',
      '[9007199254740993]',
      '"\\ud800"',
      '<html>',
      `${'['.repeat(5000)}${']'.repeat(5000)}`,
      '{"__proto__":{"x":1}}',
      '{"ui":{"action":7},"request_url":null,"logout_url":["x"]}',
    ];
    for (const body of bodies) {
      await gate.kratos.control({
        answers: {
          'GET /admin/sessions': { status: 200, body },
          'GET /self-service/login/flows': { status: 200, body },
        },
      });
      for (const target of ['/admin/sessions', '/self-service/login/flows']) {
        const response = await send('GET', target, GUARDED);
        expect([response.status, response.text]).toEqual([200, body]);
      }
    }
  });

  it('U8: CONNECT and other tunnel methods reach no upstream', async () => {
    for (const method of ['CONNECT', 'TRACE', 'PURGE', 'PROPFIND', 'LOCK']) {
      const sent = send(method, '/admin/sessions', GUARDED).then(
        ({ status }) => status,
        () => 400,
      );
      expect(await sent).toBeGreaterThanOrEqual(400);
    }
    expect(await calls()).toEqual({});
  });
});

it('the answer of a list is streamed: its beginning arrives before its end', async () => {
  const { identityId } = await person(2);
  await gate.kratos.control({ dripMs: 1 });
  const response = await fetch(`${gate.url}/admin/identities/${identityId}/sessions`, {
    headers: { ...GUARDED },
  });
  const reader = response.body?.getReader();
  let chunks = 0;
  while (chunks < 5 && !(await reader?.read())?.done) chunks += 1;
  await reader?.cancel();
  expect(chunks).toBe(5);
});

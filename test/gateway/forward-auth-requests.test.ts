import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { DEFAULT_HOST, get, header, headerValues } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { ask, KINDS, SECRET, told } from './proxy-questions.ts';

const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

const gate = await gateForAllTests({
  vars: {
    FORWARD_AUTH_SECRETS: [SECRET],
    IDENTITY_HEADERS: { 'X-User-Id': 'identity.id', 'X-User-Phone': 'identity.traits.phone' },
    RULES: [
      { path: '/public/*', session: 'none' },
      { path: '/maybe/*', session: 'optional' },
    ],
  },
});
const { cookie } = await gate.kratos.createSession();

describe('forward-auth', () => {
  it('F3: refuses a description with a repeated or missing part', async () => {
    const secret = { 'Postern-Proxy-Secret': SECRET, Cookie: cookie };
    const forward = told('forward', '/in').headers;
    const nginx = told('nginx', '/in').headers;
    const cases: [string, Record<string, string>][] = [];
    for (const [path, headers, names] of [
      [
        '/.postern/auth/forward',
        forward,
        ['X-Forwarded-Host', 'X-Forwarded-Uri', 'X-Forwarded-Method'],
      ],
      ['/.postern/auth/nginx', nginx, ['X-Original-URL', 'X-Original-Method']],
    ] as const) {
      const sent: Record<string, string> = { ...headers };
      for (const name of names) {
        cases.push([path, { ...sent, [name]: `${sent[name]}, ${sent[name]}` }]);
        cases.push([path, { ...sent, [name]: '' }]);
        cases.push([
          path,
          Object.fromEntries(Object.entries(sent).filter(([other]) => other !== name)),
        ]);
      }
    }
    for (const [target, headers] of cases) {
      const { status } = await get(gate.port, target, { ...secret, ...headers });
      expect([JSON.stringify(headers), [400, 401, 403].includes(status)]).toEqual([
        JSON.stringify(headers),
        true,
      ]);
    }
  });

  it('F4: nginx gets only statuses that it understands; a challenge keeps its Location', async () => {
    for (const uri of ['/a/../b', '/a%2fb', '//x', '/%zz']) {
      expect((await ask(gate.port, 'nginx', uri, { Cookie: cookie })).status).toBe(403);
      expect((await ask(gate.port, 'forward', uri, { Cookie: cookie })).status).toBe(400);
    }
    const challenge = await ask(gate.port, 'nginx', '/in', PAGE);
    expect(challenge.status).toBe(401);
    expect(header(challenge, 'location')).toContain(
      encodeURIComponent(`https://${DEFAULT_HOST}/in`),
    );
    expect((await ask(gate.port, 'forward', '/in', PAGE)).status).toBe(302);
    expect((await ask(gate.port, 'nginx', '/in', {}, { method: 'TRACE' })).status).toBe(403);
  });

  it('F27: nginx gets the body of a refusal for the client, and no pass without a site', async () => {
    const answer = (uri: string, headers: Record<string, string> = {}, method = 'GET') =>
      get(gate.port, '/.postern/auth/nginx/answer', {
        'Postern-Proxy-Secret': SECRET,
        ...told('nginx', uri, { method }).headers,
        ...headers,
      });
    const program = await answer('/in');
    expect([program.status, JSON.parse(program.text)]).toMatchObject([
      401,
      { error: { id: 'session_inactive' } },
    ]);
    expect(header(program, 'www-authenticate')).toBe('Bearer');
    const person = await answer('/in', PAGE);
    expect(person.status).toBe(302);
    expect(header(person, 'location')).toContain(encodeURIComponent(`https://${DEFAULT_HOST}/in`));
    expect(header(person, 'set-cookie')).toContain('postern-turns');
    const unreadable = await answer('/a%2fb', PAGE);
    expect([unreadable.status, header(unreadable, 'content-type')]).toEqual([
      400,
      'text/html; charset=utf-8',
    ]);
    expect((await answer('/in', {}, 'TRACE')).status).toBe(405);
    for (const [uri, headers] of [
      ['/in', { Cookie: cookie }],
      ['/public/x', {}],
    ] as const) {
      const passed = await answer(uri, headers);
      expect([passed.status, header(passed, 'postern-reason')]).toEqual([503, 'verdict_changed']);
      expect(header(passed, 'x-user-id')).toBeUndefined();
    }
    expect((await answer('/in', { 'Postern-Proxy-Secret': '' })).status).toBe(401);
  });

  it('F24: nginx gets one cookie of a renewed session, the session’s own, and other proxies get all', async () => {
    const renewed = 'ory_kratos_session=renewed; Path=/; HttpOnly';
    const balancer = 'balancer=1; Path=/; HttpOnly';
    for (const [kind, expected] of [
      ['nginx', [renewed]],
      ['forward', [balancer, renewed]],
    ] as const) {
      const { cookie: known, session } = await gate.kratos.createSession();
      const headers = { 'Set-Cookie': balancer, 'set-cookie': renewed };
      await gate.kratos.control({ whoami: { body: session, headers } });
      const passed = await ask(gate.port, kind, '/in', { Cookie: known });
      await gate.kratos.reset();
      expect([kind, passed.status, headerValues(passed, 'set-cookie')]).toEqual([
        kind,
        200,
        expected,
      ]);
    }
  });

  it('a person gets a page and a program JSON, for refusals and faults too', async () => {
    const page = await ask(gate.port, 'forward', '/a%2fb', PAGE);
    expect([page.status, header(page, 'content-type')]).toEqual([400, 'text/html; charset=utf-8']);
    const { cookie: unknown } = await gate.kratos.createSession();
    await gate.kratos.control({ whoami: { status: 500, body: 'no' } });
    const fault = await ask(gate.port, 'forward', '/in', { ...PAGE, Cookie: unknown });
    await gate.kratos.reset();
    expect([fault.status, header(fault, 'content-type')]).toEqual([
      503,
      'text/html; charset=utf-8',
    ]);
    expect(header(fault, 'retry-after')).toBe('2');
  });

  it('F9: answers without waiting for a body that never arrives', async () => {
    const { headers } = told('forward', '/in');
    const startedAt = performance.now();
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connect(gate.port, '127.0.0.1', () => {
        const fields = {
          Host: DEFAULT_HOST,
          ...headers,
          'Postern-Proxy-Secret': SECRET,
          Cookie: cookie,
          'Content-Length': '10485760',
        };
        socket.write(
          `POST /.postern/auth/forward HTTP/1.1\r\n${Object.entries(fields)
            .map(([name, value]) => `${name}: ${value}\r\n`)
            .join('')}\r\n`,
        );
        socket.write(Buffer.alloc(65_536));
      });
      socket.once('data', (bytes) => {
        resolve(bytes.toString('latin1', 0, 15));
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(status).toBe('HTTP/1.1 200 OK');
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('does not exist until its secret is configured, and under no other name', async () => {
    await using without = await startGate();
    for (const kind of KINDS)
      expect((await get(without.port, `/.postern/auth/${kind}`)).status).toBe(404);
    for (const name of ['nginx/', 'nginx/x', 'traefik', 'envoyx', 'Nginx']) {
      const { status } = await get(gate.port, `/.postern/auth/${name}`, {
        'Postern-Proxy-Secret': SECRET,
        ...told('nginx', '/public/x').headers,
      });
      expect(status).toBe(404);
    }
  });

  it('refuses to start with a secret that is easy to guess', async () => {
    await using wrong = await startGate({ vars: { FORWARD_AUTH_SECRETS: ['hunter2'] } });
    expect((await get(wrong.port, '/')).status).toBe(500);
    const logs = (await wrong.logs()).join();
    expect(logs).toContain('FORWARD_AUTH_SECRETS.0');
    expect(logs).not.toContain('hunter2');
  });
});

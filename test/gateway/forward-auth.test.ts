import { describe, expect, it } from 'vitest';
import { readDecisions } from '../support/decision-lines.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { JSON_TEXTS } from '../support/hostile-input/json-texts.ts';
import { TRAVERSAL_PAYLOADS } from '../support/hostile-input/traversal-payloads.ts';
import { sendAll } from '../support/keep-alive.ts';
import { DEFAULT_HOST, header, headerValues, request } from '../support/raw-http.ts';
import { ask, KINDS, SECRET, told } from './proxy-questions.ts';

const NEXT_SECRET = 'the-secret-that-will-be-used-tomorrow---';
const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
const SPA = 'https://spa.example.test';

const gate = await gateForAllTests({
  vars: {
    FORWARD_AUTH_SECRETS: [SECRET, NEXT_SECRET],
    IDENTITY_HEADERS: { 'X-User-Id': 'identity.id', 'X-User-Phone': 'identity.traits.phone' },
    RULES: [
      { path: '/public/*', session: 'none' },
      { path: '/maybe/*', session: 'optional' },
      { path: '/api/*', session: 'required', preflight: [SPA] },
    ],
  },
});
const { cookie, session } = await gate.kratos.createSession();
const identityId = session.identity.id;

describe.each(KINDS)('forward-auth, as %s asks', (kind) => {
  it('returns the gate’s verdict, with the identity', async () => {
    expect((await ask(gate.port, kind, '/public/x')).status).toBe(200);
    expect((await ask(gate.port, kind, '/in')).status).toBe(401);
    const passed = await ask(gate.port, kind, '/in?a=1', { Cookie: cookie });
    expect([passed.status, header(passed, 'x-user-id'), passed.text]).toEqual([
      200,
      identityId,
      '',
    ]);
  });

  it('logs the rule, and none if the proxy does not prove itself', async () => {
    const path = `/maybe/logged-${kind}`;
    await ask(gate.port, kind, path);
    await ask(gate.port, kind, path, { 'Postern-Proxy-Secret': 'x'.repeat(40) });
    const decisions = await readDecisions(gate);
    expect(decisions.filter((line) => line.path === path).map(({ rule }) => rule)).toEqual([
      'RULES.1',
    ]);
    const refused = decisions.filter((line) => line.path === undefined);
    expect(refused).not.toEqual([]);
    expect(refused.filter((line) => 'rule' in line)).toEqual([]);
  });

  it('T13, T15: accepts a valid bearer behind a dead cookie, and clears the cookie of an anonymous request', async () => {
    const { token, session } = await gate.kratos.createSession();
    const Cookie = `ory_kratos_session="${kind.repeat(8)}"`;
    const byBearer = await ask(gate.port, kind, '/maybe/x', {
      Cookie,
      Authorization: `Bearer ${token}`,
    });
    expect([byBearer.status, header(byBearer, 'x-user-id')]).toEqual([200, session.identity.id]);
    expect(headerValues(byBearer, 'set-cookie')).toEqual([]);
    const anonymous = await ask(gate.port, kind, '/maybe/x', { Cookie });
    expect([anonymous.status, header(anonymous, 'x-user-id')]).toEqual([200, '']);
    expect(headerValues(anonymous, 'set-cookie')).toEqual([
      expect.stringMatching(/^ory_kratos_session=; Path=\/; Max-Age=0/),
    ]);
  });

  it('offers a person to try again only if the original request may be repeated', async () => {
    await gate.kratos.control({ whoami: { status: 500 } });
    const { cookie: unseen } = await gate.kratos.createSession();
    const pageFor = (method: string) =>
      ask(gate.port, kind, '/in', { ...PAGE, Cookie: unseen }, { method });
    const pages = [await pageFor('GET'), await pageFor('POST')];
    await gate.kratos.control({ whoami: null });
    expect(pages.map(({ status }) => status)).toEqual([503, 503]);
    expect(pages.map(({ text }) => /<a class="action" href="([^"]*)">/.exec(text)?.[1])).toEqual([
      '',
      '/',
    ]);
  });

  it('accepts each of the secrets, and no other text', async () => {
    expect(
      (await ask(gate.port, kind, '/public/x', { 'Postern-Proxy-Secret': NEXT_SECRET })).status,
    ).toBe(200);
    for (const secret of [
      '',
      'x',
      SECRET.slice(1),
      `${SECRET} `.repeat(2),
      `${SECRET}, ${SECRET}`,
    ]) {
      const refused = await ask(gate.port, kind, '/public/x', {
        'Postern-Proxy-Secret': secret,
        Cookie: cookie,
      });
      expect([refused.status, header(refused, 'postern-reason')]).toEqual([
        401,
        'proxy_not_trusted',
      ]);
    }
  });

  it('F2: without the secret no description opens a path', async () => {
    const { headers, ...asked } = told(kind, '/public/x');
    expect(
      (await request(gate.port, { ...asked, headers: { ...headers, Cookie: cookie } })).status,
    ).toBe(401);
  });

  it('F4: an unreachable store is a fault for every caller', async () => {
    await gate.kratos.control({ whoami: { status: 500, body: 'no' } });
    const { cookie: unknown } = await gate.kratos.createSession();
    const answer = await ask(gate.port, kind, '/in', { Cookie: unknown });
    await gate.kratos.reset();
    expect([answer.status, header(answer, 'retry-after')]).toEqual([503, '2']);
  });

  it('F5: a pass lists every identity header, with empty values for missing ones', async () => {
    for (const headers of [{ Cookie: cookie }, {}]) {
      const passed = await ask(gate.port, kind, '/maybe/x', {
        ...headers,
        'X-User-Phone': 'spoofed',
        'X-User-Id': 'spoofed',
      });
      expect(passed.status).toBe(200);
      expect(headerValues(passed, 'x-user-phone')).toEqual(['']);
      expect(header(passed, 'x-user-id')).toBe('Cookie' in headers ? identityId : '');
    }
  });

  it('F6: no answer can be cached', async () => {
    for (const [uri, headers] of [
      ['/in', { Cookie: cookie }],
      ['/in', {}],
      ['/public/x', {}],
      ['/nowhere', PAGE],
    ] as const) {
      const answer = await ask(gate.port, kind, uri, headers);
      expect(header(answer, 'cache-control')).toBe('private, no-store');
      expect(header(answer, 'vary')).toBe('Cookie, Authorization, X-Session-Token');
    }
  });

  it('F7: another host opens no path', async () => {
    for (const host of [
      'evil.example',
      `${DEFAULT_HOST}.evil.example`,
      `${DEFAULT_HOST}@evil.example`,
    ]) {
      const answer = await ask(gate.port, kind, '/in', { ...PAGE }, { host });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(header(answer, 'location')).toBeUndefined();
    }
  });

  it('F8: answers are short and repeat no part of the request', async () => {
    for (const headers of [{}, { Cookie: cookie }, { ...PAGE }]) {
      const answer = await ask(gate.port, kind, '/in/secret-word?secret-word', {
        ...headers,
        'User-Agent': 'secret-word',
      });
      expect(answer.body.length).toBeLessThanOrEqual(1024);
      expect(answer.text).not.toContain('secret-word');
    }
  });

  it('F1: no hostile path passes without a session', async () => {
    const texts = [
      ...TRAVERSAL_PAYLOADS,
      ...JSON_TEXTS.map(({ bytes }) => Buffer.from(bytes).toString('latin1').slice(0, 2000)),
      '\x00\xff',
      '/\u00e9',
    ];
    // A path that fits into no header line or request target cannot reach a Worker.
    const uris = texts.map((text) =>
      Buffer.from(text)
        .toString('latin1')
        .replace(kind === 'envoy' ? /[\x00-\x20\x7f-\xff<>`"]/g : /[\r\n\0]/g, ''),
    );
    const cases = uris
      .flatMap((uri) => [uri, `/public/../${uri}`, `/${uri}`])
      .map((uri) => (kind === 'envoy' && !uri.startsWith('/') ? `/${uri}` : uri));
    await sendAll(
      gate.port,
      cases,
      (uri) => {
        const asked = told(kind, uri);
        return { ...asked, headers: { 'Postern-Proxy-Secret': SECRET, ...asked.headers } };
      },
      (uri, { status }) => expect([uri, status === 200]).toEqual([uri, false]),
    );
  });

  it('a preflight that a rule allows passes, for the origin to answer', async () => {
    const preflight = { Origin: SPA, 'Access-Control-Request-Method': 'PUT' };
    expect((await ask(gate.port, kind, '/api/x', preflight, { method: 'OPTIONS' })).status).toBe(
      200,
    );
    expect((await ask(gate.port, kind, '/api/x', {}, { method: 'OPTIONS' })).status).toBe(401);
    expect((await ask(gate.port, kind, '/in', preflight, { method: 'OPTIONS' })).status).toBe(401);
  });

  it('the cookie of a renewed session reaches the proxy', async () => {
    const renewed = await gate.kratos.createSession();
    const body = JSON.stringify(renewed.session);
    await gate.kratos.control({
      whoami: {
        body: JSON.parse(body),
        headers: { 'Set-Cookie': 'ory_kratos_session=renewed; Path=/' },
      },
    });
    const answer = await ask(gate.port, kind, '/in', { Cookie: renewed.cookie });
    await gate.kratos.reset();
    expect([answer.status, headerValues(answer, 'set-cookie')]).toEqual([
      200,
      ['ory_kratos_session=renewed; Path=/'],
    ]);
  });

  it('no answer has anything of another one, though all are made from kept headers', async () => {
    const people = await Promise.all([gate.kratos.createSession(), gate.kratos.createSession()]);
    for (let round = 0; round < 3; round += 1) {
      for (const person of people) {
        const answer = await ask(gate.port, kind, '/in', { Cookie: person.cookie });
        expect([answer.status, header(answer, 'x-user-id')]).toEqual([
          200,
          person.session.identity.id,
        ]);
        expect(headerValues(answer, 'cache-status')).toEqual([
          expect.stringMatching(/^postern; (?:hit; ttl=\d+; detail=memory|fwd=miss)/),
        ]);
        expect(headerValues(answer, 'set-cookie')).toEqual([]);
      }
      const dead = `ory_kratos_session="${kind.repeat(8)}${round}"`;
      const anonymous = await ask(gate.port, kind, '/maybe/x', { Cookie: dead });
      expect([
        header(anonymous, 'x-user-id'),
        headerValues(anonymous, 'set-cookie').length,
      ]).toEqual(['', 1]);
      const publicly = await ask(gate.port, kind, '/public/x', { Cookie: people[0].cookie });
      expect(header(publicly, 'x-user-id')).toBe('');
      expect(headerValues(publicly, 'set-cookie')).toEqual([]);
      expect(headerValues(publicly, 'cache-status')).toEqual([]);
    }
  });

  it('the log names the described request', async () => {
    gate.clearLogs();
    await ask(gate.port, kind, '/in/deep?q=secret-word', { Cookie: cookie }, { method: 'POST' });
    const line = (await gate.logs()).at(-1) ?? '';
    expect(JSON.parse(line)).toMatchObject({
      route: 'forward-auth',
      outcome: 'pass',
      method: 'POST',
      path: '/in/deep',
      identityId,
    });
    expect(line).not.toMatch(/secret/);
  });
});

import { expect, it } from 'vitest';
import { header, headerValues } from '../support/raw-http.ts';
import { describeEachProxy, HOST, PAGE, SECRET, valuesOf } from './world.ts';

/** Spellings that some site reads as the same header (CGI, WSGI, lighttpd), and further ones. */
const SPELLINGS: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase(),
  (name) => name.replaceAll('-', '_'),
  (name) => name.replace('-', '_'),
  (name) => name.replace(/-(?!.*-)/, '_').toLowerCase(),
  (name) => name.replaceAll('-', '.'),
  (name) => name.replaceAll('-', '!'),
  (name) => name.replaceAll('-', '*'),
  (name) => name.replace('-', '`').toLowerCase(),
  (name) => name.replaceAll('-', '#'),
  (name) => name.replaceAll('-', '|'),
  (name) => `_${name}`,
  (name) => `~${name}`,
  (name) => `${name}_`,
  (name) => `_${name.replaceAll('-', '_')}_`,
];
const IDENTITY_HEADERS = ['X-User-Id', 'X-User-Email', 'X-Session-Assertion'];
const COPIES = IDENTITY_HEADERS.flatMap((name) =>
  SPELLINGS.map((spell) => [spell(name), 'spoofed'] as const),
);

describeEachProxy((behind) => {
  it('F15: sends the site the identity, and the client no part of it', async () => {
    const { ask, cookie, identityId, site } = behind();
    const passed = await ask('/members?a=1', { Cookie: cookie });
    expect([passed.status, passed.text]).toEqual([200, 'site:0']);
    const [seen] = site.take();
    expect(seen?.target).toBe('/members?a=1');
    expect(valuesOf(seen, 'host')).toEqual([HOST]);
    expect(valuesOf(seen, 'x-user-id')).toEqual([identityId]);
    expect(valuesOf(seen, 'x-user-email')).toEqual(['a@example.com']);
    expect(valuesOf(seen, 'x-session-assertion')).toEqual([
      expect.stringMatching(/^ey[\w-]+\.[\w-]+\.[\w-]+$/),
    ]);
    for (const name of IDENTITY_HEADERS) expect(header(passed, name)).toBeUndefined();
  });

  it('F15: forwards no copy of an identity header from a client', async () => {
    const { ask, cookie, identityId, site } = behind();
    for (const [target, signedIn] of [
      ['/members', true],
      ['/maybe/x', true],
      ['/maybe/x', false],
      ['/public/x', true],
      ['/public/x', false],
    ] as const) {
      const credential = signedIn ? [['Cookie', cookie] as const] : [];
      expect((await ask(target, [...COPIES, ...credential])).status).toBe(200);
      const [seen] = site.take();
      const spoofed = seen?.headers.filter(([, value]) => value.includes('spoofed'));
      expect([target, spoofed]).toEqual([target, []]);
      const isKnown = signedIn && target !== '/public/x';
      expect(valuesOf(seen, 'x-user-id').filter((value) => value !== '')).toEqual(
        isKnown ? [identityId] : [],
      );
    }
  });

  it('F19: keeps identity headers despite any Connection header of a client', async () => {
    const { ask, cookie, identityId, site } = behind();
    const nominated = [
      ...IDENTITY_HEADERS,
      'X-Forwarded-Host',
      'X-Forwarded-Uri',
      'X-Forwarded-Method',
    ];
    for (const value of ['X-User-Id', nominated.join(', '), `${nominated.join(', ')}, close`]) {
      const { status } = await ask('/members', { Cookie: cookie, Connection: value });
      const [seen] = site.take();
      if (status === 400 && value !== 'X-User-Id') {
        expect(seen).toBeUndefined(); // Envoy refuses it when it names X-Forwarded-Host
        continue;
      }
      expect([value, status]).toEqual([value, 200]);
      expect(valuesOf(seen, 'x-user-id')).toEqual([identityId]);
      expect(valuesOf(seen, 'x-user-email')).toEqual(['a@example.com']);
      expect(valuesOf(seen, 'x-session-assertion')).toHaveLength(1);
    }
  });

  it('F20: sends the site the judged method, path and client despite any header', async () => {
    const { ask, cookie, site } = behind();
    const headers = {
      'X-HTTP-Method': 'DELETE',
      'X-HTTP-Method-Override': 'DELETE',
      'X-Method-Override': 'DELETE',
      X_HTTP_METHOD_OVERRIDE: 'DELETE',
      'X-Original-URL': '/admin',
      'X-Rewrite-URL': '/admin',
      'X-Override-URL': '/admin',
      X_REWRITE_URL: '/admin',
      Forwarded: 'for=10.9.8.7;host=evil.example',
      'X-Forwarded-For': '10.9.8.7',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'ftp',
      'X-Forwarded-Prefix': '/admin',
      'X-Real-IP': '10.9.8.7',
    };
    for (const target of ['/public/x', '/members']) {
      expect((await ask(target, { Cookie: cookie, ...headers })).status).toBe(200);
      const [seen] = site.take();
      expect(JSON.stringify(seen)).not.toMatch(/DELETE|\/admin|evil|10\.9\.8\.7|ftp/);
      expect([seen?.method, seen?.target]).toEqual(['GET', target]);
    }
  });

  it('F23: lets no client speak for the proxy, and sends the secret to no site', async () => {
    const { ask, cookie, site } = behind();
    const told = {
      'Postern-Proxy-Secret': SECRET,
      'X-Original-URL': `https://${HOST}/public/x`,
      'X-Original-Method': 'GET',
      'X-Forwarded-Host': HOST,
      'X-Forwarded-Uri': '/public/x',
      'X-Forwarded-Method': 'GET',
      X_Forwarded_Uri: '/public/x',
    };
    expect((await ask('/members', told)).status).toBe(401);
    for (const path of ['/_postern', '/.postern/auth/nginx', '/.postern/auth/forward']) {
      expect([404, 401]).toContain((await ask(path, told)).status);
    }
    expect(site.take()).toEqual([]);
    for (const path of ['/members', '/_postern', '/_postern/']) {
      const passed = await ask(path, { Cookie: cookie });
      expect(passed.raw.toString()).not.toContain(SECRET);
      for (const name of IDENTITY_HEADERS)
        expect([path, header(passed, name)]).toEqual([path, undefined]);
    }
    expect(JSON.stringify(site.take())).not.toContain(SECRET);
  });

  it('passes a body on whole, and drops the body of a refused request', async () => {
    const { ask, cookie, site } = behind();
    const body = 'x'.repeat(100_000);
    const post = { method: 'POST', body };
    const passed = await ask('/members', { Cookie: cookie }, post);
    expect([passed.status, passed.text]).toEqual([200, 'site:100000']);
    const chunked = { Cookie: cookie, 'Transfer-Encoding': 'chunked' };
    const inChunks = { method: 'POST', body: `5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n` };
    expect((await ask('/members', chunked, inChunks)).text).toBe('site:11');
    expect(site.take().map(({ method }) => method)).toEqual(['POST', 'POST']);
    expect((await ask('/members', {}, post)).status).toBe(401);
    expect((await ask('/members', PAGE, post)).status).toBe(303);
    expect(site.take()).toEqual([]);
  });

  it('answers HEAD like GET, without a body', async () => {
    const { ask, cookie, site } = behind();
    const passed = await ask('/members', { Cookie: cookie }, { method: 'HEAD' });
    expect([passed.status, passed.text, passed.rest.length]).toEqual([200, '', 0]);
    expect(site.take().map(({ method }) => method)).toEqual(['HEAD']);
    const refused = await ask('/members', {}, { method: 'HEAD' });
    expect([refused.status, refused.text, refused.rest.length]).toEqual([401, '', 0]);
    expect((await ask('/members', PAGE, { method: 'HEAD' })).status).toBe(302);
    expect(site.take()).toEqual([]);
  });

  it('F24: delivers the cookie of a renewed session, with 200 and with 404', async () => {
    const { ask, gate, kind } = behind();
    const renewed = 'ory_kratos_session=renewed; Path=/; HttpOnly; SameSite=Lax';
    for (const [target, status] of [
      ['/members', 200],
      ['/missing/x', 404],
    ] as const) {
      const { cookie, session } = await gate.kratos.createSession();
      const headers = { 'Set-Cookie': 'balancer=1; Path=/; HttpOnly', 'set-cookie': renewed };
      const whoami = { body: session, headers };
      await gate.kratos.control({ whoami });
      const passed = await ask(target, { Cookie: cookie });
      await gate.kratos.reset();
      expect(passed.status).toBe(status);
      const cookies = headerValues(passed, 'set-cookie');
      expect(cookies).toEqual(expect.arrayContaining([renewed, 'site=1']));
      const others = cookies.filter((cookie) => cookie !== renewed && cookie !== 'site=1');
      const takesAll = kind.name === 'Caddy' || kind.name === 'Envoy';
      expect(others).toEqual(takesAll ? ['balancer=1; Path=/; HttpOnly'] : []);
    }
  });

  it('F28: serves many people through one connection to the gate, each with their own answer', async () => {
    const { ask, cookie, identityId, edge, gate, site } = behind();
    const other = await gate.kratos.createSession({ traits: { email: 'b@example.com' } });
    const people = [
      [{ Cookie: cookie }, identityId],
      [{}, undefined],
      [{ Cookie: other.cookie }, other.session.identity.id],
    ] as const;
    const before = edge.connections();
    for (let turn = 0; turn < 30; turn += 1) {
      const [headers, expected] = people[turn % people.length] ?? people[0];
      const post = turn % 4 === 3 ? { method: 'POST', body: 'GET /smuggled HTTP/1.1\r\n\r\n' } : {};
      const { status } = await ask(`/members?turn=${turn}`, headers, post);
      const [seen] = site.take();
      expect([turn, status, valuesOf(seen, 'x-user-id')[0]]).toEqual([
        turn,
        expected === undefined ? 401 : 200,
        expected,
      ]);
    }
    // Refusals with a body may cost nginx its connection; passes must not.
    expect(edge.connections() - before).toBeLessThan(25);
  });
});

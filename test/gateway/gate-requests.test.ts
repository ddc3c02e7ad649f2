import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import {
  LINE_BREAK_PAYLOADS,
  REDIRECT_PAYLOADS,
} from '../support/hostile-input/redirect-payloads.ts';
import { sendAll } from '../support/keep-alive.ts';
import { DEFAULT_HOST, get, header, request } from '../support/raw-http.ts';

const SPA = 'https://spa.example.test';
const RULES = [
  { path: '/open/*', session: 'none' },
  { path: '/maybe/*', session: 'optional' },
  { path: '/api/*', session: 'required', preflight: [SPA] },
  { host: 'admin.example.test', path: '/desk/*', session: 'none' },
  { path: '/read/*', methods: ['GET'], session: 'none' },
];
const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

const gate = await gateForAllTests({ vars: { RULES, HOSTS: ['admin.example.test'] } });
const { cookie } = await gate.kratos.createSession();

const originCalls = async () => (await gate.origin.calls()).requests.length;

describe('hosts', () => {
  it.each(['APP.example.test', 'app.example.test.', 'app.example.test:443'])(
    'P15: %s is served as the site’s host',
    async (Host) => {
      expect((await get(gate.port, '/open/x', { Host })).status).toBe(200);
    },
  );

  it.each([
    'x.app.example.test',
    'evil.example',
    'app.example.test:8443',
    '127.1',
    '0x7f.1',
    '[::1]',
    'a..b',
    'xn--pp-xbc.example.test',
  ])('P15, P16: %s is answered 421 without a lookup', async (Host) => {
    await gate.origin.clearCalls();
    await gate.kratos.clearCalls();
    const answer = await get(gate.port, '/open/x', { Host, Cookie: cookie });
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([421, 'host_unknown']);
    expect([await originCalls(), (await gate.kratos.calls()).requests.length]).toEqual([0, 0]);
  });

  it('a rule for one host does not apply to another', async () => {
    expect((await get(gate.port, '/desk/1', { Host: 'admin.example.test' })).status).toBe(200);
    expect((await get(gate.port, '/desk/1')).status).toBe(401);
  });

  it('the origin and the sign-in page receive the requested host', async () => {
    const Host = 'ADMIN.example.test.';
    const { text } = await get(gate.port, '/desk/1?format=json', { Host });
    expect(JSON.parse(text).headers).toContainEqual(['x-forwarded-host', 'admin.example.test']);
    const challenge = await get(gate.port, '/in', { Host, ...PAGE });
    const location = new URL(header(challenge, 'location') ?? '');
    expect(location.searchParams.get('return_to')).toBe('https://admin.example.test/in');
  });
});

describe('claims of a client about itself', () => {
  it.each(['GoogleHC/1.0', 'kube-probe/1.2', 'Mozilla/5.0 (compatible; Googlebot/2.1)'])(
    'P20: User-Agent %s opens no path',
    async (agent) => {
      expect((await get(gate.port, '/in', { 'User-Agent': agent })).status).toBe(401);
    },
  );

  it('P25: X-Forwarded-Proto changes no decision', async () => {
    for (const proto of ['http', 'https', 'gopher']) {
      const headers = { 'X-Forwarded-Proto': proto, 'X-Forwarded-Ssl': 'on', ...PAGE };
      const answer = await get(gate.port, '/in', headers);
      expect(new URL(header(answer, 'location') ?? '').searchParams.get('return_to')).toBe(
        `https://${DEFAULT_HOST}/in`,
      );
    }
  });

  it('W7: X-Forwarded-Host and -Prefix do not reach a Location', async () => {
    const headers = {
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Prefix': '/evil',
      Forwarded: 'host=evil.example',
      ...PAGE,
    };
    expect(header(await get(gate.port, '/in', headers), 'location')).not.toContain('evil');
  });

  it('U5: a request that already passed this gate is answered 508', async () => {
    await gate.origin.clearCalls();
    const answer = await get(gate.port, '/open/x', {
      'Postern-Hops': `other.example, ${DEFAULT_HOST}`,
    });
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([508, 'loop_detected']);
    expect(await originCalls()).toBe(0);
    const { text } = await get(gate.port, '/open/x?format=json', {
      'Postern-Hops': 'other.example',
    });
    expect(JSON.parse(text).headers).toContainEqual([
      'postern-hops',
      `other.example, ${DEFAULT_HOST}`,
    ]);
  });
});

describe('caches and redirects', () => {
  it.each([
    '/sessions/whoami/x.css',
    '/sessions/whoami;x.css',
    '/sessions/whoami%00.js',
    '/sessions/whoami.css',
  ])('W4: %s makes no cache store whoami', async (target) => {
    const answer = await get(gate.port, target);
    expect([400, 401, 404, 405]).toContain(answer.status);
    expect(header(answer, 'cache-control')).toBe('private, no-store');
  });

  it('W4, W5: every answer is private, no-store, for any caching header of the origin', async () => {
    for (const [target, headers] of [
      ['/in', {}],
      ['/in', PAGE],
      ['/in', { Cookie: cookie }],
      ['/in/style.css', { Cookie: cookie }],
      ['/sse', { Cookie: cookie }],
      ['/status/404', { Cookie: cookie }],
      ['/status/500', { Cookie: cookie }],
      ['/open/x', {}],
      ['/a/../b', {}],
      ['/.postern/nothing', {}],
      ['/.postern/auth/nginx', {}],
      ['/sessions/whoami', {}],
    ] as const) {
      const answer = await get(gate.port, target, headers);
      expect([target, header(answer, 'cache-control')]).toEqual([target, 'private, no-store']);
    }
  });

  it('W9: a dead cookie on an optional page does not hide a valid bearer, and is cleared', async () => {
    const dead = 'ory_kratos_session=dead-cookie-value-0123456789';
    const answer = await get(gate.port, '/maybe/x?format=json', { Cookie: dead });
    expect(answer.status).toBe(200);
    expect(header(answer, 'set-cookie')).toMatch(/^ory_kratos_session=; Path=\/; Max-Age=0/);
    expect(JSON.parse(answer.text).headers.map(([name]: [string]) => name)).not.toContain(
      'x-user-id',
    );
    const none = await get(gate.port, '/maybe/x');
    expect([none.status, header(none, 'set-cookie')]).toEqual([200, undefined]);
  });

  it('W10: a program gets 401 with the reason, and a person is sent to sign in', async () => {
    const program = [
      {},
      { Accept: '*/*' },
      { Accept: 'application/json' },
      { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', Accept: 'text/html' },
      { Accept: 'text/html', 'X-Requested-With': 'XMLHttpRequest' },
    ];
    for (const headers of program) {
      const answer = await get(gate.port, '/in', headers);
      expect([
        answer.status,
        header(answer, 'www-authenticate'),
        header(answer, 'postern-reason'),
      ]).toEqual([401, 'Bearer', 'credential_missing']);
    }
    for (const headers of [PAGE, { Accept: 'text/html,*/*;q=0.8' }]) {
      expect((await get(gate.port, '/in', headers)).status).toBe(302);
      expect((await request(gate.port, { method: 'POST', target: '/in', headers })).status).toBe(
        303,
      );
    }
  });

  const payloads = [...REDIRECT_PAYLOADS, ...LINE_BREAK_PAYLOADS];
  it('W6: no payload at any place leads a Location off the site’s hosts', async () => {
    const text = (payload: string) =>
      Buffer.from(payload.replace(/[\r\n]/g, '')).toString('latin1');
    const cases = payloads.flatMap((payload) => [
      { target: `/in?return_to=${text(payload).replace(/[ #]/g, '%20')}`, headers: PAGE },
      { target: `/in?return_to=${encodeURIComponent(payload)}`, headers: PAGE },
      {
        target: text(payload).startsWith('/')
          ? text(payload).replace(/ /g, '%20')
          : `/${text(payload).replace(/ /g, '%20')}`,
        headers: PAGE,
      },
      {
        target: '/in',
        headers: { ...PAGE, 'X-Forwarded-Host': text(payload), Referer: text(payload) },
      },
      { target: '/in', headers: { ...PAGE, Host: text(payload).replace(/ /g, '') || 'x' } },
    ]);
    let redirects = 0;
    await sendAll(
      gate.port,
      cases,
      (each) => each,
      (each, answer) => {
        const location = header(answer, 'location');
        expect([302, 400, 401, 421]).toContain(answer.status);
        expect(
          answer.headers.some(
            ([name]) =>
              /^(?:set-cookie)$/i.test(name) &&
              !header(answer, 'set-cookie')?.startsWith('__Host-postern-turns='),
          ),
        ).toBe(false);
        if (location === undefined) return;
        redirects += 1;
        const url = new URL(location);
        expect([each, url.host]).toEqual([each, 'kratos.example.test']);
        expect([DEFAULT_HOST, 'admin.example.test']).toContain(
          new URL(url.searchParams.get('return_to') ?? '').host,
        );
      },
    );
    expect(redirects).toBeGreaterThan(payloads.length);
  }, 60_000);

  it('W8: Postern’s own answers repeat no text of a request', async () => {
    const probe = '"><svg/onload=alert(1)>';
    const headers = { Accept: 'text/html', Cookie: `${probe}=1`, 'X-Request-Id': probe };
    for (const target of [
      `/in?q=${encodeURIComponent(probe)}`,
      '/in?q=%3Csvg',
      "/in/'-alert(1)-'",
    ]) {
      for (const more of [{}, { Upgrade: 'x' }]) {
        const answer = await get(gate.port, target, { ...headers, ...more });
        expect(answer.text).not.toMatch(/svg|alert/);
        expect(header(answer, 'x-content-type-options')).toBe('nosniff');
      }
    }
  });
});

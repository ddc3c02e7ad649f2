import { describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { get, header } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { ask, KINDS, SECRET } from './proxy-questions.ts';

/** Of the same authority as `admin.example.test` over https, by RFC 9110 section 4.2.3 and RFC 3986 section 6.2.3. */
const SAME_HOST = [
  'admin.example.test',
  'admin.example.test:443',
  'admin.example.test.:443',
  'ADMIN.Example.TEST:443',
  'admin.example.test:',
  'admin.example.test:0443',
];
/** Authorities that are not the site's. */
const OTHER_HOST = ['admin.example.test:80', 'admin.example.test:4430', 'admin.example.test:44'];
/** The second rule opens all that the first is not for. */
const rulesFor = (host: string) => [
  { host, path: '/*', session: 'required', aal: 'aal2' },
  { path: '/*', session: 'none' },
];
const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

const startSite = (ruleHost: string, hosts = ['admin.example.test']) =>
  startGate({
    vars: { FORWARD_AUTH_SECRETS: [SECRET], HOSTS: hosts, RULES: rulesFor(ruleHost) },
  });

describe('a rule for one host', async () => {
  const gate = await forAllTests(startSite('admin.example.test'));
  const { cookie } = await gate.kratos.createSession();

  it.each(SAME_HOST)('P26: applies to Host: %s', async (Host) => {
    await gate.origin.clearCalls();
    expect((await get(gate.port, '/secret', { Host })).status).toBe(401);
    const weak = await get(gate.port, '/secret', { Host, Cookie: cookie });
    expect([weak.status, header(weak, 'postern-reason')]).toEqual([403, 'session_aal2_required']);
    expect((await gate.origin.calls()).requests).toEqual([]);
  });

  it.each(SAME_HOST)(
    'P26: redirects a person who asked %s to the canonical spelling of the host',
    async (Host) => {
      const answer = await get(gate.port, '/secret', { Host, ...PAGE });
      const { searchParams } = new URL(header(answer, 'location') ?? '');
      expect(searchParams.get('return_to')).toBe('https://admin.example.test/secret');
    },
  );

  it.each(OTHER_HOST)('P26: applies to no request with Host: %s', async (Host) => {
    expect((await get(gate.port, '/secret', { Host })).status).toBe(421);
  });

  it.each(KINDS)('P26: applies to every spelling that %s describes', async (kind) => {
    for (const host of SAME_HOST) {
      const { status } = await ask(gate.port, kind, '/secret', {}, { host });
      expect([host, status]).toEqual([host, 401]);
    }
    for (const host of OTHER_HOST) {
      const { status } = await ask(gate.port, kind, '/secret', {}, { host });
      expect([host, status]).toEqual([host, kind === 'nginx' ? 403 : 421]);
    }
  });

  it('P26: ignores the scheme that a proxy describes', async () => {
    for (const url of [
      'http://admin.example.test:443/secret',
      'http://admin.example.test/secret',
    ]) {
      const headers = { 'Postern-Proxy-Secret': SECRET, 'X-Original-URL': url };
      const asked = { ...headers, 'X-Original-Method': 'GET' };
      expect([url, (await get(gate.port, '/.postern/auth/nginx', asked)).status]).toEqual([
        url,
        401,
      ]);
    }
  });
});

it.each(SAME_HOST)('P27: a rule written for %s applies to that host', async (ruleHost) => {
  await using gate = await startSite(ruleHost);
  for (const Host of ['admin.example.test', 'admin.example.test:443']) {
    expect((await get(gate.port, '/secret', { Host })).status).toBe(401);
  }
  expect((await get(gate.port, '/secret')).status).toBe(200);
});

it('P27: a host listed in another spelling is the host of the rule', async () => {
  await using gate = await startSite('admin.example.test', ['Admin.example.test.:443']);
  for (const Host of SAME_HOST) {
    expect([Host, (await get(gate.port, '/secret', { Host })).status]).toEqual([Host, 401]);
  }
});

it('P27: the public address in another spelling is the host of the rule', async () => {
  await using gate = await startGate({
    vars: {
      PUBLIC_URL: 'https://ADMIN.example.test.:443/',
      HOSTS: ['app.example.test'],
      RULES: rulesFor('admin.example.test'),
    },
  });
  for (const Host of SAME_HOST) {
    expect([Host, (await get(gate.port, '/secret', { Host })).status]).toEqual([Host, 401]);
  }
  expect((await get(gate.port, '/secret')).status).toBe(200);
});

import { beforeEach, describe, expect, it } from 'vitest';
import { readDecisions } from '../support/decision-lines.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, headerValues, type RawHeaders, request } from '../support/raw-http.ts';
import type { SignedInSession } from '../support/standin-control.ts';

const RULES = [
  { path: '/forms/*', methods: ['POST'], session: 'none' },
  { path: '/either/*', session: 'optional' },
  { path: '/public/secret', session: 'required' },
  { path: '/public/*', session: 'none' },
  { path: '/strict/*', session: 'required', freshness: 'strict' },
  { path: '/assets/*', session: 'none', cache_control: 'origin' },
];
const VARS = {
  RULES,
  KRATOS_BROWSER_URL: 'https://auth.example.test/kratos',
  LOGIN_URL: 'https://auth.example.test/login',
};
const NAVIGATION = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

const gate = await gateForAllTests({ vars: VARS });
const alice = await gate.kratos.createSession();
beforeEach(async () => {
  await gate.reset();
  gate.clearLogs();
});

const token = ({ token }: SignedInSession) => ({ 'X-Session-Token': token });
const cookie = ({ cookie }: SignedInSession) => ({ Cookie: cookie });
const unknownCookie = { Cookie: `ory_kratos_session=${'dead'.repeat(8)}` };

/** Returns the headers of the last request at the origin, by lower-case name. */
async function received(): Promise<Record<string, string>> {
  const { requests } = await gate.origin.calls();
  return Object.fromEntries(requests.at(-1)?.headers ?? []);
}

const originCount = async () => (await gate.origin.calls()).requests.length;

async function statusOf(target: string, headers: RawHeaders = {}): Promise<number> {
  return (await get(gate.port, target, headers)).status;
}

describe('without a session', () => {
  it.each<[string, RawHeaders]>([
    ['Sec-Fetch-Mode: navigate', { 'Sec-Fetch-Mode': 'navigate' }],
    ['a document', NAVIGATION],
    ['a frame', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' }],
    ['Accept: text/html without Fetch Metadata', { Accept: 'text/html,*/*;q=0.8' }],
    ['Android’s WebView', { Accept: 'text/html', 'X-Requested-With': 'com.example.app' }],
    ['WebView without its name', { Accept: 'text/html', 'X-Requested-With': '' }],
    ['an offer of h2c', { Accept: 'text/html', Upgrade: 'h2c', Connection: 'Upgrade' }],
    ['a dead session', { ...NAVIGATION, ...unknownCookie }],
  ])('a navigation (%s) is sent to sign in', async (_, headers) => {
    const response = await get(gate.port, '/page?q=1', headers);
    expect(response.status).toBe(302);
    expect(header(response, 'location')).toBe(
      `https://auth.example.test/login?return_to=${encodeURIComponent('https://app.example.test/page?q=1')}`,
    );
    expect(header(response, 'cache-control')).toBe('private, no-store');
    expect(response.text).toBe('');
    expect(await originCount()).toBe(0);
  });

  it.each<[string, RawHeaders]>([
    ['no header', {}],
    ['fetch', { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', Accept: 'text/html' }],
    ['an image', { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image', Accept: 'text/html' }],
    ['an embedded object', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'object' }],
    ['XMLHttpRequest', { Accept: 'text/html', 'X-Requested-With': 'XMLHttpRequest' }],
    ['Accept: */*', { Accept: '*/*' }],
    ['Accept: application/json', { Accept: 'application/json' }],
  ])('a call (%s) gets 401 and a challenge', async (_, headers) => {
    const response = await get(gate.port, '/page', headers);
    expect(response.status).toBe(401);
    expect(header(response, 'www-authenticate')).toBe('Bearer');
    expect(header(response, 'location')).toBeUndefined();
    expect(JSON.parse(response.text).error).toMatchObject({ id: 'session_inactive', code: 401 });
    expect(await originCount()).toBe(0);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'a navigation by %s is sent to sign in by GET, and back to the start',
    async (method) => {
      const composed = { method, target: '/form?a=1', headers: NAVIGATION, body: 'a=b' };
      const response = await request(gate.port, composed);
      expect(response.status).toBe(303);
      expect(header(response, 'location')).toBe(
        `https://auth.example.test/login?return_to=${encodeURIComponent('https://app.example.test/')}`,
      );
    },
  );

  it('P22: HEAD is denied like GET, without a body, and OPTIONS is denied too', async () => {
    const head = await request(gate.port, { method: 'HEAD', target: '/page' });
    expect([head.status, head.text]).toEqual([401, '']);
    const options = await request(gate.port, { method: 'OPTIONS', target: '/page' });
    expect(options.status).toBe(401);
    expect(await originCount()).toBe(0);
  });

  it('return_to consists of PUBLIC_URL and the path, for any host that the client names', async () => {
    expect((await get(gate.port, '/p', { ...NAVIGATION, Host: 'evil.example' })).status).toBe(421);
    const forged = {
      ...NAVIGATION,
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'javascript',
      'X-Forwarded-Prefix': '//evil.example',
      Forwarded: 'host=evil.example',
      Referer: 'https://evil.example/',
      Origin: 'https://evil.example',
    };
    for (const target of ['/p', 'https://evil.example/p', '/p?return_to=https://evil.example/']) {
      const response = await get(gate.port, target, forged);
      const location = new URL(header(response, 'location') ?? '');
      expect(location.origin).toBe('https://auth.example.test');
      const returnTo = location.searchParams.getAll('return_to');
      expect(returnTo.map((url) => new URL(url).origin)).toEqual(['https://app.example.test']);
      expect(returnTo.map((url) => new URL(url).pathname)).toEqual(['/p']);
    }
  });

  it('a path that would return to another host gets no redirect', async () => {
    for (const target of [
      '//evil.example/',
      '/\\evil.example',
      '/%2f/evil.example',
      '/..//evil.example',
    ])
      expect([target, await statusOf(target, NAVIGATION)]).toEqual([target, 400]);
  });
});

describe('rules', () => {
  it('the first matching rule applies', async () => {
    expect(await statusOf('/public/open')).toBe(200);
    expect(await statusOf('/public/secret')).toBe(401);
    expect(await statusOf('/public/secret', token(alice))).toBe(200);
    const rules = (await readDecisions(gate)).map(({ rule }) => rule);
    expect(rules).toEqual(['RULES.3', 'RULES.2', 'RULES.2']);
  });

  it('a rule with methods applies to these methods alone', async () => {
    const byMethod = async (method: string) =>
      (await request(gate.port, { method, target: '/forms/x' })).status;
    expect(await byMethod('POST')).toBe(200);
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
      expect([method, await byMethod(method)]).toEqual([method, 401]);
  });

  it('P21: a method override is neither trusted nor forwarded', async () => {
    const override = {
      'X-HTTP-Method-Override': 'POST',
      'X-HTTP-Method': 'POST',
      'X-Method-Override': 'POST',
    };
    expect(await statusOf('/forms/x?_method=POST', override)).toBe(401);
    await get(gate.port, '/forms/x', { ...override, ...token(alice) });
    expect(Object.keys(await received()).filter((name) => name.includes('method'))).toEqual([]);
  });

  it('P23: methods outside the list are refused without a lookup', async () => {
    for (const method of ['TRACE', 'PURGE', 'PROPFIND', 'QUERY', 'REPORT']) {
      const response = await request(gate.port, { method, target: '/p', headers: token(alice) });
      expect([method, response.status]).toEqual([method, 405]);
      expect(header(response, 'allow')).toContain('GET');
    }
    expect(await originCount()).toBe(0);
    const decisions = await readDecisions(gate);
    expect(decisions.map(({ reason }) => reason)).toEqual(Array(5).fill('method_not_allowed'));
  });

  it('P20: no user agent or other header exempts a request', async () => {
    for (const agent of ['GoogleHC/1.0', 'kube-probe/1.2', 'ELB-HealthChecker/2.0', 'curl/8.0'])
      expect([agent, await statusOf('/page', { 'User-Agent': agent })]).toEqual([agent, 401]);
    expect(await originCount()).toBe(0);
  });

  it('P25: the scheme that a client claims changes no decision', async () => {
    for (const scheme of ['https', 'http', 'javascript'])
      for (const name of ['X-Forwarded-Proto', 'X-Forwarded-Scheme', 'X-Scheme', 'Front-End-Https'])
        expect(await statusOf('/page', { [name]: scheme })).toBe(401);
    await get(gate.port, '/page', { ...token(alice), 'X-Forwarded-Proto': 'http' });
    expect((await received())['x-forwarded-proto']).toBe('https');
  });

  it('freshness = "strict" asks the store each time, and notices the end of a session at once', async () => {
    const bob = await gate.kratos.createSession();
    for (const target of ['/page', '/strict/page'])
      expect(await statusOf(target, token(bob))).toBe(200);
    await gate.kratos.clearCalls();
    for (const target of ['/page', '/strict/page', '/strict/page'])
      expect(await statusOf(target, token(bob))).toBe(200);
    expect((await gate.kratos.calls()).counts).toEqual({ 'GET /sessions/whoami': 2 });
    await gate.kratos.revoke(bob.id);
    expect(await statusOf('/strict/page', token(bob))).toBe(401);
  });

  it('freshness = "strict" with a failing store is 503, never 401 and never the cached answer', async () => {
    const bob = await gate.kratos.createSession();
    expect(await statusOf('/strict/page', token(bob))).toBe(200);
    await gate.kratos.control({ whoami: { status: 500, body: 'down' } });
    const response = await get(gate.port, '/strict/page', { ...token(bob), ...NAVIGATION });
    expect([response.status, header(response, 'postern-reason')]).toEqual([
      503,
      'store_unavailable',
    ]);
    expect(header(response, 'retry-after')).toMatch(/^\d+$/);
  });
});

describe('an optional session', () => {
  it('identifies a signed-in user, and lets anonymous requests pass', async () => {
    expect(await statusOf('/either/x', cookie(alice))).toBe(200);
    expect((await received())['x-user-id']).toBe(alice.session.identity.id);
    for (const headers of [{}, unknownCookie, { 'X-Session-Token': 'unknown'.repeat(4) }]) {
      expect(await statusOf('/either/x', headers)).toBe(200);
      expect(await received()).not.toHaveProperty('x-user-id');
    }
  });

  it('clears a dead cookie, so that it causes no further lookups', async () => {
    const response = await get(gate.port, '/either/x', unknownCookie);
    expect(headerValues(response, 'set-cookie')).toEqual([
      'ory_kratos_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
    ]);
  });

  it('keeps a cookie that is alive, absent, of another name, or not looked up', async () => {
    const deadToken = { 'X-Session-Token': 'unknown'.repeat(4) };
    for (const headers of [
      {},
      cookie(alice),
      { Cookie: 'xory_kratos_session=aaaaaaaaaaaaaaaaaaaaaaaa' },
      deadToken,
      { ...deadToken, ...cookie(alice) },
    ]) {
      const response = await get(gate.port, '/either/x', headers);
      expect([response.status, headerValues(response, 'set-cookie')]).toEqual([200, []]);
    }
  });

  it('is 503, and not an anonymous pass, if the session cannot be checked', async () => {
    await gate.kratos.control({ whoami: { status: 500, body: 'down' } });
    const response = await get(gate.port, '/either/x', { 'X-Session-Token': 'doubtful'.repeat(4) });
    expect([response.status, header(response, 'postern-reason')]).toEqual([
      503,
      'store_unavailable',
    ]);
    expect(await originCount()).toBe(0);
  });
});

describe('a session below the required level', () => {
  async function withSecondFactor(): Promise<SignedInSession> {
    const session = await gate.kratos.createSession({ traits: { email: 'aal@example.test' } });
    await gate.kratos.changeIdentity(session.session.identity.id, { totp: true });
    return session;
  }

  it('is sent to the second factor, at the address where browsers reach Kratos', async () => {
    const session = await withSecondFactor();
    const response = await get(gate.port, '/page?q=1', { ...NAVIGATION, ...cookie(session) });
    expect(response.status).toBe(302);
    const returnTo = encodeURIComponent('https://app.example.test/page?q=1');
    expect(header(response, 'location')).toBe(
      `https://auth.example.test/kratos/self-service/login/browser?aal=aal2&return_to=${returnTo}`,
    );
    expect(header(response, 'postern-reason')).toBe('session_aal2_required');
  });

  it('of a program gets 403 with the store’s own body', async () => {
    const session = await withSecondFactor();
    const response = await get(gate.port, '/page', token(session));
    expect(response.status).toBe(403);
    expect(JSON.parse(response.text).redirect_browser_to).toContain('aal=aal2');
    expect(await originCount()).toBe(0);
  });
});

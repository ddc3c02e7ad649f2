/** Signing in at an issuer with a browser, by the built gate: RFC 6749, 7636, 8707 and 9207, OpenID Connect Core. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBuiltModules } from '../support/built-gate.ts';
import { forAllTests } from '../support/for-all-tests.ts';
import { REDIRECT_PAYLOADS } from '../support/hostile-input/redirect-payloads.ts';
import { get, header, headerValues } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import {
  APP,
  askIssuer,
  Browser,
  CALLBACK,
  CLIENT_ID,
  locationOf,
  NAVIGATION,
  SECOND,
  SIGN_IN,
  startSignInSite,
} from './sign-in-site.ts';

const site = await forAllTests(startSignInSite());
const COOKIE = '__Host-postern-sign-in';
let browser: Browser;

beforeEach(async () => {
  await site.reset();
  site.clearLogs();
  browser = new Browser(site.port);
});
afterEach(async () => expect(await site.bugs()).toEqual([]));

describe('beginning a sign-in', () => {
  it('sends the authorization request of RFC 6749 section 4.1.1 with PKCE, nonce and resource', async () => {
    const response = await browser.get(SIGN_IN);
    expect([response.status, header(response, 'cache-control')]).toEqual([
      303,
      'private, no-store',
    ]);
    const url = new URL(locationOf(response));
    expect(url.origin + url.pathname).toBe(`${site.zone}/oauth/2/authorize`);
    const {
      state,
      nonce,
      code_challenge: challenge,
      ...others
    } = Object.fromEntries(url.searchParams);
    expect(others).toEqual({
      response_type: 'code',
      client_id: CLIENT_ID,
      redirect_uri: `https://${APP}${CALLBACK}`,
      scope: 'openid read',
      code_challenge_method: 'S256',
      resource: `https://${APP}`,
    });
    for (const value of [state, nonce, challenge]) expect(value).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('asks for the resource of the host that was asked', async () => {
    const url = new URL(locationOf(await new Browser(site.port, { host: SECOND }).get(SIGN_IN)));
    expect(url.searchParams.get('resource')).toBe(`https://${SECOND}/`);
    expect(url.searchParams.get('redirect_uri')).toBe(`https://${SECOND}${CALLBACK}`);
  });

  it('asks the person to sign in anew with refresh=true', async () => {
    const prompts = [];
    for (const query of ['', '?refresh=true', '?refresh=1']) {
      const url = new URL(locationOf(await browser.get(SIGN_IN + query)));
      prompts.push(url.searchParams.get('prompt'));
    }
    expect(prompts).toEqual([null, 'login', null]);
  });

  it('makes new values each time', async () => {
    const urls = [new URL(locationOf(await browser.get(SIGN_IN)))];
    urls.push(new URL(locationOf(await browser.get(SIGN_IN))));
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(new Set(urls.map(({ searchParams }) => searchParams.get(name))).size).toBe(2);
  });

  it('keeps no secret of the sign-in where the browser or the issuer could read it', async () => {
    const response = await browser.get(SIGN_IN);
    const { searchParams } = new URL(locationOf(response));
    const cookies = headerValues(response, 'set-cookie').join('\n');
    expect(cookies).not.toContain(searchParams.get('nonce'));
    expect(cookies).not.toContain(searchParams.get('state'));
    expect(cookies).toMatch(
      /^__Host-postern-pending-\S+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
  });

  it('a navigation without a session goes there and back to its page', async () => {
    const denied = await browser.get('/reports/7?month=2');
    const begin = new URL(locationOf(denied));
    expect([denied.status, begin.origin + begin.pathname]).toEqual([
      302,
      `https://${APP}${SIGN_IN}`,
    ]);
    const done = await browser.signIn(begin.pathname + begin.search);
    expect([done.status, locationOf(done)]).toEqual([303, `https://${APP}/reports/7?month=2`]);
    const page = await browser.get('/reports/7?month=2');
    expect(page.status).toBe(200);
    expect(page.body.toString()).toMatch(/x-user-id.*user-1/);
  });

  it('a program still gets 401', async () => {
    expect((await get(site.port, '/reports/7', { Accept: 'application/json' })).status).toBe(401);
  });

  it.each(['HEAD', 'POST', 'PUT'])('takes no %s', async (method) => {
    const { request } = await import('../support/raw-http.ts');
    for (const target of [SIGN_IN, CALLBACK])
      expect((await request(site.port, { method, target })).status).toBe(405);
  });

  it('leads to no other site afterwards', async () => {
    for (const payload of REDIRECT_PAYLOADS) {
      const response = await get(
        site.port,
        `${SIGN_IN}?return_to=${encodeURIComponent(payload)}`,
        NAVIGATION,
      );
      if (response.status === 400) continue;
      const other = new Browser(site.port);
      other.jar.take(headerValues(response, 'set-cookie'));
      const done = await other.callback(await askIssuer(locationOf(response)));
      const { protocol, host, username } = new URL(locationOf(done));
      expect([protocol, host, username], payload).toEqual(['https:', APP, '']);
    }
  }, 60_000);

  it.each([
    ['a path', '/a/b?c=d', `https://${APP}/a/b?c=d`],
    ['a URL of another host of the site', `https://${SECOND}/x`, `https://${SECOND}/x`],
    ['the sign-in itself', SIGN_IN, `https://${APP}/`],
  ])('takes %s as return_to', async (_, returnTo, expected) => {
    const done = await browser.signIn(`${SIGN_IN}?return_to=${encodeURIComponent(returnTo)}`);
    expect(locationOf(done)).toBe(expected);
  });

  it('says 503 while the issuer has no metadata, and sets nothing', async () => {
    const other = await startSignInSite();
    await other.keycard.control({ metadataAt: 'nowhere' });
    const response = await new Browser(other.port).get(SIGN_IN);
    expect([response.status, header(response, 'set-cookie')]).toEqual([503, undefined]);
    expect(header(response, 'content-type')).toContain('text/html');
    await other.dispose();
  });
});

describe('the callback', () => {
  it('seals the tokens into cookies that only this host gets, and that scripts cannot read', async () => {
    const done = await browser.signIn();
    const cookies = headerValues(done, 'set-cookie').filter((each) => each.startsWith(COOKIE));
    const [set = '', ...cleared] = cookies;
    expect(set).toMatch(
      /^__Host-postern-sign-in=1\.[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(cleared.every((each) => each.includes('Max-Age=0'))).toBe(true);
    // Base64url of a JWT's header begins with "eyJ", also inside another base64url text only by chance.
    expect(
      atob((set.split(/[.;]/)[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')),
    ).not.toContain('eyJ');
    expect(browser.jar.names).toEqual([COOKIE]);
  });

  // RFC 6749 section 10.12, RFC 9207 section 2.4, OpenID Connect Core section 3.1.3.7.
  it.each<[string, (url: URL) => void]>([
    ['without state', (url) => url.searchParams.delete('state')],
    ['with another state', (url) => url.searchParams.set('state', 'A'.repeat(43))],
    [
      'with the state of the same cookie but another end',
      (url) => url.searchParams.set('state', `${url.searchParams.get('state')?.slice(0, 42)}!`),
    ],
    ['with two states', (url) => url.searchParams.append('state', 'A'.repeat(43))],
    ['without iss', (url) => url.searchParams.delete('iss')],
    ['with another iss', (url) => url.searchParams.set('iss', 'https://other.example')],
    ['with iss twice', (url) => url.searchParams.append('iss', 'https://other.example')],
    ['without code', (url) => url.searchParams.delete('code')],
    ['with a wrong code', (url) => url.searchParams.set('code', 'guessed')],
    ['with two codes', (url) => url.searchParams.append('code', 'guessed')],
    ['with an ID token in the URL', (url) => url.searchParams.set('id_token', 'a.b.c')],
  ])('%s is a 400 page, and sets nothing', async (_, change) => {
    const url = await browser.authorize();
    change(url);
    const response = await browser.callback(url);
    expect([response.status, header(response, 'set-cookie')]).toEqual([400, undefined]);
    expect(header(response, 'content-type')).toContain('text/html');
    expect(browser.jar.names.filter((name) => name === COOKIE)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['another nonce', { nonce: 'A'.repeat(43) }],
    ['no nonce', { nonce: undefined }],
    ['another audience', { aud: 'another-client' }],
    ['another issuer', { iss: 'https://other.example' }],
    ['another authorized party', { aud: [CLIENT_ID, 'x'], azp: 'x' }],
    ['an expiry in the past', { exp: 1 }],
  ])('with an ID token that has %s is a 400 page, and sets nothing', async (_, idTokenClaims) => {
    await site.keycard.control({
      idTokenClaims: Object.fromEntries(
        Object.entries(idTokenClaims).map(([name, value]) => [name, value ?? null]),
      ),
    });
    const response = await browser.signIn();
    expect([response.status, header(response, 'set-cookie')]).toEqual([400, undefined]);
  });

  it('counts once', async () => {
    const url = await browser.authorize();
    expect((await browser.callback(url)).status).toBe(303);
    const before = browser.jar.get(COOKIE);
    const again = await browser.callback(url);
    expect([again.status, header(again, 'set-cookie')]).toEqual([400, undefined]);
    expect(browser.jar.get(COOKIE)).toBe(before);
  });

  it('counts only in the browser that began the sign-in', async () => {
    const attacker = new Browser(site.port);
    const url = await attacker.authorize();
    for (const victim of [browser, new Browser(site.port)]) {
      if (victim !== browser) await victim.get(SIGN_IN);
      const response = await victim.callback(url);
      expect([response.status, header(response, 'set-cookie')]).toEqual([400, undefined]);
    }
    expect((await attacker.callback(url)).status).toBe(303);
  });

  it('does not take the cookie of a sign-in at another host, or of another name', async () => {
    const other = new Browser(site.port, { host: SECOND });
    const url = await other.authorize();
    const [name = ''] = other.jar.names;
    browser.jar.set(name, other.jar.get(name) ?? '');
    expect((await browser.callback(url)).status).toBe(400);
    const own = await browser.authorize();
    const state = own.searchParams.get('state') ?? '';
    const ownName = `__Host-postern-pending-${state.slice(0, 10)}`;
    browser.jar.set(ownName, other.jar.get(name) ?? '');
    expect((await browser.callback(own)).status).toBe(400);
  });

  it('does not take a code that the issuer gave for another sign-in of the same browser', async () => {
    const [one, two] = [await browser.authorize(), await browser.authorize()];
    one.searchParams.set('code', two.searchParams.get('code') ?? '');
    expect((await browser.callback(one)).status).toBe(400); // RFC 7636: the verifier does not fit
  });

  it('is over after ten minutes', async () => {
    const url = await browser.authorize();
    await site.clock.advance(10 * 60_000 + 1000);
    expect((await browser.callback(url)).status).toBe(400);
  });

  it.each([
    ['access_denied', 403],
    ['login_required', 403],
    ['server_error', 503],
    ['temporarily_unavailable', 503],
    ['invalid_scope', 502],
    ['unauthorized_client', 502],
  ])('with error=%s is a page with status %i and a way on', async (error, status) => {
    await site.keycard.control({ authorizationError: error });
    const response = await browser.signIn();
    expect([response.status, header(response, 'set-cookie')]).toEqual([status, undefined]);
    expect(response.body.toString()).toContain('class="action"');
  });

  it('with an error and a wrong state is a 400 page', async () => {
    await site.keycard.control({ authorizationError: 'access_denied' });
    const url = await browser.authorize();
    url.searchParams.set('state', 'A'.repeat(43));
    expect((await browser.callback(url)).status).toBe(400);
  });

  it('says 503 while the token endpoint is down, and works afterwards in the same tab', async () => {
    const url = await browser.authorize();
    await site.keycard.control({ tokenAnswer: { status: 503, headers: {}, body: '' } });
    expect((await browser.callback(url)).status).toBe(503);
    await site.keycard.control({ tokenAnswer: null });
    expect((await browser.callback(url)).status).toBe(303);
  });

  it.each([
    ['for another audience', { aud: 'https://other.example' }],
    ['of another issuer', { iss: 'https://other.example' }],
    ['without a client', { client_id: null }],
  ])('does not take an access token %s', async (_, personClaims) => {
    await site.keycard.control({ personClaims });
    const response = await browser.signIn();
    expect([response.status, header(response, 'set-cookie')]).toEqual([502, undefined]);
    expect((await site.logs()).join('\n')).toMatch(/sign_in_failed/);
  });

  it('of several tabs works in each, in any order', async () => {
    const urls = [];
    for (let tab = 0; tab < 4; tab += 1) {
      urls.push(await browser.authorize(`${SIGN_IN}?return_to=/tab/${tab}`));
    }
    for (const [tab, url] of [...urls.entries()].reverse()) {
      expect(locationOf(await browser.callback(url))).toBe(`https://${APP}/tab/${tab}`);
    }
  });

  it('a browser keeps at most five sign-ins under way', async () => {
    for (let count = 0; count < 12; count += 1) await browser.get(SIGN_IN);
    expect(browser.jar.names).toHaveLength(5);
  });
});

it('only a sign-in evaluates the OAuth client', async () => {
  const module = 'authorization-server.js';
  const gateModules = {
    ...readBuiltModules(),
    [module]: `console.log('evaluated it');\n${readBuiltModules()[module]}`,
  };
  await using other = await startSignInSite({}, { gateModules });
  const { cookie } = await other.kratos.createSession();
  const evaluations = async () =>
    (await other.logs()).filter((line) => line.includes('evaluated it')).length;
  for (const headers of [{ Cookie: cookie }, NAVIGATION, {}]) {
    for (const path of ['/', '/sessions/whoami', '/.postern/sign-out'])
      await get(other.port, path, headers);
  }
  expect(await evaluations()).toBe(0);
  await Promise.all([1, 2, 3].map(() => new Browser(other.port).signIn()));
  expect(await evaluations()).toBe(1);
});

it('a gate without sign-in does not evaluate its module', async () => {
  const module = 'browser-sign-in.js';
  const gateModules = {
    ...readBuiltModules(),
    [module]: `console.log('evaluated it');\n${readBuiltModules()[module]}`,
  };
  await using without = await startGate({ gateModules });
  await using having = await startSignInSite({}, { gateModules });
  for (const { port } of [without, having]) await get(port, '/', NAVIGATION);
  const evaluated = async (gate: typeof without) =>
    (await gate.logs()).some((line) => line.includes('evaluated it'));
  expect([await evaluated(without), await evaluated(having)]).toEqual([false, true]);
});

describe('the sealed cookies', () => {
  it('are split over at most three cookies, and a sign-in that does not fit is a page that says so', async () => {
    const counts: number[] = [];
    for (const length of [10, 2000, 4500]) {
      await site.keycard.control({ personClaims: { padding: 'x'.repeat(length) } });
      const one = new Browser(site.port);
      expect((await one.signIn()).status).toBe(303);
      expect((await one.get('/')).status).toBe(200);
      counts.push(one.jar.names.length);
    }
    expect(counts).toEqual([1, 2, 3]);
    await site.keycard.control({ refreshTokenEnd: 'x'.repeat(4000) });
    const response = await browser.signIn();
    expect([response.status, header(response, 'set-cookie')]).toEqual([502, undefined]);
    expect(response.body.toString()).toContain('does not fit');
  });

  it('a smaller sign-in after a larger one leaves no part behind', async () => {
    await site.keycard.control({ personClaims: { padding: 'x'.repeat(4500) } });
    await browser.signIn();
    await site.keycard.control({ personClaims: {} });
    await browser.signIn();
    expect(browser.jar.names).toEqual([COOKIE]);
    expect((await browser.get('/')).status).toBe(200);
  });

  it.each<[string, (value: string) => string]>([
    [
      'changed',
      (value) => `${value.slice(0, -6)}${value.slice(-6) === 'AAAAAA' ? 'BBBBBB' : 'AAAAAA'}`,
    ],
    ['cut short', (value) => value.slice(0, -8)],
    ['with another count', (value) => value.replace(/^1/, '2')],
    ['without a count', (value) => value.slice(2)],
    ['empty', () => ''],
    ['of another form', () => '1.%00'],
  ])('%s are no session', async (_, change) => {
    await browser.signIn();
    browser.jar.set(COOKIE, change(browser.jar.get(COOKIE) ?? ''));
    expect((await browser.get('/')).status).toBe(302);
  });

  it('of another host are no session', async () => {
    await browser.signIn();
    const other = new Browser(site.port, { host: SECOND, jar: browser.jar });
    expect((await other.get('/')).status).toBe(302);
  });

  it('whoami answers the session of their token', async () => {
    await browser.signIn();
    const response = await browser.get('/sessions/whoami', { Accept: 'application/json' });
    expect(JSON.parse(response.body.toString())).toMatchObject({
      user_id: 'user-1',
      issuer: site.zone,
    });
  });

  it('never reach the origin, nor do those of a sign-in under way', async () => {
    await browser.signIn();
    await browser.get(SIGN_IN);
    await site.origin.clearCalls();
    await browser.get('/a');
    expect(JSON.stringify(await site.origin.calls())).not.toMatch(/postern-(?:sign-in|pending)/);
  });

  it('cost no call and no second opening for a repeated request', async () => {
    await browser.signIn();
    await browser.get('/');
    await site.keycard.clearCalls();
    for (let count = 0; count < 5; count += 1) expect((await browser.get('/')).status).toBe(200);
    expect((await site.keycard.calls()).counts).toEqual({});
  });
});

/** The refresh of a browser's sign-in, by two isolates of the built gate (RFC 6749 section 6, RFC 9700 section 4.14.2). */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { header, headerValues } from '../support/raw-http.ts';
import { openWebSocket } from '../support/web-socket-client.ts';
import { Browser, locationOf, startSignInSite } from './sign-in-site.ts';

const COOKIE = '__Host-postern-sign-in';
const TTL_SECONDS = 600;
const DOWN = { status: 503, headers: {}, body: '' };
const PROGRAM = { Accept: 'application/json' };

const site = await forAllTests(
  startSignInSite(
    { vars: { RULES: [{ path: '/members', session: 'required', scopes: ['members'] }] } },
    { isolates: 2, log: 'faulty' },
  ),
);
const OTHER = site.isolate(1).port;
let browser: Browser;

beforeEach(async () => {
  await site.reset();
  await site.keycard.control({ ttlSeconds: TTL_SECONDS });
  site.clearLogs();
  browser = new Browser(site.port);
  expect((await browser.signIn()).status).toBe(303);
  await site.keycard.clearCalls();
});
afterEach(async () => expect(await site.bugs()).toEqual([]));

const advance = (seconds: number) => site.clock.advance(seconds * 1000);
const tokenCalls = async () => (await site.keycard.calls()).counts['POST /oauth/2/token'] ?? 0;
const statusOf = async (one: Browser) => (await one.get('/', PROGRAM)).status;
/** The same browser at the other isolate. */
const elsewhere = (jar = browser.jar) => new Browser(OTHER, { jar });

describe('a refresh', () => {
  it('is not made while the token is good for longer than 30 s', async () => {
    await advance(TTL_SECONDS - 40);
    expect([await statusOf(browser), await tokenCalls()]).toEqual([200, 0]);
  });

  it('is made shortly before the token expires, and replaces the cookies', async () => {
    const before = browser.jar.get(COOKIE);
    await advance(TTL_SECONDS - 20);
    expect([await statusOf(browser), await tokenCalls()]).toEqual([200, 1]);
    expect(browser.jar.get(COOKIE)).not.toBe(before);
    await advance(60);
    expect([await statusOf(browser), await tokenCalls()]).toEqual([200, 1]);
  });

  it('is made after the token has expired', async () => {
    await advance(TTL_SECONDS + 100);
    expect([await statusOf(browser), await tokenCalls()]).toEqual([200, 1]);
  });

  it('is made for a browser that asks whoami, and not for a server that asks with its cookies', async () => {
    await advance(TTL_SECONDS + 100);
    const server = new Browser(site.port, { jar: browser.jar.copy() });
    expect((await server.get('/sessions/whoami', PROGRAM)).status).toBe(401);
    expect(await tokenCalls()).toBe(0);
    const fetching = { ...PROGRAM, 'Sec-Fetch-Site': 'same-origin' }; // W3C Fetch Metadata section 2.3
    expect((await browser.get('/sessions/whoami', fetching)).status).toBe(200);
    expect(await tokenCalls()).toBe(1);
  });

  it('goes on for as many tokens as the sign-in needs', async () => {
    for (let count = 1; count <= 4; count += 1) {
      await advance(TTL_SECONDS + 1);
      expect([await statusOf(browser), await tokenCalls()]).toEqual([200, count]);
    }
  });

  it.each([
    ['before', -20],
    ['after', 20],
  ])('of concurrent requests at two isolates %s the expiry is made once', async (_, offset) => {
    await advance(TTL_SECONDS + offset);
    await site.keycard.control({ delayMs: 300 });
    const jars = Array.from({ length: 12 }, () => browser.jar.copy());
    const answers = await Promise.all(
      jars.map((jar, index) =>
        new Browser(index % 2 === 0 ? site.port : OTHER, { jar }).get('/', PROGRAM),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(jars.map(() => 200));
    expect(await tokenCalls()).toBe(1);
    // A request with the old cookies gets new ones.
    for (const jar of jars) {
      expect(await statusOf(new Browser(OTHER, { jar }))).toBe(200);
      expect(jar.get(COOKIE)).not.toBe(browser.jar.get(COOKIE));
    }
    expect(await tokenCalls()).toBe(1);
  });

  it('lets the old cookies count for 30 s more at every isolate, and never sends the old token again', async () => {
    const old = browser.jar.copy();
    await advance(TTL_SECONDS + 5);
    expect(await statusOf(browser)).toBe(200);
    await advance(25);
    const late = old.copy();
    expect(await statusOf(elsewhere(late))).toBe(200);
    expect(late.get(COOKIE)).not.toBe(old.get(COOKIE));
    await advance(10);
    const tooLate = await elsewhere(old).get('/', PROGRAM);
    expect([tooLate.status, headerValues(tooLate, 'set-cookie')]).toEqual([401, []]);
    expect(await tokenCalls()).toBe(1);
    // The issuer did not see the old refresh token again, so the sign-in goes on.
    await advance(TTL_SECONDS);
    expect([await statusOf(browser), await tokenCalls()]).toEqual([200, 2]);
  });

  it('that the issuer refuses leads to sign-in, clears the cookies, and is not repeated', async () => {
    await site.keycard.control({
      tokenAnswer: {
        status: 400,
        headers: { 'Content-Type': 'application/json' },
        body: { error: 'invalid_grant' },
      },
    });
    const copy = browser.jar.copy();
    await advance(TTL_SECONDS + 1);
    const response = await browser.get('/account');
    expect(response.status).toBe(302);
    expect(new URL(locationOf(response)).pathname).toBe('/.postern/sign-in');
    expect(browser.jar.names.filter((name) => name.startsWith(COOKIE))).toEqual([]);
    for (let count = 0; count < 3; count += 1)
      expect(await statusOf(elsewhere(copy.copy()))).toBe(401);
    expect(await tokenCalls()).toBe(1);
  });

  it('that fails leaves the token good until its exp, and then the answer is 503', async () => {
    await site.keycard.control({ tokenAnswer: DOWN });
    await advance(TTL_SECONDS - 20);
    const response = await browser.get('/', PROGRAM);
    expect([response.status, headerValues(response, 'set-cookie')]).toEqual([200, []]);
    await advance(10);
    expect(await statusOf(elsewhere())).toBe(200);
    await advance(20);
    const after = await browser.get('/', PROGRAM);
    expect([after.status, header(after, 'postern-reason')]).toEqual([503, 'sign_in_unavailable']);
    expect(header(after, 'retry-after')).toBeDefined();
    await site.keycard.control({ tokenAnswer: null });
    await advance(6);
    expect(await statusOf(browser)).toBe(200);
  });

  it.each<[string, object]>([
    [
      'an answer that is no JSON',
      { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<p>' },
    ],
    [
      'an answer without a token',
      { status: 200, headers: { 'Content-Type': 'application/json' }, body: {} },
    ],
    ['a redirect', { status: 302, headers: { Location: '/elsewhere' }, body: '' }],
    ['429', { status: 429, headers: {}, body: '' }],
    [
      'an error about the client',
      {
        status: 401,
        headers: { 'Content-Type': 'application/json' },
        body: { error: 'invalid_client' },
      },
    ],
  ])('by %s is a fault and no verdict', async (_, tokenAnswer) => {
    // The stand-in takes any answer.
    await site.keycard.control({ tokenAnswer: tokenAnswer as typeof DOWN });
    await advance(TTL_SECONDS + 1);
    expect(await statusOf(browser)).toBe(503);
    await site.keycard.control({ tokenAnswer: null });
    await advance(6);
    expect(await statusOf(browser)).toBe(200);
  });

  it('while the log is down leaves the token good until its exp, and then the answer is 503', async () => {
    await site.setLogFaults({ leases: 'throw' });
    await advance(TTL_SECONDS - 20);
    expect([await statusOf(browser), await tokenCalls()]).toEqual([200, 0]);
    await advance(30);
    expect([await statusOf(browser), await tokenCalls()]).toEqual([503, 0]);
    await site.setLogFaults({});
    expect(await statusOf(browser)).toBe(200);
  });

  it('for another subject is refused', async () => {
    await site.keycard.control({ subject: 'user-2' });
    await advance(TTL_SECONDS + 1);
    expect((await browser.get('/')).status).toBe(302);
    expect((await site.logs()).join('\n')).toContain('sign-in-changed-subject');
    expect(browser.jar.names.filter((name) => name.startsWith(COOKIE))).toEqual([]);
  });

  it('for another audience is refused', async () => {
    await site.keycard.control({ personClaims: { aud: 'https://other.example' } });
    await advance(TTL_SECONDS + 1);
    expect((await browser.get('/')).status).toBe(302);
  });

  it('is not made for a sign-in that was not used for the longest lifetime of a token', async () => {
    await advance(86_400 + 1);
    expect([await statusOf(browser), await tokenCalls()]).toEqual([401, 0]);
  });

  it('writes no token to the log lines', async () => {
    await advance(TTL_SECONDS + 1);
    expect(await statusOf(browser)).toBe(200);
    expect((await site.logs()).join('\n')).not.toMatch(/eyJ[\w-]+\./);
  });

  it('is left to requests whose answers reach the browser: an open WebSocket ends with its token', async () => {
    const ws = `ws://127.0.0.1:${site.port}/ws`;
    await site.keycard.control({ personClaims: { aud: 'postern' } });
    browser = new Browser(site.port, { host: `127.0.0.1:${site.port}` });
    expect((await browser.signIn()).status).toBe(303);
    await site.keycard.clearCalls();
    const { closed } = await openWebSocket(ws, { ...browser.jar.headers });
    await advance(TTL_SECONDS - 20);
    await sleep(2500); // two checks of the open stream
    expect(await tokenCalls()).toBe(0);
    await advance(21);
    await closed;
    expect([await statusOf(browser), await tokenCalls()]).toEqual([200, 1]);
  }, 20_000);

  it('reaches the browser with a denial too', async () => {
    const old = browser.jar.get(COOKIE);
    await advance(TTL_SECONDS + 1);
    expect((await browser.get('/members', PROGRAM)).status).toBe(403);
    expect(browser.jar.get(COOKIE)).not.toBe(old);
    expect(await tokenCalls()).toBe(1);
  });
});

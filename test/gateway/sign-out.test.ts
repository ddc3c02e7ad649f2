/** Signing out a browser that signed in at an issuer, by two isolates of the built gate (RFC 7009, RP-Initiated Logout 1.0). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header, headerValues, request } from '../support/raw-http.ts';
import {
  APP,
  Browser,
  CLIENT_ID,
  NAVIGATION,
  SECOND,
  SIGN_OUT,
  startSignInSite,
} from './sign-in-site.ts';

const COOKIE = '__Host-postern-sign-in';
const TTL_SECONDS = 600;
const PROGRAM = { Accept: 'application/json' };
const KEY = 'a-key-for-senders-that-cannot-sign';

const site = await forAllTests(
  startSignInSite(
    { vars: { KEYS_TIMEOUT_MS: 2500, WEBHOOK_API_KEYS: [KEY] } },
    { isolates: 2, log: 'faulty' },
  ),
);
const OTHER = site.isolate(1).port;
let browser: Browser;

beforeEach(async () => {
  await site.reset();
  await site.keycard.control({ ttlSeconds: TTL_SECONDS });
  browser = new Browser(site.port);
  expect((await browser.signIn()).status).toBe(303);
  await site.keycard.clearCalls();
});
afterEach(async () => expect(await site.bugs()).toEqual([]));

const advance = (seconds: number) => site.clock.advance(seconds * 1000);
const statusOf = async (one: Browser) => (await one.get('/', PROGRAM)).status;
const calls = async () => (await site.keycard.calls()).counts;
const formTokenOf = (response: RawResponse) =>
  /name="token" value="([^"]+)"/.exec(response.body.toString())?.[1] ?? '';
const readForm = async (one: Browser) => ({ token: formTokenOf(await one.get(SIGN_OUT)) });

describe('signing out', () => {
  it('shows a page with a button, which signs nobody out by itself', async () => {
    const page = await browser.get(SIGN_OUT);
    expect(page.status).toBe(200);
    expect(header(page, 'content-security-policy')).toContain("form-action 'self'");
    expect(header(page, 'cache-control')).toBe('private, no-store');
    expect(formTokenOf(page)).not.toBe('');
    expect(await statusOf(browser)).toBe(200);
  });

  it('ends the sign-in, its copies at every isolate, and the refresh token at the issuer', async () => {
    const thief = browser.jar.copy();
    expect(await statusOf(new Browser(OTHER, { jar: thief }))).toBe(200);
    const done = await browser.post(SIGN_OUT, await readForm(browser));
    expect(done.status).toBe(200);
    expect(browser.jar.names).toEqual([]);
    expect((await calls())['POST /oauth/2/revoke']).toBe(1);
    // The isolate that wrote the mark knows it at once, every other one within the bound.
    expect(await statusOf(new Browser(site.port, { jar: thief }))).toBe(401);
    await advance(6);
    expect(await statusOf(new Browser(OTHER, { jar: thief.copy() }))).toBe(401);
  });

  it('leads on to the issuer’s own sign-out, and back to a page of the site', async () => {
    const done = await browser.post(SIGN_OUT, await readForm(browser));
    const next = new URL(/^0; url=(.*)$/.exec(header(done, 'refresh') ?? '')?.[1] ?? '');
    expect(next.origin + next.pathname).toBe(`${site.zone}/oauth/2/logout`);
    expect(Object.fromEntries(next.searchParams)).toEqual({
      client_id: CLIENT_ID,
      post_logout_redirect_uri: `https://${APP}${SIGN_OUT}`,
    });
    const back = await fetch(next, { redirect: 'manual' });
    expect(back.headers.get('location')).toBe(`https://${APP}${SIGN_OUT}`);
    expect((await browser.get(SIGN_OUT)).body.toString()).toContain('You are signed out');
  });

  it('a copy cannot refresh after the sign-out, and the issuer is not asked', async () => {
    const thief = browser.jar.copy();
    await browser.post(SIGN_OUT, await readForm(browser));
    await advance(TTL_SECONDS + 1);
    await site.keycard.clearCalls();
    expect(await statusOf(new Browser(OTHER, { jar: thief }))).toBe(401);
    expect((await calls())['POST /oauth/2/token']).toBeUndefined();
  });

  it('ends a copy that was refreshed at the same moment', async () => {
    await advance(TTL_SECONDS - 10);
    const thief = browser.jar.copy();
    const form = await readForm(browser);
    expect(await statusOf(new Browser(OTHER, { jar: thief }))).toBe(200); // and has new cookies
    expect(thief.get(COOKIE)).not.toBe(browser.jar.get(COOKIE));
    await browser.post(SIGN_OUT, form);
    await advance(6);
    expect(await statusOf(new Browser(OTHER, { jar: thief }))).toBe(401);
  });

  it('leaves the person’s sign-in in another browser as it is', async () => {
    const phone = new Browser(OTHER);
    await phone.signIn();
    await browser.post(SIGN_OUT, await readForm(browser));
    await advance(6);
    expect(await statusOf(phone)).toBe(200);
  });

  it('lets the person sign in again at once', async () => {
    await browser.post(SIGN_OUT, await readForm(browser));
    expect((await browser.signIn()).status).toBe(303);
    expect(await statusOf(browser)).toBe(200);
  });

  it('works with an expired token', async () => {
    await advance(TTL_SECONDS + 60);
    const thief = browser.jar.copy();
    expect((await browser.post(SIGN_OUT, await readForm(browser))).status).toBe(200);
    expect(await statusOf(new Browser(site.port, { jar: thief }))).toBe(401);
  });

  it('works while the issuer is down, and logs that the refresh token was not revoked', async () => {
    await site.keycard.control({ delayMs: 3200 });
    const thief = browser.jar.copy();
    const form = await readForm(browser);
    expect((await browser.post(SIGN_OUT, form)).status).toBe(200);
    await site.keycard.control({ delayMs: 0 });
    expect(await statusOf(new Browser(site.port, { jar: thief }))).toBe(401);
    expect((await site.logs()).join('\n')).toContain('refresh-token-not-revoked');
  }, 30_000);

  it('is answered 503 and keeps the cookies while the log cannot be written', async () => {
    const form = await readForm(browser);
    await site.setLogFaults({ append: 'throw' });
    const response = await browser.post(SIGN_OUT, form);
    expect([response.status, headerValues(response, 'set-cookie')]).toEqual([503, []]);
    await site.setLogFaults({});
    expect((await browser.post(SIGN_OUT, form)).status).toBe(200);
  });

  it.each<[string, object, Record<string, string> | undefined]>([
    [
      'of another site',
      { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
      undefined,
    ],
    [
      'of a sibling domain',
      { Origin: 'https://x.example.test', 'Sec-Fetch-Site': 'same-site' },
      undefined,
    ],
    [
      'of another host of the site',
      { Origin: `https://${SECOND}`, 'Sec-Fetch-Site': 'same-site' },
      undefined,
    ],
    [
      'without an origin that can be named',
      { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' },
      undefined,
    ],
    ['without the token', {}, {}],
    ['with a wrong token', {}, { token: `v1o:${'A'.repeat(43)}` }],
  ])('takes no form %s', async (_, headers, fields) => {
    const form = await readForm(browser);
    const response = await browser.post(SIGN_OUT, fields ?? form, headers);
    expect([response.status, headerValues(response, 'set-cookie')]).toEqual([403, []]);
    expect(await statusOf(browser)).toBe(200);
  });

  it('takes no form that was made for another sign-in', async () => {
    const other = new Browser(site.port);
    await other.signIn();
    expect((await browser.post(SIGN_OUT, await readForm(other))).status).toBe(403);
  });

  it('of the person by a webhook ends the sign-in for good, and a new sign-in counts', async () => {
    const message = { identity_ids: ['user-1'] };
    const sent = await request(site.port, {
      method: 'POST',
      target: '/.postern/events/webhook',
      headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(message),
    });
    expect(sent.status).toBe(204);
    const [late, later] = [browser.jar.copy(), browser.jar.copy()];
    expect(await statusOf(new Browser(site.port, { jar: late }))).toBe(401);
    await advance(TTL_SECONDS + 60);
    await site.keycard.clearCalls();
    expect(await statusOf(new Browser(OTHER, { jar: later }))).toBe(401);
    expect((await calls())['POST /oauth/2/token']).toBeUndefined();
    expect((await browser.signIn()).status).toBe(303);
    expect(await statusOf(browser)).toBe(200);
  });

  it('shows a page to a browser that is not signed in', async () => {
    const stranger = new Browser(site.port);
    expect((await stranger.get(SIGN_OUT)).body.toString()).toContain('You are signed out');
    expect((await stranger.post(SIGN_OUT, {})).status).toBe(200);
    expect((await get(site.port, SIGN_OUT, NAVIGATION)).status).toBe(200);
  });
});

/** `/.postern/sign-out` for sessions of Kratos and of tokens in cookies, by two isolates of the built gate. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header, headerValues, request } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { createTestIssuer } from '../support/token-issuer.ts';
import { APP, Browser, NAVIGATION, SECOND, SIGN_OUT } from './sign-in-site.ts';

const KRATOS = 'ory_kratos_session';
const PROGRAM = { Accept: 'application/json' };
/** An audience that is good on this host of the site alone (RFC 8707 section 2). */
const SECOND_URL = `https://${SECOND}`;
const issuer = await createTestIssuer();

const gate = await forAllTests(
  startGate({
    isolates: 2,
    log: 'faulty',
    vars: {
      HOSTS: [SECOND],
      TOKEN_COOKIE_NAMES: ['app_token'],
      ISSUERS: [{ ...issuer.settings, audience: [issuer.settings.audience, SECOND_URL] }],
      SIGN_OUT_CLEAR_SITE_DATA: ['cache', 'storage'],
    },
  }),
);
const OTHER = gate.isolate(1).port;
const advance = (seconds: number) => gate.clock.advance(seconds * 1000);

beforeEach(async () => {
  await gate.reset();
  await advance(60); // past the head start of a new log
});
afterEach(async () => expect(await gate.bugs()).toEqual([]));

/** A browser with the cookies of these names. */
function browserWith(cookies: Readonly<Record<string, string>>, port = gate.port): Browser {
  const browser = new Browser(port);
  for (const [name, value] of Object.entries(cookies)) browser.jar.set(name, value);
  return browser;
}

async function kratosSession(identityId: string = crypto.randomUUID()) {
  const made = await gate.kratos.createSession({ identityId });
  return { ...made, value: made.cookie.slice(KRATOS.length + 1) };
}

const token = (claims: object = {}) =>
  issuer.token(gate.clock.now(), {
    claims: {
      sid: crypto.randomUUID(),
      sub: crypto.randomUUID(),
      jti: crypto.randomUUID(),
      ...claims,
    },
  });

async function statusOf(cookies: Readonly<Record<string, string>>, port = gate.port) {
  return (await browserWith(cookies, port).get('/', PROGRAM)).status;
}

const tokensIn = ({ body }: RawResponse) =>
  [...body.toString().matchAll(/name="token" value="([^"]+)"/g)].map(([, value = '']) => value);

/** Sends the form of a page that the browser opened before. */
function send(browser: Browser, tokens: readonly string[], target = SIGN_OUT, headers = {}) {
  return request(gate.port, {
    method: 'POST',
    target,
    headers: {
      Host: APP,
      'Content-Type': 'application/x-www-form-urlencoded',
      Origin: `https://${APP}`,
      'Sec-Fetch-Site': 'same-origin',
      ...NAVIGATION,
      ...browser.jar.headers,
      ...headers,
    },
    body: new URLSearchParams(tokens.map((value) => ['token', value])).toString(),
  });
}

async function signOut(browser: Browser, target = SIGN_OUT) {
  return send(browser, tokensIn(await browser.get(target)), target);
}

const textOf = ({ body }: RawResponse) => body.toString();
const cleared = (response: RawResponse) =>
  headerValues(response, 'set-cookie')
    .filter((cookie) => /;\s*max-age=0/i.test(cookie))
    .map((cookie) => cookie.split('=')[0]);
const setting = (name: string, response: RawResponse) =>
  headerValues(response, 'set-cookie').filter((cookie) => cookie.startsWith(`${name}=;`));

describe('a session of Kratos', () => {
  it('is ended at Kratos, here at once, and in other isolates within the bound', async () => {
    const { value, session } = await kratosSession();
    const cookies = { [KRATOS]: value };
    expect(await statusOf(cookies, OTHER)).toBe(200);
    const browser = browserWith(cookies);
    const page = await browser.get(SIGN_OUT);
    const { email } = (session.identity as unknown as { traits: { email: string } }).traits;
    expect(textOf(page)).toContain(`You are signed in as <bdi>${email}</bdi>.`);
    expect(await statusOf(cookies)).toBe(200);
    const done = await send(browser, tokensIn(page));
    expect([done.status, textOf(done).includes('You are signed out')]).toEqual([200, true]);
    expect(cleared(done)).toContain(KRATOS);
    const { counts } = await gate.kratos.calls();
    expect([
      counts['GET /self-service/logout/browser'],
      counts['GET /self-service/logout'],
    ]).toEqual([1, 1]);
    expect(await statusOf(cookies)).toBe(401);
    await advance(6);
    expect(await statusOf(cookies, OTHER)).toBe(401);
  });

  it('ends its tokens too, and leaves the person’s other session as it is', async () => {
    const identityId = crypto.randomUUID();
    const [mine, other] = [await kratosSession(identityId), await kratosSession(identityId)];
    const copied = { app_token: await token({ sid: mine.id, sub: identityId }) };
    expect(await statusOf(copied, OTHER)).toBe(200);
    expect((await signOut(browserWith({ [KRATOS]: mine.value }))).status).toBe(200);
    await advance(6);
    expect(await statusOf(copied, OTHER)).toBe(401);
    expect(await statusOf({ [KRATOS]: other.value })).toBe(200);
  });

  it('is cleared for the host and for every domain above it', async () => {
    const { value } = await kratosSession();
    const done = await signOut(browserWith({ [KRATOS]: value }));
    const attributes = 'Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure';
    expect(setting(KRATOS, done)).toEqual([
      `${KRATOS}=; ${attributes}`,
      `${KRATOS}=; ${attributes}; Domain=app.example.test`,
      `${KRATOS}=; ${attributes}; Domain=example.test`,
    ]);
  });

  it('below the second factor that the store asks for is ended', async () => {
    const { value, session } = await kratosSession();
    await gate.kratos.changeIdentity(session.identity.id, { totp: true });
    expect(await statusOf({ [KRATOS]: value })).toBe(403);
    const browser = browserWith({ [KRATOS]: value });
    expect(tokensIn(await browser.get(SIGN_OUT))).toHaveLength(1);
    expect((await signOut(browser)).status).toBe(200);
    expect(await statusOf({ [KRATOS]: value })).toBe(401);
  });

  it('that is over is cleared without a form of its own', async () => {
    const { value, id } = await kratosSession();
    await gate.kratos.revoke(id);
    const browser = browserWith({ [KRATOS]: value });
    expect(textOf(await browser.get(SIGN_OUT))).toContain('You are signed out');
    const done = await send(browser, []);
    expect([done.status, cleared(done).includes(KRATOS)]).toEqual([200, true]);
  });

  it.each([
    ['the logout token is not given', 'GET /self-service/logout/browser', 500],
    ['the logout fails', 'GET /self-service/logout', 500],
    ['Kratos is busy', 'GET /self-service/logout/browser', 429],
  ])(
    'is not said to be ended while %s, and the same form ends it later',
    async (_, route, status) => {
      const { value } = await kratosSession();
      const browser = browserWith({ [KRATOS]: value });
      const page = await browser.get(SIGN_OUT);
      await gate.kratos.control({
        answers: { [route]: { status, headers: { 'Retry-After': '7' } } },
      });
      const failed = await send(browser, tokensIn(page));
      expect([failed.status, header(failed, 'postern-reason')]).toEqual([503, 'store_unavailable']);
      expect(headerValues(failed, 'set-cookie')).toEqual([]);
      expect(header(failed, 'retry-after')).toBe('7');
      expect(textOf(failed)).toContain('You may still be signed in');
      expect(textOf(failed)).toContain('<a class="action" href="">Try again</a>');
      await gate.kratos.reset();
      expect((await send(browser, tokensIn(page))).status).toBe(200);
      expect(await statusOf({ [KRATOS]: value })).toBe(401);
    },
  );

  it('that the store cannot verify is neither shown as over nor ended', async () => {
    const { value } = await kratosSession();
    await gate.kratos.control({ databaseFailing: true }); // it answers 401 to every credential
    const browser = browserWith({ [KRATOS]: value });
    expect((await browser.get(SIGN_OUT)).status).toBe(503);
    const refused = await send(browser, []);
    expect([refused.status, headerValues(refused, 'set-cookie')]).toEqual([503, []]);
    await gate.kratos.reset();
    expect(await statusOf({ [KRATOS]: value })).toBe(200);
  });

  it('stays, with its cookie, while the log cannot be written', async () => {
    const { value } = await kratosSession();
    const browser = browserWith({ [KRATOS]: value });
    const page = await browser.get(SIGN_OUT);
    await gate.setLogFaults({ append: 'throw' });
    const failed = await send(browser, tokensIn(page));
    expect([failed.status, headerValues(failed, 'set-cookie')]).toEqual([503, []]);
    expect((await gate.kratos.calls()).counts['GET /self-service/logout']).toBeUndefined();
    await gate.setLogFaults({});
    expect(await statusOf({ [KRATOS]: value })).toBe(200);
  });

  it('that ended without its mark is marked by a retry, although Kratos no longer knows it', async () => {
    const { value, id, session } = await kratosSession();
    const copied = { app_token: await token({ sid: id, sub: session.identity.id }) };
    const browser = browserWith({ [KRATOS]: value });
    const page = await browser.get(SIGN_OUT);
    await gate.setLogFaults({ append: 'throw-definite' });
    const failed = await send(browser, tokensIn(page));
    expect([failed.status, header(failed, 'postern-reason')]).toEqual([
      503,
      'revocation_unrecorded',
    ]);
    expect(headerValues(failed, 'set-cookie')).toEqual([]);
    await gate.setLogFaults({});
    expect(await statusOf(copied, OTHER)).toBe(200);
    expect((await send(browser, tokensIn(page))).status).toBe(200);
    await advance(6);
    expect(await statusOf(copied, OTHER)).toBe(401);
  });
});

describe('a token in a cookie', () => {
  it('is ended with its session, and its cookie is cleared', async () => {
    const [sid, sub] = [crypto.randomUUID(), crypto.randomUUID()];
    const [mine, sibling, other] = [
      await token({ sid, sub }),
      await token({ sid, sub }),
      await token({ sub }),
    ];
    for (const one of [mine, sibling, other]) {
      expect(await statusOf({ app_token: one }, OTHER)).toBe(200);
    }
    const done = await signOut(browserWith({ app_token: mine }));
    expect([done.status, cleared(done)]).toEqual([200, ['app_token', 'app_token', 'app_token']]);
    expect(await statusOf({ app_token: mine })).toBe(401);
    await advance(6);
    const statuses = [mine, sibling, other].map((one) => statusOf({ app_token: one }, OTHER));
    expect(await Promise.all(statuses)).toEqual([401, 401, 200]);
  });

  it('of somebody who acts for a user is ended alone, and not the session of the user', async () => {
    const [sid, sub] = [crypto.randomUUID(), crypto.randomUUID()];
    const [users, delegated] = [
      await token({ sid, sub }),
      await token({ sid, sub, act: { sub: 'support' } }),
    ];
    expect((await signOut(browserWith({ app_token: delegated }))).status).toBe(200);
    await advance(6);
    expect(await statusOf({ app_token: delegated }, OTHER)).toBe(401);
    expect(await statusOf({ app_token: users }, OTHER)).toBe(200);
  });

  it('of another host of the site is ended too, since its cookie is cleared there', async () => {
    const ofSecond = await token({ aud: SECOND_URL });
    const there = async (port: number) =>
      (await get(port, '/', { ...PROGRAM, Host: SECOND, Cookie: `app_token=${ofSecond}` })).status;
    expect(await there(OTHER)).toBe(200);
    const browser = browserWith({ app_token: ofSecond });
    const page = await browser.get(SIGN_OUT);
    expect(tokensIn(page)).toHaveLength(1);
    const done = await send(browser, tokensIn(page));
    expect([done.status, cleared(done).includes('app_token')]).toEqual([200, true]);
    expect(await there(gate.port)).toBe(401);
    await advance(6);
    expect(await there(OTHER)).toBe(401);
  });

  it.each([
    ['expired', () => token({ exp: Math.floor(gate.clock.now() / 1000) - 5 })],
    ['unknown to every issuer', async () => 'an.old.value-of-a-cookie'],
    ['too short to be any', async () => 'x'],
  ])('that is %s is cleared', async (_, make) => {
    const browser = browserWith({ app_token: await make() });
    expect(textOf(await browser.get(SIGN_OUT))).toContain('You are signed out');
    const done = await send(browser, []);
    expect([done.status, cleared(done)]).toEqual([200, ['app_token', 'app_token', 'app_token']]);
  });

  it('stays, with its cookie, until its mark is written', async () => {
    const mine = await token();
    const browser = browserWith({ app_token: mine });
    const page = await browser.get(SIGN_OUT);
    await gate.setLogFaults({ append: 'throw' });
    const failed = await send(browser, tokensIn(page));
    expect([failed.status, headerValues(failed, 'set-cookie')]).toEqual([503, []]);
    await gate.setLogFaults({});
    expect((await send(browser, tokensIn(page))).status).toBe(200);
    expect(await statusOf({ app_token: mine })).toBe(401);
  });
});

describe('several sessions of one browser', () => {
  it('are all ended, and only by a page that was made for all of them', async () => {
    const { value } = await kratosSession();
    const mine = await token();
    const both = { [KRATOS]: value, app_token: mine };
    const ofOne = tokensIn(await browserWith({ [KRATOS]: value }).get(SIGN_OUT));
    const browser = browserWith(both);
    expect((await send(browser, ofOne)).status).toBe(403);
    expect([await statusOf({ [KRATOS]: value }), await statusOf({ app_token: mine })]).toEqual([
      200, 200,
    ]);
    const done = await signOut(browser);
    expect([done.status, new Set(cleared(done))]).toEqual([200, new Set([KRATOS, 'app_token'])]);
    expect([await statusOf({ [KRATOS]: value }), await statusOf({ app_token: mine })]).toEqual([
      401, 401,
    ]);
  });

  it('of one cookie name, from a host and a domain above it, are all ended', async () => {
    const [one, two] = [await kratosSession(), await kratosSession()];
    const headers = { Cookie: `${one.cookie}; ${two.cookie}` };
    const page = await get(gate.port, SIGN_OUT, { ...NAVIGATION, ...headers });
    expect(tokensIn(page)).toHaveLength(2);
    const done = await send(new Browser(gate.port), tokensIn(page), SIGN_OUT, headers);
    expect(done.status).toBe(200);
    for (const { value } of [one, two]) expect(await statusOf({ [KRATOS]: value })).toBe(401);
  });
});

/** More sessions in cookies of one name than the gate looks up: a sibling domain may have planted some. */
describe('more cookies of one name than the gate tries', () => {
  const crowd = async (count: number) => {
    const made = await Promise.all(Array.from({ length: count }, () => kratosSession()));
    return { made, headers: { Cookie: made.map(({ cookie }) => cookie).join('; ') } };
  };

  it('are not shown as signed out, and their sessions are all ended', async () => {
    const { made, headers } = await crowd(5);
    const page = await get(gate.port, SIGN_OUT, { Host: APP, ...NAVIGATION, ...headers });
    expect(textOf(page)).not.toContain('You are signed out');
    expect(tokensIn(page)).toHaveLength(5);
    expect((await send(new Browser(gate.port), [], SIGN_OUT, headers)).status).toBe(403);
    const done = await send(new Browser(gate.port), tokensIn(page), SIGN_OUT, headers);
    expect([done.status, textOf(done).includes('You are signed out')]).toEqual([200, true]);
    for (const { value } of made) expect(await statusOf({ [KRATOS]: value })).toBe(401);
  });

  it('are not said to be ended if they are too many for one sign-out', async () => {
    const { made, headers } = await crowd(17);
    await gate.kratos.clearCalls();
    for (const answer of [
      await get(gate.port, SIGN_OUT, { Host: APP, ...NAVIGATION, ...headers }),
      await send(new Browser(gate.port), [], SIGN_OUT, headers),
    ]) {
      expect([answer.status, header(answer, 'postern-reason')]).toEqual([431, 'headers_too_large']);
      expect(textOf(answer)).not.toContain('You are signed out');
    }
    expect((await gate.kratos.calls()).counts['GET /sessions/whoami']).toBeUndefined();
    expect(await statusOf({ [KRATOS]: made[0]?.value ?? '' })).toBe(200);
  });
});

describe('the request', () => {
  it.each([
    ['GET', {}],
    ['GET', { 'Sec-Purpose': 'prefetch;prerender' }],
    ['HEAD', {}],
  ])('%s with %j signs nobody out', async (method, headers) => {
    const { value } = await kratosSession();
    const cookie = { Cookie: `${KRATOS}=${value}` };
    const response = await request(gate.port, {
      method,
      target: SIGN_OUT,
      headers: { Host: APP, ...NAVIGATION, ...headers, ...cookie },
    });
    expect([response.status, headerValues(response, 'set-cookie')]).toEqual([200, []]);
    expect(header(response, 'cache-control')).toBe('private, no-store');
    expect(await statusOf({ [KRATOS]: value })).toBe(200);
  });

  it('with another method is refused', async () => {
    const response = await request(gate.port, {
      method: 'DELETE',
      target: SIGN_OUT,
      headers: { Host: APP },
    });
    expect([response.status, header(response, 'allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  it.each([
    ['of another site', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }, true],
    [
      'of another host of the site',
      { Origin: `https://${SECOND}`, 'Sec-Fetch-Site': 'same-site' },
      true,
    ],
    ['without the page’s token', {}, false],
  ])('by a form %s is refused', async (_, headers, hasToken) => {
    const { value } = await kratosSession();
    const browser = browserWith({ [KRATOS]: value });
    const tokens = hasToken ? tokensIn(await browser.get(SIGN_OUT)) : ['v1o:x'];
    const refused = await send(browser, tokens, SIGN_OUT, headers);
    expect([refused.status, headerValues(refused, 'set-cookie')]).toEqual([403, []]);
    expect(await statusOf({ [KRATOS]: value })).toBe(200);
  });

  it('with a credential in a header is told that this page is for browsers', async () => {
    const made = await kratosSession();
    for (const headers of [
      { 'X-Session-Token': made.token },
      { Authorization: `Bearer ${await token()}` },
    ]) {
      const shown = await get(gate.port, SIGN_OUT, { ...PROGRAM, ...headers });
      const sent = await send(new Browser(gate.port), [], SIGN_OUT, headers);
      for (const response of [shown, sent]) {
        expect([response.status, header(response, 'postern-reason')]).toEqual([
          400,
          'sign_out_not_possible',
        ]);
      }
    }
    expect(await statusOf({ [KRATOS]: made.value })).toBe(200);
  });

  it.each([
    ['/bye?from=1', `https://${APP}/bye?from=1`],
    [`https://${SECOND}/bye`, `https://${SECOND}/bye`],
  ])('leads on to return_to=%s', async (returnTo, url) => {
    const target = `${SIGN_OUT}?${new URLSearchParams({ return_to: returnTo })}`;
    const browser = browserWith({ [KRATOS]: (await kratosSession()).value });
    const done = await signOut(browser, target);
    expect([done.status, header(done, 'refresh')]).toEqual([200, `0; url=${url}`]);
    const signedOut = await get(gate.port, target, { Host: APP, ...NAVIGATION });
    expect([signedOut.status, header(signedOut, 'refresh')]).toEqual([200, undefined]);
    expect(textOf(signedOut)).toContain(`href="${url.replaceAll('&', '&amp;')}"`);
  });

  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])(
    'is refused with return_to=%s',
    async (returnTo) => {
      const target = `${SIGN_OUT}?${new URLSearchParams({ return_to: returnTo })}`;
      const { value } = await kratosSession();
      const browser = browserWith({ [KRATOS]: value });
      const tokens = tokensIn(await browser.get(SIGN_OUT));
      for (const response of [await browser.get(target), await send(browser, tokens, target)]) {
        expect([response.status, header(response, 'postern-reason')]).toEqual([
          400,
          'parameter_not_valid',
        ]);
      }
      expect(await statusOf({ [KRATOS]: value })).toBe(200);
    },
  );

  it('that signs out has the browser delete the data that the operator names', async () => {
    const browser = browserWith({ app_token: await token() });
    const page = await browser.get(SIGN_OUT);
    expect(header(page, 'clear-site-data')).toBeUndefined();
    expect(header(await send(browser, tokensIn(page)), 'clear-site-data')).toBe(
      '"cache", "storage"',
    );
  });

  it('of nobody gets a page that leads to the site', async () => {
    const page = await get(gate.port, SIGN_OUT, { Host: APP, ...NAVIGATION });
    expect([page.status, textOf(page).includes('<a class="action" href="/">')]).toEqual([
      200,
      true,
    ]);
  });
});

it('the sessions page signs out of the session that it is opened with', async () => {
  const { value } = await kratosSession();
  const browser = browserWith({ [KRATOS]: value });
  const page = await browser.get('/.postern/sessions');
  const [formToken = ''] = tokensIn(page);
  expect(textOf(page)).toContain('value="current" aria-label="Sign out"');
  await gate.setLogFaults({ append: 'throw' });
  const failed = await browser.post('/.postern/sessions', { token: formToken, end: 'current' });
  expect([failed.status, browser.jar.names.includes(KRATOS)]).toEqual([503, true]);
  await gate.setLogFaults({});
  const done = await browser.post('/.postern/sessions', { token: formToken, end: 'current' });
  expect([done.status, textOf(done).includes('You are signed out')]).toEqual([200, true]);
  expect(browser.jar.names).not.toContain(KRATOS);
  await advance(6);
  expect(await statusOf({ [KRATOS]: value }, OTHER)).toBe(401);
});

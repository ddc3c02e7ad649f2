/** `/.postern/sign-out` of a Keycard user: by a token in a cookie, and by a sign-in at the zone. */
import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { header, headerValues } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { zoneSettings } from '../support/token-issuer.ts';
import { ADMIN_SECRET } from './session-api/start-session-api.ts';
import { zoneOf } from './session-changes/keycard-zone.ts';
import { APP, Browser, SIGN_OUT, startSignInSite } from './sign-in-site.ts';

const API = {
  KEYCARD_ZONES: ['zone-1'],
  KRATOS_PUBLIC_URL: undefined,
  ADMIN_SECRETS: [ADMIN_SECRET],
  KEYCARD_CLIENT_ID: 'postern',
  KEYCARD_CLIENT_SECRET: 'standin-client-secret',
};
const services = { kratos: 'http', origin: 'binding' } as const;
const gate = await forAllTests(
  startGate({
    services,
    isolates: 2,
    log: 'faulty',
    vars: ({ keycard }) => ({
      ...API,
      KEYCARD_API_URL: keycard,
      TOKEN_COOKIE_NAMES: ['app_token'],
      ISSUERS: [zoneSettings(keycard)],
    }),
  }),
);
const withoutAccount = await forAllTests(
  startGate({
    services,
    vars: ({ keycard }) => ({
      KEYCARD_API_URL: keycard,
      KEYCARD_ZONES: ['zone-1'],
      KRATOS_PUBLIC_URL: undefined,
      TOKEN_COOKIE_NAMES: ['app_token'],
      ISSUERS: [zoneSettings(keycard)],
    }),
  }),
);
const zone = zoneOf(gate);

beforeEach(async () => {
  await gate.setLogFaults({});
  await gate.clock.advance(60_000);
  await zone.standin('DELETE', 'sessions');
  await zone.standin('DELETE', 'session-control');
  await zone.setControl({ optional: 'present' });
});

const user = (more: object = {}) => ({ session_type: 'user', user_id: 'user-1', ...more });

function browserWith(token: string, port = gate.port): Browser {
  const browser = new Browser(port);
  browser.jar.set('app_token', token);
  return browser;
}

async function readForm(browser: Browser, target = SIGN_OUT) {
  const page = await browser.get(target);
  return { token: /name="token" value="([^"]+)"/.exec(page.body.toString())?.[1] ?? '' };
}

/** Whether Keycard still has the session, and as an active one. */
async function isActive(id: string): Promise<boolean> {
  const bearer = await zone.bearer();
  const answer = await fetch(`${gate.keycard.url}/zones/zone-1/sessions/${id}`, {
    headers: bearer,
  });
  return answer.ok && ((await answer.json()) as { status: string }).status === 'active';
}

describe('a token that names its session', () => {
  async function signedIn(claims: object = {}) {
    const mine = await zone.create(user({ application_id: 'application-1' }));
    const child = await zone.create(user({ application_id: 'application-2', parent_id: mine }));
    const other = await zone.create(user({ application_id: 'application-3' }));
    const token = await zone.token('user-1', { claims: { sid: mine, ...claims } });
    const childs = await zone.token('user-1', {
      application: 'application-2',
      claims: { sid: child },
    });
    const others = await zone.token('user-1', {
      application: 'application-3',
      claims: { sid: other },
    });
    return { mine, child, other, token, childs, others };
  }

  it('ends at Keycard, with the sessions derived from it, and in every isolate', async () => {
    const { mine, child, other, token, childs, others } = await signedIn();
    expect(await zone.statuses(token)).toEqual([200, 200]);
    expect([await isActive(mine), await isActive(child)]).toEqual([true, true]);
    const browser = browserWith(token);
    const done = await browser.post(SIGN_OUT, await readForm(browser));
    expect([done.status, browser.jar.names]).toEqual([200, []]);
    expect([await isActive(mine), await isActive(other)]).toEqual([false, true]);
    await gate.clock.advance(6000);
    expect(await zone.statuses(token)).toEqual([401, 401]);
    expect(await zone.statuses(childs)).toEqual([401, 401]);
    expect(await zone.statuses(others)).toEqual([200, 200]);
  });

  it.each([429, 500])('is not said to be ended while Keycard answers %i', async (status) => {
    const { mine, token } = await signedIn();
    const browser = browserWith(token);
    const form = await readForm(browser);
    await zone.control({ [`DELETE /zones/zone-1/sessions/${mine}`]: { status, body: {} } });
    const failed = await browser.post(SIGN_OUT, form);
    expect([failed.status, header(failed, 'postern-reason')]).toEqual([503, 'store_unavailable']);
    expect([headerValues(failed, 'set-cookie'), await isActive(mine)]).toEqual([[], true]);
    await zone.control({});
    expect((await browser.post(SIGN_OUT, form)).status).toBe(200);
    expect(await isActive(mine)).toBe(false);
  });

  it('is marked by a retry, if it ended at Keycard without its marks', async () => {
    const { token, childs } = await signedIn();
    const browser = browserWith(token);
    const form = await readForm(browser);
    await gate.setLogFaults({ append: 'throw-definite' });
    const failed = await browser.post(SIGN_OUT, form);
    expect([failed.status, header(failed, 'postern-reason')]).toEqual([
      503,
      'revocation_unrecorded',
    ]);
    await gate.setLogFaults({});
    expect(await zone.statuses(childs)).toEqual([200, 200]);
    expect((await browser.post(SIGN_OUT, form)).status).toBe(200);
    await gate.clock.advance(6000);
    expect(await zone.statuses(childs)).toEqual([401, 401]);
  });

  it('of somebody who acts for the user ends alone', async () => {
    const { mine, token } = await signedIn();
    const agents = await zone.token('user-1', { claims: { sid: mine, act: { sub: 'agent-1' } } });
    const browser = browserWith(agents);
    expect((await browser.post(SIGN_OUT, await readForm(browser))).status).toBe(200);
    await gate.clock.advance(6000);
    expect(await zone.statuses(agents)).toEqual([401, 401]);
    expect([await isActive(mine), await zone.statuses(token)]).toEqual([true, [200, 200]]);
  });
});

describe('Keycard refuses, with the person’s own token,', () => {
  it.each<[string, (id: string) => string, number]>([
    ['to list sessions', () => 'GET /zones/zone-1/sessions', 403],
    ['to show the session', (id) => `GET /zones/zone-1/sessions/${id}`, 403],
    ['to end the session', (id) => `DELETE /zones/zone-1/sessions/${id}`, 403],
    ['the id of the session', (id) => `DELETE /zones/zone-1/sessions/${id}`, 422],
  ])('%s: the token ends by its mark', async (_, route, status) => {
    const there = zoneOf(withoutAccount);
    const mine = await there.create(user({ application_id: 'application-1' }));
    const token = await there.token('user-1', { claims: { sid: mine } });
    const refused = { status, body: { message: 'no', code: 'forbidden', status } };
    const list = { status: 200, body: { items: [], pagination: {} } };
    await there.setControl({
      answers: { 'GET /zones/zone-1/sessions': list, [route(mine)]: refused },
    });
    const browser = browserWith(token, withoutAccount.port);
    const done = await browser.post(SIGN_OUT, await readForm(browser));
    expect([done.status, browser.jar.names]).toEqual([200, []]);
    expect(await there.statuses(token)).toEqual([401]);
  });
});

it('a token that names no session ends alone', async () => {
  const mine = await zone.create(user({ application_id: 'application-1' }));
  const [token, another] = [await zone.token('user-1'), await zone.token('user-1')];
  const browser = browserWith(token);
  expect((await browser.post(SIGN_OUT, await readForm(browser))).status).toBe(200);
  await gate.clock.advance(6000);
  expect(await zone.statuses(token)).toEqual([401, 401]);
  expect([await isActive(mine), await zone.statuses(another)]).toEqual([true, [200, 200]]);
});

it('a sign-in comes back from the issuer’s own sign-out to a page that leads to return_to', async () => {
  await using site = await startSignInSite();
  const browser = new Browser(site.port);
  expect((await browser.signIn()).status).toBe(303);
  const target = `${SIGN_OUT}?return_to=/goodbye`;
  const done = await browser.post(target, await readForm(browser, target));
  const next = new URL(/^0; url=(.*)$/.exec(header(done, 'refresh') ?? '')?.[1] ?? '');
  expect(next.searchParams.get('state')).toBe(`https://${APP}/goodbye`);
  const back = new URL((await fetch(next, { redirect: 'manual' })).headers.get('location') ?? '');
  expect(back.origin + back.pathname).toBe(`https://${APP}${SIGN_OUT}`);
  // OpenID Connect RP-Initiated Logout 1.0 section 3: the issuer sends `state` back as it was.
  back.searchParams.set('state', next.searchParams.get('state') ?? '');
  const page = (await browser.get(back.pathname + back.search)).body.toString();
  expect(page).toContain(`href="https://${APP}/goodbye"`);
  const foreign = `${SIGN_OUT}?state=${encodeURIComponent('https://evil.example/')}`;
  const safe = (await browser.get(foreign)).body.toString();
  expect(safe).toContain('class="action" href="/"');
  expect(safe).not.toContain('evil.example');
}, 60_000);

it('a sign-in at the zone ends its session at Keycard too, and stays if Keycard fails', async () => {
  await using site = await startSignInSite({
    vars: ({ keycard }) => ({ ...API, KEYCARD_API_URL: keycard }),
  });
  const there = zoneOf(site);
  const mine = await there.create(user({ application_id: 'application-1' }));
  await site.keycard.control({ personClaims: { sid: mine } });
  const browser = new Browser(site.port);
  expect((await browser.signIn()).status).toBe(303);
  const form = await readForm(browser);
  const path = `DELETE /zones/zone-1/sessions/${mine}`;
  await there.control({ [path]: { status: 500, body: {} } });
  const failed = await browser.post(SIGN_OUT, form);
  expect([failed.status, browser.jar.names.length > 0]).toEqual([503, true]);
  expect((await site.keycard.calls()).counts['POST /oauth/2/revoke']).toBeUndefined();
  await there.control({});
  expect((await browser.post(SIGN_OUT, form)).status).toBe(200);
  const { counts } = await site.keycard.calls();
  expect(counts['POST /oauth/2/revoke']).toBe(1);
  const shown = await fetch(`${site.keycard.url}/zones/zone-1/sessions/${mine}`, {
    headers: await there.bearer(),
  });
  expect(shown.ok && ((await shown.json()) as { status: string }).status).not.toBe('active');
}, 60_000);

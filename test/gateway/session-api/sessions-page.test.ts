import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import type { SignedInSession } from '../../support/standin-control.ts';
import { fetchAs } from './fetch-as.ts';
import { GUARDED, startKratosApi } from './start-session-api.ts';

const PATH = '/.postern/sessions';
const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const SAME_ORIGIN = { ...NAVIGATION, 'sec-fetch-site': 'same-origin' };
const SPA = 'https://spa.example.test';
const FORM = 'application/x-www-form-urlencoded';

let identityId: string;

const gate = await forAllTests(startKratosApi({ isolates: 2, vars: { ALLOWED_ORIGINS: [SPA] } }));
beforeEach(async () => {
  identityId = crypto.randomUUID();
  await gate.clock.advance(60_000); // past the head start of a new log
});
afterEach(() => gate.kratos.reset());

type Headers = Readonly<Record<string, string>>;

type Made = Omit<SignedInSession, 'token'> & { readonly session_token: string };

/** A session begun on a device of its own. */
async function signIn(device: Headers = {}): Promise<Made> {
  const response = await fetch(`${gate.kratos.url}/.standin/sessions`, {
    method: 'POST',
    headers: device,
    body: JSON.stringify({ identityId }),
  });
  const made = (await response.json()) as Made; // the stand-in's own answer
  return { ...made, id: made.session.id };
}

const by = ({ cookie }: Made) => ({ cookie });

async function look(headers: Headers, search = '') {
  const response = await fetchAs(gate.url + PATH + search, {
    headers: { ...SAME_ORIGIN, ...headers },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

function tokenIn(text: string): string {
  return /name="token" value="([^"]+)"/.exec(text)?.[1] ?? '';
}

/** The form that a browser sends for the button with that value. */
async function formFor(what: string, headers: Headers): Promise<string> {
  const { text } = await look(headers);
  return new URLSearchParams({ token: tokenIn(text), end: what }).toString();
}

async function end(what: string, headers: Headers) {
  return post(await formFor(what, headers), headers);
}

async function post(body: string, headers: Headers) {
  const response = await fetchAs(gate.url + PATH, {
    method: 'POST',
    headers: { ...SAME_ORIGIN, 'content-type': FORM, ...headers },
    body,
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function isSignedIn(session: Made, base = gate.url): Promise<boolean> {
  const response = await fetchAs(`${base}/sessions/whoami`, { headers: by(session) });
  expect([200, 401]).toContain(response.status);
  return response.status === 200;
}

/** The value that each button of the page sends. */
function buttonsIn(text: string): string[] {
  return [...text.matchAll(/<button [^>]*value="([^"]+)"/g)].map(([, value = '']) => value);
}

/** What a screen reader calls each button. */
function labelsIn(text: string): string[] {
  return [...text.matchAll(/<button [^>]*aria-label="([^"]+)"/g)].map(([, label = '']) => label);
}

/** Other sessions than the asking one, by the headings of the page. */
function devicesOn(text: string): string[] {
  return [...text.matchAll(/<h3>([^<]*)<\/h3>/g)].map(([, device = '']) => device);
}

describe('the sessions page', () => {
  it('lists the place, the start and the device of this session and the others', async () => {
    const current = await signIn({
      'User-Agent':
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
      'Cf-Ipcity': 'Lisbon',
      'Cf-Ipcountry': 'PT',
    });
    await signIn({ 'User-Agent': 'okhttp/5.1', 'True-Client-IP': '192.0.2.7' });
    const page = await look(by(current));
    expect(page.status).toBe(200);
    expect(devicesOn(page.text)).toEqual(['Safari on Mac', 'okhttp']);
    expect(page.text).toContain('<p><bdi>Lisbon, PT</bdi></p>');
    expect(page.text).toContain('<p><bdi>192.0.2.7</bdi></p>');
    const [, iso = '', text = ''] =
      /<time datetime="([^"]+)">([^<]+)<\/time> with password/.exec(page.text) ?? [];
    expect(Date.parse(iso)).toBe(Date.parse(String(current.session.authenticated_at)));
    expect(text).toMatch(/^\d\d? \w+ \d{4} at \d\d:\d\d UTC$/);
  });

  it('signs out of the current session, and has no more buttons without other sessions', async () => {
    const current = await signIn();
    const alone = await look(by(current));
    expect(alone.text).toContain('You are signed in nowhere else.');
    expect(buttonsIn(alone.text)).toEqual(['current']);
    const other = await signIn();
    const { text } = await look(by(current));
    const values = buttonsIn(text).map((value) => value.split(' ')[0]);
    expect(values).toEqual(['current', other.id, 'others']);
    expect(text).toContain('aria-label="End the session: ');
  });

  it('says whose sessions it shows, and leads back to the site', async () => {
    const current = await signIn();
    const { text } = await look(by(current));
    const { email } = current.session.identity.traits as { email: string };
    expect(text).toContain(`<p>You are signed in as <bdi>${email}</bdi>.</p>`);
    expect(text).toContain('href="/">Go to the start page</a>');
  });

  it('gives no two sessions the same name, on the screen or to a screen reader', async () => {
    const same = { 'User-Agent': 'Twin/1', 'True-Client-IP': '192.0.2.7' };
    const current = await signIn(same);
    for (let count = 0; count < 3; count += 1) await signIn(same);
    await signIn({ ...same, 'User-Agent': 'Twin (1)' }); // a device may call itself what it likes
    const { text } = await look(by(current));
    const devices = devicesOn(text);
    expect(devices).toHaveLength(5);
    expect(new Set(devices).size).toBe(5);
    const labels = labelsIn(text);
    expect(labels).toHaveLength(6);
    expect(new Set(labels).size).toBe(6);
  });

  it('shows no text that another page wrote into its address', async () => {
    const current = await signIn();
    const stranger = await signIn();
    await signIn();
    const [, other = ''] = buttonsIn((await look(by(stranger))).text);
    const location = (await end(other, by(stranger))).headers.get('location') ?? '';
    for (const search of [
      '?ended=Call+us',
      '?ended=Call+us&proof=v1f:x',
      location.slice(PATH.length),
    ]) {
      const { status, text } = await look(by(current), search);
      expect([status, text.includes('role="status"')]).toEqual([200, false]);
    }
  });

  it('prints device names as text, without markup', async () => {
    const current = await signIn();
    await signIn({ 'User-Agent': '<script>alert(1)</script>', 'Cf-Ipcity': '"><img src=x>' });
    const { text } = await look(by(current));
    expect(text).toContain('&lt;script&gt;alert(1)&lt;');
    expect(text).not.toMatch(/<script|<img/);
  });

  it('is not cached, runs no script, and sends its form to this origin alone', async () => {
    const current = await signIn();
    const { headers, text } = await look(by(current));
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(headers.get('vary')).toContain('Cookie');
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(text).not.toContain(current.session_token);
    expect(text).not.toContain(current.cookie.split('=')[1]);
  });

  it('delivers the cookie that Kratos renewed meanwhile', async () => {
    const current = await signIn();
    await look(by(current));
    const extended = await fetchAs(`${gate.url}/admin/sessions/${current.id}/extend`, {
      method: 'PATCH',
      headers: GUARDED,
    });
    expect(extended.status).toBe(200);
    const { headers } = await look(by(current));
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^ory_kratos_session=/)]);
  });

  it('delivers the cookie that Kratos renewed for one of two', async () => {
    const current = await signIn();
    await fetchAs(`${gate.url}/admin/sessions/${current.id}/extend`, {
      method: 'PATCH',
      headers: GUARDED,
    });
    const dead = `ory_kratos_session=${'a'.repeat(64)}`;
    const { status, headers } = await look({ cookie: `${dead}; ${current.cookie}` });
    expect(status).toBe(200);
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^ory_kratos_session=/)]);
  });

  it('delivers the cookie of a second lookup with its fault', async () => {
    const current = await signIn();
    await look(by(current));
    const cookie = 'ory_kratos_session=renewed-by-the-second-look; Path=/; HttpOnly';
    await gate.kratos.control({
      answers: { 'GET /sessions': { status: 401 } },
      whoami: { status: 200, body: current.session, headers: { 'Set-Cookie': cookie } },
    });
    const { status, headers } = await look(by(current));
    expect([status, headers.getSetCookie()]).toEqual([503, [cookie]]);
  });

  it('lists at most a hundred other sessions, and says so', async () => {
    const current = await signIn();
    for (let count = 0; count < 99; count += 1) await signIn();
    expect((await look(by(current))).text).not.toContain('are shown');
    await signIn();
    await signIn();
    const { text } = await look(by(current));
    expect(text).toContain('No more than 100 are shown.');
    expect(devicesOn(text)).toHaveLength(101);
  });

  it('accepts a token in a header as well as a cookie', async () => {
    const current = await signIn();
    const token = current.session_token;
    for (const headers of [{ 'x-session-token': token }, { authorization: `Bearer ${token}` }]) {
      expect((await look(headers)).status).toBe(200);
    }
  });

  it('clears the count of redirects when the user returns from sign-in', async () => {
    const [turns = ''] = (await look({})).headers.getSetCookie();
    const [counted = ''] = turns.split(';');
    const current = await signIn();
    const { headers } = await look({ cookie: `${current.cookie}; ${counted}` });
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(/^(?:__Host-)?postern-turns=; Max-Age=0;/),
    ]);
  });

  it('answers HEAD with headers and no body', async () => {
    const current = await signIn();
    const response = await fetchAs(gate.url + PATH, { method: 'HEAD', headers: by(current) });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });
});

describe('a request without a valid session', () => {
  it('is sent to sign in, and returns', async () => {
    const { status, headers } = await look({});
    expect(status).toBe(302);
    const location = new URL(headers.get('location') ?? '');
    expect(location.searchParams.get('return_to')).toMatch(/\/\.postern\/sessions$/);
  });

  it('of a program gets 401', async () => {
    const response = await fetchAs(gate.url + PATH);
    expect(response.status).toBe(401);
    expect(await response.json()).toHaveProperty('error.code', 401);
  });

  it('with an unknown credential is sent to sign in', async () => {
    const { status } = await look({ cookie: `ory_kratos_session=${'a'.repeat(64)}` });
    expect(status).toBe(302);
  });

  it('with a session that has just ended is sent to sign in', async () => {
    const current = await signIn();
    await look(by(current));
    await gate.kratos.revoke(current.id);
    // It is remembered here that the session is good; the list is Kratos's.
    expect((await look(by(current))).status).toBe(302);
  });

  it('with a missing second factor is sent to it', async () => {
    const current = await signIn();
    await gate.kratos.control({ requiredAal: 'highest_available' });
    await gate.kratos.changeIdentity(identityId, { totp: true });
    const { status, headers } = await look(by(current));
    expect([status, headers.get('location')]).toEqual([302, expect.stringContaining('aal=aal2')]);
  });

  it.each([429, 500, 503])(
    'meets a store that answers %i: a fault, and no verdict',
    async (code) => {
      const current = await signIn();
      const headers = { 'Retry-After': '30' };
      await gate.kratos.control({ whoami: { status: code, headers } });
      const { status, text, headers: told } = await look(by(current));
      expect([status, text]).toEqual([503, expect.stringContaining('store_unavailable')]);
      expect(told.get('retry-after')).toBe('30');
    },
  );

  it('meets a store without its database: a fault, although the list answers 401', async () => {
    const current = await signIn();
    await look(by(current)); // whoami is remembered
    await gate.kratos.control({
      answers: { 'GET /sessions': { status: 401 }, 'GET /health/ready': { status: 503 } },
      whoami: { status: 401, body: { error: { code: 401, status: 'Unauthorized' } } },
    });
    const { status, headers } = await look(by(current));
    expect([status, headers.get('postern-reason')]).toEqual([503, 'store_unavailable']);
  });

  it('is sent to the store’s own URL for the second factor', async () => {
    const current = await signIn();
    await look(by(current));
    const body = {
      redirect_browser_to:
        'https://kratos.example.test/self-service/login/browser?aal=aal2&organization=acme',
      error: { id: 'session_aal2_required', code: 403, status: 'Forbidden' },
    };
    const answer = { status: 403, body };
    await gate.kratos.control({ answers: { 'GET /sessions': answer }, whoami: answer });
    const { status, headers } = await look(by(current));
    expect([status, headers.get('location')]).toEqual([
      302,
      expect.stringContaining('organization=acme'),
    ]);
  });

  it.each([
    [429, [503, 'store_unavailable']],
    [500, [503, 'store_unavailable']],
    [404, [502, 'upstream_not_valid']],
    [204, [502, 'upstream_not_valid']],
  ] as const)('a list with status %i is not read', async (status, told) => {
    const current = await signIn();
    await gate.kratos.control({ answers: { 'GET /sessions': { status } } });
    const answer = await look(by(current));
    expect([answer.status, answer.headers.get('postern-reason')]).toEqual(told);
  });

  it('with two people’s cookies is refused', async () => {
    const one = await signIn();
    identityId = crypto.randomUUID();
    const two = await signIn();
    const { status } = await look({ cookie: `${one.cookie}; ${two.cookie}` });
    expect(status).toBe(302);
  });

  it('another method is not allowed', async () => {
    const response = await fetchAs(gate.url + PATH, { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });
});

describe('a form that ends', () => {
  it('one session takes effect at once here, within the lag elsewhere, and on the page', async () => {
    const current = await signIn({ 'User-Agent': 'Mine/1' });
    const kept = await signIn({ 'User-Agent': 'Kept/1' });
    const lost = await signIn({ 'User-Agent': 'Lost/1' });
    const there = gate.isolate(1).url;
    for (const each of [current, kept, lost]) expect(await isSignedIn(each)).toBe(true);
    expect(await isSignedIn(lost, there)).toBe(true);
    const { text } = await look(by(current));
    const button = buttonsIn(text).find((value) => value.startsWith(lost.id)) ?? '';
    const { status, headers } = await end(button, by(current));
    const location = headers.get('location') ?? '';
    expect([status, location]).toEqual([303, expect.stringMatching(/^\/\.postern\/sessions\?/)]);
    expect(await Promise.all([current, kept, lost].map((each) => isSignedIn(each)))).toEqual([
      true,
      true,
      false,
    ]);
    await gate.clock.advance(5001);
    expect(await isSignedIn(lost, there)).toBe(false);
    const page = await look(by(current), location.slice(PATH.length));
    expect(page.text).toMatch(/role="status">Ended: Lost, [^<]+UTC<\/p>/);
    expect(devicesOn(page.text)).toEqual(['Mine', 'Kept']);
  });

  it('all other sessions', async () => {
    const current = await signIn();
    const others = [await signIn(), await signIn(), await signIn()];
    for (const each of others) expect(await isSignedIn(each)).toBe(true);
    const { status, headers } = await end('others', by(current));
    expect(status).toBe(303);
    const location = headers.get('location') ?? '';
    const page = await look(by(current), location.slice(PATH.length));
    expect(page.text).toContain('role="status">All other sessions were ended.</p>');
    expect(await Promise.all(others.map((each) => isSignedIn(each)))).toEqual([
      false,
      false,
      false,
    ]);
    expect(await isSignedIn(current)).toBe(true);
  });

  it('R2: the session of another person has no effect, and no mark', async () => {
    const current = await signIn();
    await signIn();
    identityId = crypto.randomUUID();
    const victim = await signIn();
    await isSignedIn(victim);
    expect((await end(victim.id, by(current))).status).toBe(303);
    const after = await fetchAs(`${gate.url}/sessions/whoami`, { headers: by(victim) });
    expect([after.status, after.headers.get('cache-status')]).toEqual([
      200,
      expect.stringContaining('hit'),
    ]);
  });

  it('is accepted from a page that is older than the renewed cookie', async () => {
    const current = await signIn();
    const other = await signIn();
    const body = await formFor(other.id, by(current));
    const renewed = await gate.kratos.issueCookie(current.id);
    expect((await post(body, { cookie: renewed })).status).toBe(303);
    expect(await isSignedIn(other)).toBe(false);
  });

  it('delivers the cookie that Kratos renewed meanwhile', async () => {
    const current = await signIn();
    const other = await signIn();
    const body = await formFor(other.id, by(current));
    await fetchAs(`${gate.url}/admin/sessions/${current.id}/extend`, {
      method: 'PATCH',
      headers: GUARDED,
    });
    const { status, headers } = await post(body, by(current));
    expect(status).toBe(303);
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^ory_kratos_session=/)]);
  });

  it.each([
    [500, [503, 'store_unavailable']],
    [429, [503, 'store_unavailable']],
    [404, [502, 'upstream_not_valid']],
    // The session itself is good: it is no verdict on it.
    [401, [503, 'store_unavailable']],
  ] as const)('passes the status %i of the store on with its meaning', async (status, told) => {
    const current = await signIn();
    const other = await signIn();
    const body = await formFor(other.id, by(current));
    await gate.kratos.control({ answers: { [`DELETE /sessions/${other.id}`]: { status } } });
    const answer = await post(body, by(current));
    expect([answer.status, answer.headers.get('postern-reason')]).toEqual(told);
  });
});

describe('no change is made for', () => {
  let current: Made;
  let other: Made;
  beforeEach(async () => {
    current = await signIn();
    other = await signIn();
  });
  afterEach(async () => {
    expect(await isSignedIn(current)).toBe(true);
    expect(await isSignedIn(other)).toBe(true);
  });

  it.each([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a sibling domain', { origin: 'https://evil.example.test', 'sec-fetch-site': 'same-site' }],
    ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['an allowed origin', { origin: SPA, 'sec-fetch-site': 'cross-site' }],
  ])('R6: a form of %s, even with the right token', async (_, headers) => {
    const refused = await post(await formFor(other.id, by(current)), {
      ...by(current),
      ...headers,
    });
    expect([refused.status, refused.headers.get('postern-reason')]).toEqual([
      403,
      'cross_site_change',
    ]);
  });

  it('R6: a form without a token, with an empty one, or with the token of another session', async () => {
    const another = await look(by(other));
    const foreign = tokenIn(another.text);
    expect(foreign).toMatch(/^v1f:[\w-]{43}$/);
    for (const token of [undefined, '', foreign]) {
      const fields = new URLSearchParams({ end: other.id, ...(token !== undefined && { token }) });
      const refused = await post(fields.toString(), by(current));
      expect([token, refused.status]).toEqual([token, 403]);
      expect(refused.text).toContain('form_not_current');
    }
  });

  it.each(['', 'x', '*', 'whoami', '../sessions', '00000000-0000-0000-0000-00000000000'])(
    'a form that names %j',
    async (what) => {
      const refused = await end(what, by(current));
      expect([refused.status, refused.text]).toEqual([
        400,
        expect.stringContaining('body_not_valid'),
      ]);
    },
  );

  it('a form that names the current session', async () => {
    expect((await end(current.id, by(current))).status).toBe(400);
  });

  it('a body that is no form, or too long', async () => {
    const json = await post('{}', { ...by(current), 'content-type': 'application/json' });
    expect(json.status).toBe(400);
    const long = await post(`token=${'a'.repeat(70_000)}`, by(current));
    expect(long.status).toBe(413);
  });

  it('a form without a session, which gets an error page and no redirect', async () => {
    const refused = await post(`end=${other.id}`, {});
    expect([refused.status, refused.headers.get('location')]).toEqual([401, null]);
    expect(refused.text).toContain('credential_missing');
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import {
  publicBody,
  publicCookie,
  publicLocation,
} from '../../../src/providers/kratos/public-host.ts';
import { forAllTests } from '../../support/for-all-tests.ts';
import { fetchAs } from './fetch-as.ts';
import { startKratosApi } from './start-session-api.ts';

const SITE = 'https://app.example.test';
const KRATOS = 'https://kratos.example.test';

const gate = await forAllTests(startKratosApi({ vars: { SELF_SERVICE: true } }));
afterEach(() => gate.reset());

/** A browser as far as cookies go. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async go(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { accept: 'text/html', cookie: this.cookies(), ...init.headers };
    const response = await fetchAs(gate.url + path, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/max-age=0/i.test(cookie)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  set(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  cookies(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  has(name: string): boolean {
    return this.#cookies.has(name);
  }

  /** A URL on the site as the path to go to; fails on any other. */
  static path(url: string | null): string {
    expect(url).toMatch(new RegExp(`^${SITE}/`));
    return (url ?? '').slice(SITE.length);
  }

  /** Reads a flow as the page that shows it does. */
  async flow(kind: string, location: string | null) {
    const id = new URL(location ?? '').searchParams.get('flow') ?? '';
    const response = await this.go(`/self-service/${kind}/flows?id=${id}`, {
      headers: { accept: 'application/json' },
    });
    expect(response.status).toBe(200);
    const flow = (await response.json()) as {
      request_url: string;
      ui: { action: string; nodes: { attributes: { name: string; value: string } }[] };
    };
    const csrf = flow.ui.nodes.find(({ attributes }) => attributes.name === 'csrf_token');
    return { ...flow, csrf_token: csrf?.attributes.value ?? '' };
  }

  submit(action: string, fields: Record<string, string>): Promise<Response> {
    return this.go(Browser.path(action), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });
  }
}

async function signIn(browser: Browser, identifier: string, path: string): Promise<Response> {
  const started = await browser.go(path);
  expect(started.status).toBe(303);
  const { ui, csrf_token } = await browser.flow('login', started.headers.get('location'));
  return browser.submit(ui.action, {
    csrf_token,
    method: 'password',
    identifier,
    password: 'postern-demo',
  });
}

describe('a browser on the gated site', () => {
  it('signs in on the site, returns, and signs out', async () => {
    const browser = new Browser();
    const challenged = await browser.go('/private?x=1', {
      headers: { 'sec-fetch-mode': 'navigate' },
    });
    expect(challenged.status).toBe(302);
    const login = Browser.path(challenged.headers.get('location'));
    expect(login).toMatch(/^\/self-service\/login\/browser\?/);

    const done = await signIn(browser, 'demo@example.com', login);
    expect([done.status, done.headers.get('location')]).toEqual([303, `${SITE}/private?x=1`]);
    expect(browser.has('ory_kratos_session')).toBe(true);
    expect((await browser.go('/private?x=1')).status).toBe(200);

    const out = await browser.go('/self-service/logout/browser', {
      headers: { accept: 'application/json' },
    });
    const { logout_url: url } = (await out.json()) as { logout_url: string };
    const signedOut = await browser.go(Browser.path(url));
    expect(signedOut.status).toBe(303);
    expect(browser.has('ory_kratos_session')).toBe(false);
    expect((await browser.go('/private', { headers: { accept: 'application/json' } })).status).toBe(
      401,
    );
  });

  it('steps up on the site if the store requires it', async () => {
    const browser = new Browser();
    await signIn(browser, 'mia@example.com', '/self-service/login/browser');
    const challenged = await browser.go('/private', { headers: { 'sec-fetch-mode': 'navigate' } });
    const stepUp = Browser.path(challenged.headers.get('location'));
    expect(stepUp).toMatch(/^\/self-service\/login\/browser\?aal=aal2&return_to=/);
    const started = await browser.go(stepUp);
    const { ui, csrf_token } = await browser.flow('login', started.headers.get('location'));
    const done = await browser.submit(ui.action, {
      csrf_token,
      method: 'totp',
      totp_code: '000000',
    });
    expect(done.headers.get('location')).toBe(`${SITE}/private`);
    expect((await browser.go('/private')).status).toBe(200);
  });

  it('an app on the site is sent to the site for its step-up', async () => {
    const browser = new Browser();
    await signIn(browser, 'mia@example.com', '/self-service/login/browser');
    const refused = await browser.go('/sessions/whoami', {
      headers: { accept: 'application/json' },
    });
    expect(refused.status).toBe(403);
    const body = (await refused.json()) as {
      redirect_browser_to: string;
      error: { details: { redirect_browser_to: string } };
    };
    const expected = `${SITE}/self-service/login/browser?aal=aal2`;
    expect([body.redirect_browser_to, body.error.details.redirect_browser_to]).toEqual([
      expected,
      expected,
    ]);
  });

  it('a wrong CSRF token gets Kratos’s own refusal', async () => {
    const browser = new Browser();
    const started = await browser.go('/self-service/login/browser');
    const { ui } = await browser.flow('login', started.headers.get('location'));
    const refused = await browser.go(Browser.path(ui.action), {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({ csrf_token: 'forged', method: 'password' }),
    });
    expect([
      refused.status,
      ((await refused.json()) as { error: { id: string } }).error.id,
    ]).toEqual([403, 'security_csrf_violation']);
  });
});

describe('Kratos receives from the request of a flow', () => {
  async function sent(headers: Record<string, string>): Promise<Record<string, string>> {
    await fetchAs(`${gate.url}/self-service/login/browser`, { headers });
    return Object.fromEntries((await gate.kratos.calls()).requests.at(-1)?.headers ?? []);
  }

  it('its own cookies and no others, and one session credential', async () => {
    const { cookie, token } = await gate.kratos.createSession();
    const cookies = `a=b; csrf_token_x=y; ${cookie}; tracking=1; ory_kratos_continuity=z; xory_=1`;
    const both = await sent({ cookie: cookies, authorization: `Bearer ${token}` });
    expect(both.cookie).toBe(`${cookie}; csrf_token_x=y; ory_kratos_continuity=z`);
    expect(both).not.toHaveProperty('authorization');
    const byToken = await sent({ cookie: cookies, 'x-session-token': token });
    expect(byToken.cookie).toBe('csrf_token_x=y; ory_kratos_continuity=z');
    expect(byToken['x-session-token']).toBe(token);
  });

  it('the address of the site, and no address that the client claims', async () => {
    const spoofed = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-for': '6.6.6.6',
      'true-client-ip': '6.6.6.6',
      'cf-connecting-ip': '6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'cf-ipcity': 'Nowhere',
      forwarded: 'for=6.6.6.6',
      'x-http-method-override': 'DELETE',
      'ory-base-url-rewrite': 'https://evil.example',
      'x-user-id': 'admin',
    };
    const own = { 'user-agent': 'Browser/1', 'accept-language': 'de', 'sec-fetch-mode': 'cors' };
    const headers = await sent({ ...spoofed, ...own });
    expect(headers).toMatchObject({
      'x-forwarded-host': 'app.example.test',
      'x-forwarded-proto': 'https',
      ...own,
    });
    expect(JSON.stringify(headers)).not.toMatch(/6\.6\.6\.6|evil|Nowhere|DELETE|admin/);
  });

  it('a body unchanged, even a slow one', async () => {
    const form = `csrf_token=x&method=password&identifier=${'a'.repeat(200_000)}`;
    const response = await fetchAs(`${gate.url}/self-service/login?flow=x`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: form,
    });
    expect(response.status).toBe(404); // Kratos's: there is no such flow
  });
});

describe('self-service routes that are switched off', () => {
  it('leave the paths to the site, and people are sent to Kratos', async () => {
    await using plain = await startKratosApi();
    const path = await fetchAs(`${plain.url}/self-service/login/browser`, {
      headers: { accept: 'text/html' },
    });
    expect([path.status, path.headers.get('location')]).toEqual([
      302,
      expect.stringContaining(`${KRATOS}/self-service/login/browser`),
    ]);
    expect((await plain.kratos.calls()).counts).toEqual({});
  });
});

describe('with a mount path', () => {
  it('every URL of a flow starts with it', async () => {
    await using mounted = await startKratosApi({
      vars: { SELF_SERVICE: true, SESSION_API_PATH: '/auth' },
    });
    const challenged = await fetchAs(`${mounted.url}/private`, {
      headers: { accept: 'text/html' },
    });
    expect(challenged.headers.get('location')).toMatch(
      /^https:\/\/app\.example\.test\/auth\/self-service\/login\/browser\?/,
    );
    const response = await fetchAs(`${mounted.url}/auth/self-service/login/api`);
    const { ui } = (await response.json()) as { ui: { action: string } };
    expect(ui.action).toMatch(/^https:\/\/app\.example\.test\/auth\/self-service\/login\?flow=/);
  });

  it('the sign-in is below it', () => {
    const config = readConfig({
      PUBLIC_URL: SITE,
      KRATOS_PUBLIC_URL: KRATOS,
      SELF_SERVICE: 'true',
      SESSION_API_PATH: '/auth',
      REVOCATION: 'off',
    });
    expect(config.ok && config.value.LOGIN_URL).toBe(`${SITE}/auth/self-service/login/browser`);
  });
});

const HOST = {
  kratosUrls: ['https://auth.example.com', 'http://localhost:4433/kratos'],
  publicUrl: SITE,
  apiPath: '/auth',
};

describe('publicLocation()', () => {
  it.each([
    [
      'https://auth.example.com/self-service/login?flow=1',
      `${SITE}/auth/self-service/login?flow=1`,
    ],
    ['http://localhost:4433/kratos/self-service/login', `${SITE}/auth/self-service/login`],
    ['https://auth.example.com/ui/login?flow=1', `${SITE}/ui/login?flow=1`],
    ['https://auth.example.com', SITE],
    ['/ui/login', `${SITE}/ui/login`],
    [
      'https://accounts.google.example/o?redirect_uri=https://auth.example.com/self-service',
      'https://accounts.google.example/o?redirect_uri=https://auth.example.com/self-service',
    ],
    [
      'https://auth.example.com.evil.example/self-service',
      'https://auth.example.com.evil.example/self-service',
    ],
    // RFC 3986 section 6.2.2.1 and 6.2.3: the same URL in other letters, with its port, with a final dot.
    ['HTTPS://Auth.Example.com:443/ui/login', `${SITE}/ui/login`],
    ['https://auth.example.com./ui/Login?X=1', `${SITE}/ui/Login?X=1`],
    ['https://AUTH.example.com:443', SITE],
    ['https://auth.example.com:80/ui', 'https://auth.example.com:80/ui'],
    ['https://me@auth.example.com/ui', 'https://me@auth.example.com/ui'],
    ['//evil.example/x', '//evil.example/x'],
    ['http://localhost:4433/kratosx/self-service', 'http://localhost:4433/kratosx/self-service'],
  ])('%s', (location, expected) => {
    expect(publicLocation(location, HOST)).toBe(expected);
  });
});

describe('publicCookie()', () => {
  it.each([
    ['a=b; Path=/; Domain=auth.example.com; HttpOnly', 'a=b; Path=/; HttpOnly'],
    ['a=b; domain=.example.test; Path=/', 'a=b; domain=.example.test; Path=/'],
    ['a=b; Domain=ample.test', 'a=b'],
    ['a=b=c; Path=/kratos; Secure', 'a=b=c; Path=/; Secure'],
    ['Domain=x; Path=/deep; Max-Age=0', 'Domain=x; Path=/deep; Max-Age=0'],
  ])('%s', (cookie, expected) => {
    expect(publicCookie(cookie, HOST)).toBe(expected);
  });
});

describe('publicBody()', () => {
  it('changes the URLs of flows and no other byte', () => {
    const text =
      '{"ui":{"action":"https://auth.example.com/self-service/login?flow=1\\u0026x=2"},"n":1e400,"traits":{"note":"\\"action\\":\\"https://auth.example.com/self-service\\"","bio":"https://auth.example.com/self-service"},"request_url":"https://other.example/"}\n';
    const expected = text.replace('"action":"https://auth.example.com/', `"action":"${SITE}/auth/`);
    expect(publicBody(text, HOST)).toBe(expected);
  });
});

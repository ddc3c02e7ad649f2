/** `/.postern/sign-out` before a server that answers as the real Kratos was recorded. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { header, headerValues } from '../support/raw-http.ts';
import { type Recording, recordedHeader, recording } from '../support/recording.ts';
import { startGate } from '../support/start-gate.ts';
import { APP, Browser, SIGN_OUT } from './sign-in-site.ts';

/** One sign-out without `--dev`, as it was recorded: before it, its two requests, and after it. */
const WHOAMI = recording('nodev-whoami-cookie');
const INIT = recording('nodev-logout-init');
const LOGOUT = recording('nodev-logout-json');
const OVER = recording('whoami-cookie-after-logout');
const READY = recording('health-ready');
const [, NAME = '', VALUE = ''] =
  /(ory_kratos_session)=([^;]+)/.exec(sentCookie(LOGOUT) ?? '') ?? [];

let answers: Readonly<Record<string, Recording>> = {};
let isOver = false;

const kratos = await forAllTests(startKratos());
const gate = await forAllTests(startGate({ kratos }));

beforeEach(() => {
  answers = {};
  isOver = false;
  kratos.take();
});

async function startKratos() {
  const server = await startNodeOrigin(answer);
  return { ...server, dispose: () => server.close() };
}

function sentCookie({ request }: Recording): string | undefined {
  const { headers } = request as unknown as { headers: [string, string][] };
  return headers.find(([name]) => name === 'Cookie')?.[1];
}

function answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const [path = ''] = url.split('?');
  const usual: Record<string, Recording> = {
    '/sessions/whoami': isOver ? OVER : WHOAMI,
    '/self-service/logout/browser': INIT,
    '/self-service/logout':
      url === LOGOUT.request.path ? LOGOUT : recording('logout-browser-bad-token-json'),
    '/health/ready': READY,
  };
  const recorded = answers[path] ?? usual[path] ?? recording('public-unknown-route-json');
  if (recorded === LOGOUT) isOver = true;
  response.statusCode = recorded.response.status;
  for (const [name, value] of recorded.response.headers) {
    if (!/^(?:date|content-length|connection)$/i.test(name)) response.appendHeader(name, value);
  }
  response.end(lasting(recorded.response.body));
}

/** The recorded session lasts for a day. */
function lasting(body: string): string {
  return body.replace(/"expires_at":"[^"]+"/, '"expires_at":"2999-01-01T00:00:00Z"');
}

async function openPage() {
  const browser = new Browser(gate.port);
  browser.jar.set(NAME, VALUE);
  const page = await browser.get(SIGN_OUT);
  const [, token = ''] = /name="token" value="([^"]+)"/.exec(page.body.toString()) ?? [];
  kratos.take();
  return { browser, token };
}

it('asks as the recorded client did, and passes the cleared cookie on', async () => {
  const { browser, token } = await openPage();
  const done = await browser.post(SIGN_OUT, { token });
  expect(done.status).toBe(200);
  const calls = kratos.take().filter(({ target }) => target.startsWith('/self-service/'));
  expect(calls.map(({ method, target }) => `${method} ${target}`)).toEqual([
    `GET ${INIT.request.path}`,
    `GET ${LOGOUT.request.path}`,
  ]);
  for (const { headers } of calls) {
    const sent = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(sent.get('accept')).toBe('application/json');
    expect(sent.get('cookie')).toBe(`${NAME}=${VALUE}`);
    expect(sent.get('x-forwarded-host')).toBe(APP);
    expect(sent.has('content-type')).toBe(false);
  }
  const theirs = LOGOUT.response.headers
    .filter(([name]) => name === 'Set-Cookie')
    .map(([, value]) => value);
  expect(headerValues(done, 'set-cookie')).toEqual(expect.arrayContaining(theirs));
  expect(theirs.find((cookie) => cookie.startsWith(`${NAME}=`))).toContain('Max-Age=0');
  expect((await browser.get('/', { Accept: 'application/json' })).status).toBe(401);
});

it.each([
  ['whose database fails', 'dbdown-logout-browser-init', 'store_unavailable'],
  [
    'that takes the logout token for another session’s',
    'logout-browser-bad-token-json',
    'upstream_not_valid',
  ],
])('keeps the cookie before a Kratos %s', async (_, name, reason) => {
  const { browser, token } = await openPage();
  const path = name.startsWith('dbdown') ? '/self-service/logout/browser' : '/self-service/logout';
  answers = { [path]: recording(name) };
  const failed = await browser.post(SIGN_OUT, { token });
  expect([header(failed, 'postern-reason'), headerValues(failed, 'set-cookie')]).toEqual([
    reason,
    [],
  ]);
  answers = {};
  expect((await browser.post(SIGN_OUT, { token })).status).toBe(200);
});

it('takes the refusal of a healthy Kratos for the end, and that of a failing one for none', async () => {
  const none = recording('logout-browser-init-none-json');
  expect([none.response.status, recordedHeader(none, 'ory-error-id')]).toEqual([
    401,
    'session_inactive',
  ]);
  const { browser, token } = await openPage();
  answers = {
    '/self-service/logout/browser': none,
    '/sessions/whoami': recording('dbdown-whoami-cookie'),
    '/health/ready': recording('dbdown-admin-health-ready'),
  };
  const failed = await browser.post(SIGN_OUT, { token });
  expect([failed.status, headerValues(failed, 'set-cookie')]).toEqual([503, []]);
  answers = { '/self-service/logout/browser': none, '/sessions/whoami': OVER };
  await gate.clock.advance(10_000); // the readiness is asked again
  const done = await browser.post(SIGN_OUT, { token });
  expect([done.status, browser.jar.get(NAME)]).toEqual([200, undefined]);
}, 60_000);

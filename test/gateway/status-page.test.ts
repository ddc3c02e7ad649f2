import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header, headerValues, type RawHeaders, request } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { byToken, whoami, whoamiCalls } from './whoami-requests.ts';

const SECRET = 'an-admin-secret-of-thirty-two-characters-or-more';
const NEWER = 'another-admin-secret-that-replaces-the-first-one';
const PATH = '/.postern/status';
const SITE = 'https://app.example.test';
/** The headers of a browser that sends a form from a page of the site (Fetch standard, Fetch Metadata). */
const OWN_FORM = { Origin: SITE, 'Sec-Fetch-Site': 'same-origin' };

const GENEROUS = { timeout: 10_000 };

const gate = await gateForAllTests({
  isolates: 2,
  log: 'faulty',
  vars: { ADMIN_SECRETS: [NEWER, SECRET], VERIFY_SAMPLE: 1, VERIFY_MAX_PER_SECOND: 100 },
});
beforeEach(() => gate.clearLogs());
afterEach(async () => {
  await gate.reset();
  await gate.clock.set(0);
  const logs = (await gate.logs()).join('\n');
  expect(logs).not.toContain(SECRET);
  expect(logs).not.toContain(NEWER);
  expect(await gate.bugs()).toEqual([]);
});

const open = (headers: RawHeaders = {}, port = gate.port) => get(port, PATH, headers);
const send = (
  secret: string,
  headers: Record<string, string> = OWN_FORM,
  { field = 'secret', type = 'application/x-www-form-urlencoded' } = {},
) =>
  request(gate.port, {
    method: 'POST',
    target: PATH,
    headers: { ...headers, 'Content-Type': type },
    body: new URLSearchParams({ [field]: secret }).toString(),
  });
/** Everything of an answer that could hold a secret. */
const whole = ({ headers, text }: RawResponse) => JSON.stringify([headers, text]);
const isForm = ({ text }: RawResponse) => /<input [^>]*type="password"/.test(text);
const pairOf = (answer: RawResponse) =>
  headerValues(answer, 'set-cookie')[0]?.split(';', 1)[0] ?? '';
const signedIn = async (secret = SECRET) => ({ Cookie: pairOf(await send(secret)) });
const textOf = ({ text }: RawResponse) =>
  text.replace(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ').replace(/\s+/g, ' ');

describe('the form', () => {
  it('asks for the secret, and shows no figure', async () => {
    const answer = await open();
    expect([answer.status, isForm(answer)]).toEqual([401, true]);
    expect(header(answer, 'www-authenticate')).toBe('Bearer');
    expect(header(answer, 'cache-control')).toBe('private, no-store');
    expect(header(answer, 'content-security-policy')).toMatch(
      /^default-src 'none'; .*form-action 'self'; frame-ancestors 'none'/,
    );
    expect(answer.text).not.toMatch(/<script|Memory of the isolate/);
    expect(answer.text).not.toContain('role="alert"'); // nobody has given a wrong secret yet
  });

  it('opens the page for ten minutes with a cookie that holds no secret', async () => {
    const given = await send(SECRET);
    expect([given.status, header(given, 'location'), given.text]).toEqual([303, PATH, '']);
    expect(headerValues(given, 'set-cookie')).toEqual([
      expect.stringMatching(
        /^__Host-postern-status=\d+\.[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Strict; Secure$/,
      ),
    ]);
    expect(whole(given)).not.toContain(SECRET);
    const cookie = { Cookie: pairOf(given) };
    const page = await open(cookie);
    expect([page.status, isForm(page)]).toEqual([200, false]);
    expect(textOf(page)).toContain('Memory of the isolate');
    expect(whole(page)).not.toContain(SECRET);
    expect(page.text).not.toContain('<script');
    expect((await open(cookie, gate.isolate(1).port)).status).toBe(200);
    await gate.clock.set(590_000);
    expect((await open(cookie)).status).toBe(200);
    await gate.clock.set(610_000);
    expect(isForm(await open(cookie))).toBe(true);
  });

  it('takes each of several secrets', async () => {
    for (const secret of [SECRET, NEWER])
      expect((await open(await signedIn(secret))).status).toBe(200);
  });

  it.each([
    ['a wrong secret', SECRET.replace('an-', 'no-')],
    ['the beginning of the secret', SECRET.slice(0, -1)],
    ['the secret and more', `${SECRET}x`],
    ['nothing', ''],
  ])('refuses %s, and sets no cookie', async (_, secret) => {
    const answer = await send(secret);
    expect([answer.status, isForm(answer)]).toEqual([401, true]);
    expect(headerValues(answer, 'set-cookie')).toEqual([]);
    expect(textOf(answer)).toContain('none of this site’s admin secrets');
    if (secret !== '') expect(whole(answer)).not.toContain(secret);
    expect((await gate.logs()).map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        route: 'status',
        outcome: 'deny',
        status: 401,
        reason: 'caller_not_authorized',
      }),
    );
  });

  it('refuses a form without the field, and a body that is no form', async () => {
    expect((await send(SECRET, OWN_FORM, { field: 'password' })).status).toBe(401);
    const answer = await send(SECRET, OWN_FORM, { type: 'text/plain' });
    expect([answer.status, headerValues(answer, 'set-cookie')]).toEqual([400, []]);
  });

  it.each([
    ['another site', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }],
    ['a sibling host', { Origin: 'https://other.example.test', 'Sec-Fetch-Site': 'same-site' }],
    ['a sandboxed page', { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }],
    ['another site, in a browser without Fetch Metadata', { Origin: 'https://evil.example' }],
  ])('is not taken from %s, even with the right secret', async (_, headers) => {
    const answer = await send(SECRET, headers);
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([403, 'cross_site_change']);
    expect(headerValues(answer, 'set-cookie')).toEqual([]);
  });

  it('is only for GET, HEAD and POST', async () => {
    const answer = await request(gate.port, { method: 'DELETE', target: PATH });
    expect([answer.status, header(answer, 'allow')]).toEqual([405, 'GET, HEAD, POST']);
    const head = await request(gate.port, { method: 'HEAD', target: PATH });
    expect(head.status).toBe(401);
  });
});

describe('the cookie', () => {
  it.each([
    [
      'a later time',
      (value: string) => `${Number(value.split('.')[0]) + 60}.${value.split('.')[1]}`,
    ],
    ['another code', (value: string) => `${value.slice(0, -2)}AA`],
    ['a time far in the future', () => `99999999999.${'A'.repeat(43)}`],
    ['no code', (value: string) => value.split('.')[0] ?? ''],
    ['the secret itself', () => SECRET],
  ])('is refused with %s', async (_, alter) => {
    const [name, value = ''] = (await signedIn()).Cookie.split('=', 2);
    expect(isForm(await open({ Cookie: `${name}=${alter(value)}` }))).toBe(true);
  });

  it('is refused on another host, and inside the value of another cookie', async () => {
    const { Cookie } = await signedIn();
    expect(isForm(await open({ Host: `127.0.0.1:${gate.port}`, Cookie }))).toBe(true);
    expect(isForm(await open({ Cookie: `theme=dark,${Cookie}` }))).toBe(true);
    expect((await open({ Cookie: `theme=dark; ${Cookie}` })).status).toBe(200);
  });

  it('never reaches the origin', async () => {
    const { token } = await gate.kratos.createSession();
    const { Cookie } = await signedIn();
    await gate.origin.clearCalls();
    await get(gate.port, '/page', { ...byToken(token), Cookie });
    const [call] = (await gate.origin.calls()).requests;
    expect(call).toBeDefined();
    expect(JSON.stringify(call)).not.toContain('postern-status');
  });

  it('ends when its secret is removed', async () => {
    const cookie = await signedIn();
    await using rotated = await startGate({ vars: { ADMIN_SECRETS: [NEWER] } });
    expect(isForm(await open(cookie, rotated.port))).toBe(true);
  });
});

describe('without the form', () => {
  it('an admin secret as a bearer opens the page, and another bearer gets an error', async () => {
    expect((await open({ Authorization: `Bearer ${SECRET}` })).status).toBe(200);
    const answer = await open({ Authorization: 'Bearer something-else' });
    expect([answer.status, isForm(answer)]).toEqual([401, false]);
    expect(header(answer, 'postern-reason')).toBe('caller_not_authorized');
  });

  it('there is no page if no proof of an operator is configured', async () => {
    await using open = await startGate();
    expect((await get(open.port, PATH)).status).toBe(404);
  });

  it('there is no form if only Cloudflare Access lets in', async () => {
    await using behind = await startGate({
      vars: {
        ACCESS_TEAM_DOMAIN: 'https://team.cloudflareaccess.com',
        ACCESS_AUDIENCE: ['audience-tag'],
      },
    });
    const answer = await get(behind.port, PATH);
    expect([answer.status, isForm(answer)]).toEqual([401, false]);
    const form = await request(behind.port, { method: 'POST', target: PATH, headers: OWN_FORM });
    expect([form.status, header(form, 'allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('the figures', () => {
  it('are sums of all isolates: tiers, store calls, comparisons', async () => {
    await using fresh = await startGate({
      isolates: 2,
      vars: { ADMIN_SECRETS: [SECRET], VERIFY_SAMPLE: 1, VERIFY_MAX_PER_SECOND: 100 },
    });
    const { token, session } = await fresh.kratos.createSession();
    const ask = (port: number) => whoami(port, byToken(token));
    for (const { port } of fresh.gates) expect((await ask(port)).status).toBe(200);
    const calls = () => whoamiCalls(fresh.kratos);
    const before = await calls();
    expect((await ask(fresh.port)).status).toBe(200);
    await expect.poll(calls, GENEROUS).toBe(before + 1);
    await fresh.kratos.changeIdentity(session.identity.id, { metadata_public: { role: 'guest' } });
    expect((await ask(fresh.isolate(1).port)).status).toBe(200);
    await expect.poll(calls, GENEROUS).toBe(before + 2);
    const bearer = { Authorization: `Bearer ${SECRET}` };
    const page = async () => {
      // Each isolate reads the log behind a request once its copy is old, and its sums are due after ten seconds.
      await fresh.clock.advance(11_000);
      for (const { port } of fresh.gates) await get(port, '/sessions/whoami', byToken(token));
      return textOf(await get(fresh.port, PATH, bearer));
    };
    await expect
      .poll(page, GENEROUS)
      .toMatch(/last sums of 2 isolates.*The same [1-9].*Changed in the store 1 \(.*By isolate/);
  }, 30_000);
});

it('the age of the watermark is that of the log', async () => {
  const watermark = { ageMs: 1234, unbrokenForMs: 61_000 };
  const answer = { position: 1, marks: 2, isolates: [], watermark };
  await gate.setLogFaults({ status: { answer } });
  const page = await open({ Authorization: `Bearer ${SECRET}` });
  expect(textOf(page)).toMatch(/Age of the watermark.* 1\.2 s .* without a gap for 61 s/);
});

describe('a log that fails', () => {
  it('to keep sums is read all the same: sessions are served, and no failure is reported', async () => {
    await gate.setLogFaults({ readWithSums: 'throw' });
    const { token } = await gate.kratos.createSession();
    for (let passes = 0; passes < 3; passes += 1) {
      await gate.clock.advance(20_000);
      const answer = await whoami(gate.port, byToken(token));
      expect(answer.status).toBe(200);
    }
    await gate.kratos.control({ whoami: { status: 500, body: {} } });
    // A view that could not be read would not confirm the cached answer.
    expect((await whoami(gate.port, byToken(token))).status).toBe(200);
    const events = (await gate.logs()).map((line) => JSON.parse(line).event);
    expect(events).not.toContain('revocation-log-failure');
  });

  it('to answer leaves the figures of the isolate that answers, and says so', async () => {
    const garbled = [{}, null, 'x', { marks: 1, isolates: [{}] }, { marks: 1, isolates: 'x' }];
    const answers = garbled.map((answer) => ({ answer }));
    for (const status of ['throw', 'hang', ...answers] as const) {
      await gate.setLogFaults({ status });
      const page = await open({ Authorization: `Bearer ${SECRET}` });
      expect(page.status).toBe(200);
      expect(textOf(page)).toContain('The revocation log did not answer.');
    }
  });
});

it('says so if there is no log', async () => {
  await using without = await startGate({ vars: { ADMIN_SECRETS: [SECRET], REVOCATION: 'off' } });
  const page = await get(without.port, PATH, { Authorization: `Bearer ${SECRET}` });
  expect(page.status).toBe(200);
  expect(textOf(page)).toContain('There is no revocation log');
});

import { afterEach, describe, expect, it } from 'vitest';
import { readDecisions } from '../support/decision-lines.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, headerValues, type RawHeaders, request } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import {
  byCookie,
  byToken,
  cacheStatus,
  strangersToken,
  whoami,
  whoamiCalls,
} from './whoami-requests.ts';

/**
 * Kratos answers 401 to everybody while its database is down, and says so at `/health/ready` alone (recorded from
 * Kratos with PostgreSQL stopped). Its 401 is a refusal only while it says that it is ready.
 */

const NAVIGATION = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
const READY = 'GET /health/ready';
const VARS = {
  RULES: [{ path: '/either/*', session: 'optional' }],
  LOGIN_URL: 'https://auth.example.test/login',
  SESSION_API_PATH: '/auth',
  SELF_SERVICE: true,
};

const gate = await gateForAllTests({ vars: VARS });
afterEach(async () => {
  await gate.reset();
  // Past every finding and refusal that the test before left behind.
  await gate.clock.advance(30_000);
  expect(await gate.bugs()).toEqual([]);
  gate.clearLogs();
});

const strangersCookie = () => byCookie(`ory_kratos_session=${strangersToken()}`);
const readyCalls = async () => (await gate.kratos.calls()).counts[READY] ?? 0;
const told = (response: Awaited<ReturnType<typeof get>>) => [
  response.status,
  header(response, 'postern-reason'),
  headerValues(response, 'set-cookie'),
];
const UNKNOWN = [503, 'store_unavailable', []];

/** Answers of readiness that Kratos gives, or that something in front of it does. */
const readiness = (answer: object) => gate.kratos.control({ answers: { [READY]: answer } });

describe('while the store’s database is down', () => {
  it.each<[string, string, RawHeaders]>([
    ['whoami', '/sessions/whoami', {}],
    ['a program at the gate', '/page', {}],
    ['a navigation', '/page', NAVIGATION],
    ['an optional path', '/either/x', {}],
    ['a navigation to an optional path', '/either/x', NAVIGATION],
    ['whoami with no-cache', '/sessions/whoami', { 'Cache-Control': 'no-cache' }],
    ['whoami with no-store', '/sessions/whoami', { 'Cache-Control': 'no-store' }],
    ['whoami for a token', '/sessions/whoami?tokenize_as=plain', {}],
  ])(
    'C25: a valid session without a cache entry is 503, never signed out: %s',
    async (_, path, headers) => {
      const { cookie } = await gate.kratos.createSession();
      await gate.kratos.control({ databaseFailing: true });
      const answer = await get(gate.port, path, { ...byCookie(cookie), ...headers });
      expect(told(answer)).toEqual(UNKNOWN);
      expect(header(answer, 'retry-after')).toMatch(/^\d+$/);
      await gate.kratos.reset();
      await gate.clock.advance(1100);
      expect((await get(gate.port, path, { ...byCookie(cookie), ...headers })).status).toBe(200);
    },
  );

  it('C29: a session that all isolates cached is 503 for the whole outage', async () => {
    const { cookie } = await gate.kratos.createSession();
    expect((await whoami(gate.port, byCookie(cookie))).status).toBe(200);
    await gate.kratos.control({ databaseFailing: true });
    const seen: unknown[] = [];
    for (let seconds = 0; seconds < 600; seconds += 100) {
      await gate.clock.advance(100_000);
      seen.push(told(await get(gate.port, '/either/x', byCookie(cookie))));
    }
    const served = [200, undefined, []];
    expect(seen).toEqual([served, served, served, UNKNOWN, UNKNOWN, UNKNOWN]);
    await gate.kratos.reset();
    await gate.clock.advance(1100);
    expect((await whoami(gate.port, byCookie(cookie))).status).toBe(200);
  });

  // Recorded from Kratos with PostgreSQL stopped: these routes answer 401 to every request, like whoami.
  it.each([
    ['GET', '/sessions'],
    ['DELETE', '/sessions'],
    ['DELETE', '/sessions/00000000-0000-4000-8000-000000000000'],
    ['GET', '/self-service/settings/browser'],
    ['GET', '/self-service/settings/api'],
  ])(
    'O22: a session is never 401 to the session API, cached or not: %s %s',
    async (method, path) => {
      const call = (session: { cookie: string; token: string }) =>
        request(gate.port, {
          method,
          target: `/auth${path}`,
          headers: {
            ...(path.endsWith('/api') ? byToken(session.token) : byCookie(session.cookie)),
            Accept: 'application/json',
            Origin: 'https://app.example.test',
          },
        });
      const stranger = {
        cookie: `ory_kratos_session=${strangersToken()}`,
        token: strangersToken(),
      };
      for (const isWarm of [false, true]) {
        const session = await gate.kratos.createSession();
        if (isWarm) await whoami(gate.port, byCookie(session.cookie));
        await gate.kratos.control({
          databaseFailing: true,
          answers: { [`${method} ${path}`]: { status: 401, body: { error: { code: 401 } } } },
        });
        expect(told(await call(session))).toEqual(UNKNOWN);
        await gate.kratos.reset();
        await gate.clock.advance(2100);
        expect((await call(session)).status).toBeLessThan(300);
        expect((await call(stranger)).status).toBe(401);
        await gate.clock.advance(2100);
      }
    },
  );

  it('an unconfirmed refusal is not cached', async () => {
    const session = await gate.kratos.createSession();
    await gate.kratos.control({ databaseFailing: true });
    expect((await whoami(gate.port, byToken(session.token))).status).toBe(503);
    await gate.kratos.reset();
    await gate.clock.advance(1001);
    expect((await whoami(gate.port, byToken(session.token))).status).toBe(200);
  });

  it('an earlier refusal becomes 503 once the store reports that it is not ready', async () => {
    const token = strangersToken();
    expect((await whoami(gate.port, byToken(token))).status).toBe(401);
    await gate.kratos.control({ databaseFailing: true });
    await gate.clock.advance(2100);
    expect((await whoami(gate.port, byToken(strangersToken()))).status).toBe(503);
    expect((await whoami(gate.port, byToken(token))).status).toBe(503);
  });

  it('O20: a refusal from the last second of an outage signs no user out once the store is ready', async () => {
    const { cookie } = await gate.kratos.createSession();
    await gate.kratos.control({ databaseFailing: true });
    expect((await whoami(gate.port, byToken(strangersToken()))).status).toBe(503);
    const paths = ['/either/x', '/page', '/sessions/whoami'];
    const asked = paths.map((path) => get(gate.port, path, byCookie(cookie)));
    // All of them were refused by now, and wait until the store may be asked again whether it is ready.
    await expect.poll(() => whoamiCalls(gate.kratos)).toBeGreaterThan(1);
    await gate.kratos.control({ databaseFailing: false });
    await gate.clock.advance(1001);
    const answers = await Promise.all(asked);
    expect(answers.map(told)).toEqual(paths.map(() => [200, undefined, []]));
    expect(await readyCalls()).toBe(2);
  });

  it('the decision log has the reason', async () => {
    await gate.kratos.control({ databaseFailing: true });
    await get(gate.port, '/page', strangersCookie());
    expect((await readDecisions(gate)).at(-1)).toMatchObject({
      outcome: 'fault',
      reason: 'store_unavailable',
      fault: 'store-not-ready',
    });
  });
});

describe('a refusal of a store that is ready', () => {
  it('is accepted, with one call of whoami and one of readiness', async () => {
    expect((await whoami(gate.port, byToken(strangersToken()))).status).toBe(401);
    expect((await gate.kratos.calls()).counts).toEqual({ 'GET /sessions/whoami': 1, [READY]: 1 });
  });

  it('C27: a thousand unknown credentials at once cause one readiness call a second', async () => {
    const startedAt = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 1000 }, () => whoami(gate.port, byToken(strangersToken()))),
    );
    const seconds = Math.ceil((performance.now() - startedAt) / 1000);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(await whoamiCalls(gate.kratos)).toBe(1000);
    expect(await readyCalls()).toBeLessThanOrEqual(seconds);
  });

  it('C27: a thousand with cookies on an optional path, or during an outage, cause one too', async () => {
    for (const databaseFailing of [false, true]) {
      await gate.kratos.control({ databaseFailing });
      await gate.kratos.clearCalls();
      await gate.clock.advance(10_000);
      const startedAt = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 300 }, () => get(gate.port, '/either/x', strangersCookie())),
      );
      const seconds = Math.ceil((performance.now() - startedAt) / 1000);
      const status = databaseFailing ? 503 : 200;
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([status]));
      expect(await readyCalls()).toBeLessThanOrEqual(seconds);
    }
  });

  it('is accepted for two seconds on one readiness result, and not longer', async () => {
    await whoami(gate.port, byToken(strangersToken()));
    await gate.clock.advance(1500);
    await whoami(gate.port, byToken(strangersToken()));
    expect(await readyCalls()).toBe(1);
    await gate.clock.advance(600);
    await whoami(gate.port, byToken(strangersToken()));
    expect(await readyCalls()).toBe(2);
  });

  it('C26: clears a cookie only with a readiness result from after the refusal', async () => {
    const other = await gate.kratos.createSession();
    const first = await get(gate.port, '/either/x', strangersCookie());
    expect(headerValues(first, 'set-cookie')).toEqual([expect.stringContaining('Max-Age=0')]);
    expect(await readyCalls()).toBe(1);
    // The database goes down: an earlier readiness result does not apply to later refusals.
    await gate.kratos.control({ databaseFailing: true });
    const second = await get(gate.port, '/either/x', byCookie(other.cookie));
    expect(headerValues(second, 'set-cookie')).toEqual([]);
    expect(await readyCalls()).toBe(2);
  });

  it('C26: clears no cookie with a readiness result that was requested before the refusal', async () => {
    // The probe is sent for another request, and its answer arrives after the refusal of this one.
    await readiness({ status: 200, body: { status: 'ok' }, delayMs: 700 });
    const somebodyElse = whoami(gate.port, byToken(strangersToken()));
    await expect.poll(readyCalls).toBe(1);
    const { cookie } = await gate.kratos.createSession();
    await gate.kratos.control({
      databaseFailing: true,
      answers: { [READY]: { status: 503, delayMs: 0 } },
    });
    const answer = await get(gate.port, '/either/x', byCookie(cookie));
    expect(headerValues(answer, 'set-cookie')).toEqual([]);
    expect((await somebodyElse).status).toBe(401);
  });

  it('drops a cached session with a readiness result from after the refusal, and a second refusal', async () => {
    const { id, cookie } = await gate.kratos.createSession();
    await whoami(gate.port, byCookie(cookie));
    await whoami(gate.port, byToken(strangersToken())); // asks for readiness
    await gate.kratos.clearCalls();
    await gate.kratos.control({ databaseFailing: true });
    const insists = { ...byCookie(cookie), 'Cache-Control': 'no-cache' };
    expect((await whoami(gate.port, insists)).status).toBe(503);
    expect(await readyCalls()).toBe(1);
    await gate.kratos.reset();
    expect((await whoami(gate.port, byCookie(cookie))).status).toBe(200);
    await gate.kratos.revoke(id);
    await gate.clock.advance(1100);
    await gate.kratos.clearCalls();
    expect((await whoami(gate.port, insists)).status).toBe(401);
    expect((await gate.kratos.calls()).counts).toEqual({ 'GET /sessions/whoami': 2, [READY]: 1 });
  });
});

describe('a readiness answer', () => {
  it.each<[string, object]>([
    ['status 500', { status: 500 }],
    ['status 502 of a proxy', { status: 502, body: '<html>', contentType: 'text/html' }],
    ['status 503', { status: 503 }],
    ['status 504', { status: 504, body: '' }],
    ['status 429, which is no verdict', { status: 429, headers: { 'Retry-After': '9' } }],
  ])('C25: with %s counts as not ready: 503', async (_, answer) => {
    await readiness(answer);
    expect(told(await get(gate.port, '/either/x', strangersCookie()))).toEqual(UNKNOWN);
    expect((await whoami(gate.port, byToken(strangersToken()))).status).toBe(503);
  });

  it('C25: that does not arrive is waited for a second, and not longer', async () => {
    await readiness({ status: 200, body: { status: 'ok' }, delayMs: 9000 });
    const startedAt = performance.now();
    expect((await whoami(gate.port, byToken(strangersToken()))).status).toBe(503);
    const waitedMs = performance.now() - startedAt;
    expect(waitedMs).toBeGreaterThan(900);
    expect(waitedMs).toBeLessThan(6000);
    expect(await readyCalls()).toBe(1);
  });

  it.each<[string, object]>([
    ['401', { status: 401 }],
    ['403', { status: 403, body: 'blocked' }],
    ['404', { status: 404, body: '404 page not found', contentType: 'text/plain' }],
    ['a redirect', { status: 302, location: 'https://www.example.test/' }],
    ['a page with 200', { status: 200, body: '<html>', contentType: 'text/html' }],
  ])(
    'C28: by %s counts as unpublished: refusals are accepted, no cookie is cleared',
    async (_, answer) => {
      await readiness(answer);
      expect((await whoami(gate.port, byToken(strangersToken()))).status).toBe(401);
      const optional = await get(gate.port, '/either/x', strangersCookie());
      expect([optional.status, headerValues(optional, 'set-cookie')]).toEqual([200, []]);
      expect((await get(gate.port, '/page', { ...strangersCookie(), ...NAVIGATION })).status).toBe(
        302,
      );
    },
  );

  it('C28: that is unpublished lets a session that has ended be dropped', async () => {
    await readiness({ status: 404 });
    const { id, cookie } = await gate.kratos.createSession();
    await whoami(gate.port, byCookie(cookie));
    await gate.kratos.revoke(id);
    const insists = { ...byCookie(cookie), 'Cache-Control': 'no-cache' };
    expect((await whoami(gate.port, insists)).status).toBe(401);
    expect(cacheStatus(await whoami(gate.port, byCookie(cookie)))).toContain('; hit; ');
    const optional = await get(gate.port, '/either/x', byCookie(cookie));
    expect([optional.status, headerValues(optional, 'set-cookie')]).toEqual([200, []]);
  });
});

describe('a store that publishes no readiness', () => {
  it('C28: is logged once, and is visible in the gate’s own readiness', async () => {
    await using fresh = await startGate({ vars: VARS });
    await fresh.kratos.control({ answers: { [READY]: { status: 404 } } });
    for (let turn = 0; turn < 3; turn += 1) {
      expect((await whoami(fresh.port, byToken(strangersToken()))).status).toBe(401);
      await fresh.clock.advance(3000);
    }
    const lines = (await fresh.logs()).filter((line) => line.includes('store-readiness'));
    expect(lines).toHaveLength(1);
    const ready = await fetch(`${fresh.url}/.postern/health/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { status: 'ok', notes: { store: expect.stringContaining('/health/ready') } },
    ]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { header } from '../support/raw-http.ts';
import type { KratosHandle } from '../support/standin-control.ts';
import { unreliableStore } from './unreliable-store.ts';
import { byToken, cacheStatus, sessionIdOf, strangersToken, whoami } from './whoami-requests.ts';

/** The store fails in every way: cached sessions are served with a note, uncached ones get 503, never 401. */

const TIMEOUT_MS = 500;
const SERVED_SECONDS = 360;

const way = await forAllTests(unreliableStore());
const gate = await gateForAllTests({
  services: { kratos: 'http', origin: 'binding' },
  vars: { KRATOS_PUBLIC_URL: way.url, STORE_TIMEOUT_MS: TIMEOUT_MS },
});
way.leadTo(gate.kratos.port);
beforeEach(async () => {
  await way.fail('works');
  await gate.kratos.reset();
  await gate.clock.set(0);
  // The store's failure in the test before is over once it has answered.
  const { token } = await gate.kratos.createSession();
  await expect.poll(async () => (await whoami(gate.port, byToken(token))).status).toBe(200);
});
afterEach(async () => {
  expect(await gate.bugs()).toEqual([]);
});

type Control = Parameters<KratosHandle['control']>[0];

const FAULTS: [string, () => Promise<void>, string][] = [
  ['500', control({ whoami: { status: 500 } }), 'store-500'],
  [
    '502 of a proxy',
    control({ whoami: { status: 502, body: '<html>', contentType: 'text/html' } }),
    'store-502',
  ],
  ['503', control({ whoami: { status: 503 } }), 'store-503'],
  ['404', control({ whoami: { status: 404 } }), 'store-404'],
  ['429', control({ whoami: { status: 429, headers: { 'Retry-After': '7' } } }), 'store-429'],
  [
    'a redirect',
    control({ whoami: { status: 302, location: 'https://evil.example/' } }),
    'store-redirect',
  ],
  ['a foreign 401', control({ whoami: { status: 401, body: '<html>' } }), 'store-401-foreign'],
  ['a foreign 403', control({ whoami: { status: 403, body: 'blocked' } }), 'store-403-foreign'],
  ['a page with 200', control({ rawBody: '<html>', contentType: 'text/html' }), 'store-malformed'],
  ['an answer after the deadline', control({ delayMs: 2000 }), 'store-timeout'],
  ['a byte at a time', control({ dripMs: 50 }), 'store-timeout'],
  // The first of the two, on a busy machine.
  ['a body without end', control({ endlessBody: true }), 'store-(?:too-long|timeout)'],
  ['a connection reset', () => way.fail('resets'), 'store-unreachable'],
  ['silence', () => way.fail('silent'), 'store-timeout'],
  ['bytes that are not HTTP', () => way.fail('garbage'), 'store-unreachable'],
  ['a closed port', () => way.fail('stopped'), 'store-unreachable'],
];

function control(settings: Control): () => Promise<void> {
  return () => gate.kratos.control(settings);
}

/** A session that the gate has checked once. */
async function known() {
  const session = await gate.kratos.createSession();
  expect((await whoami(gate.port, byToken(session.token))).status).toBe(200);
  return session;
}

describe('C10, C19: the store answers', () => {
  it.each(FAULTS)('C10: %s', async (_, breakStore, detail) => {
    const { token, id } = await known();
    await breakStore();
    await gate.clock.set(61_000);
    const stale = await whoami(gate.port, byToken(token));
    expect(sessionIdOf(stale)).toBe(id);
    expect(cacheStatus(stale)).toMatch(
      new RegExp(`^postern; fwd=stale; ttl=-3[1-3]; detail=${detail}$`),
    );
    expect(header(stale, 'age')).toMatch(/^6[1-3]$/);

    const unknown = await whoami(gate.port, byToken(strangersToken()));
    expect([unknown.status, header(unknown, 'postern-reason')]).toEqual([503, 'store_unavailable']);
    expect(header(unknown, 'retry-after')).toBe(detail === 'store-429' ? '7' : '2');
    expect(cacheStatus(unknown)).toMatch(new RegExp(`^postern; fwd=miss; detail=${detail}$`));

    const insistent = await whoami(gate.port, { ...byToken(token), 'Cache-Control': 'no-cache' });
    expect(insistent.status).toBe(503);
    expect(sessionIdOf(await whoami(gate.port, byToken(token)))).toBe(id);
  });

  it.each(FAULTS)(
    'C10: %s about a cached session within FRESH_SECONDS has no effect',
    async (_, breakStore) => {
      const { token } = await known();
      await breakStore();
      expect(cacheStatus(await whoami(gate.port, byToken(token)))).toContain('; hit; ');
    },
  );
});

describe('C19: with the store stopped', () => {
  it('C19: cached sessions are served for the window, and not a second longer', async () => {
    const { token, id } = await known();
    await way.fail('stopped');
    for (const seconds of [31, 61, 120, 240, SERVED_SECONDS - 2]) {
      await gate.clock.set(seconds * 1000);
      const answer = await whoami(gate.port, byToken(token));
      expect([sessionIdOf(answer), seconds]).toEqual([id, seconds]);
      if (seconds > 60) expect(cacheStatus(answer)).toContain('fwd=stale');
    }
    await gate.clock.set(SERVED_SECONDS * 1000);
    const late = await whoami(gate.port, byToken(token));
    expect([late.status, header(late, 'retry-after')]).toEqual([503, '2']);
  });

  it('C19: cached sessions are not served after their expiry', async () => {
    const { token } = await gate.kratos.createSession({ expiresInSeconds: 100 });
    await whoami(gate.port, byToken(token));
    await way.fail('stopped');
    await gate.clock.set(99_000);
    expect((await whoami(gate.port, byToken(token))).status).toBe(200);
    await gate.clock.set(100_001);
    expect((await whoami(gate.port, byToken(token))).status).toBe(503);
  });

  it('only a request without a credential gets 401', async () => {
    const { token } = await known();
    await way.fail('stopped');
    await gate.clock.set(90_000);
    const tokens = [token, ...Array.from({ length: 30 }, strangersToken)];
    const answers = await Promise.all(tokens.map((each) => whoami(gate.port, byToken(each))));
    expect(answers.map(({ status }) => status)).toEqual([200, ...Array(30).fill(503)]);
    expect((await whoami(gate.port)).status).toBe(401);
  });

  it('a stale answer does not wait for the store’s deadline', async () => {
    const { token } = await known();
    await way.fail('silent');
    await gate.clock.set(61_000);
    await whoami(gate.port, byToken(token));
    const startedAt = performance.now();
    for (let turn = 0; turn < 10; turn += 1)
      expect((await whoami(gate.port, byToken(token))).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(5 * TIMEOUT_MS);
  });

  it('background checks call the store once a second, not once an answer', async () => {
    const { token } = await known();
    await way.fail('resets');
    await gate.clock.set(61_000);
    await whoami(gate.port, byToken(token));
    const before = way.connections();
    for (let turn = 0; turn < 20; turn += 1) await whoami(gate.port, byToken(token));
    expect(way.connections() - before).toBeLessThanOrEqual(2);
  });

  it('the store is not called for as long as it asked', async () => {
    const { token } = await known();
    await gate.kratos.control({ whoami: { status: 429, headers: { 'Retry-After': '20' } } });
    await gate.clock.set(61_000);
    await whoami(gate.port, byToken(token));
    await gate.kratos.clearCalls();
    for (const seconds of [65, 70, 78]) {
      await gate.clock.set(seconds * 1000);
      expect((await whoami(gate.port, byToken(token))).status).toBe(200);
    }
    expect((await gate.kratos.calls()).counts).toEqual({});
  });

  it('answers are fresh again after its recovery', async () => {
    const { token } = await known();
    await way.fail('stopped');
    await gate.clock.set(61_000);
    expect(cacheStatus(await whoami(gate.port, byToken(token)))).toContain('fwd=stale');
    await way.fail('works');
    await gate.clock.set(63_000);
    await expect
      .poll(async () => cacheStatus(await whoami(gate.port, byToken(token))))
      .toMatch(/^postern; hit; ttl=(29|30); detail=memory$/);
  });
});

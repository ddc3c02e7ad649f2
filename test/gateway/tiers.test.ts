import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { header } from '../support/raw-http.ts';
import {
  byToken,
  cacheStatus,
  SLOW_MS,
  sessionIdOf,
  strangersToken,
  whoami,
  whoamiCalls,
} from './whoami-requests.ts';

const gate = await gateForAllTests({ kv: 'faulty', isolates: 2 });
/** An isolate that shares only KV with the first. */
const second = gate.isolate(1).port;
afterEach(async () => {
  await gate.reset();
  await gate.clock.set(0);
  expect(await gate.bugs()).toEqual([]);
});

/** Creates a session, checks it once, and sets the clock so that the check began about this long ago. */
async function remembered(options = {}) {
  const session = await gate.kratos.createSession(options);
  const first = await whoami(gate.port, byToken(session.token));
  expect(first.status).toBe(200);
  await expect.poll(async () => (await gate.kv.entries()).length).toBeGreaterThan(0);
  await gate.kratos.clearCalls();
  return session;
}

const ask = (token: string, cacheControl?: string, port = gate.port) =>
  whoami(port, {
    ...byToken(token),
    ...(cacheControl !== undefined && { 'Cache-Control': cacheControl }),
  });
const calls = () => whoamiCalls(gate.kratos);

describe('the answer names its source', () => {
  it('for a miss, a hit in memory, and a hit in KV in another isolate', async () => {
    const { token, id } = await gate.kratos.createSession();
    const miss = await ask(token);
    expect(cacheStatus(miss)).toMatch(/^postern; fwd=miss; ttl=(29|30); detail=store$/);
    expect(header(miss, 'age')).toBeUndefined();
    await expect.poll(async () => (await gate.kv.entries()).length).toBeGreaterThan(0);
    await gate.clock.set(10_000);
    const memory = await ask(token);
    expect(cacheStatus(memory)).toMatch(/^postern; hit; ttl=(18|19|20); detail=memory$/);
    expect(header(memory, 'age')).toMatch(/^1[01]$/);
    await gate.kratos.control({ delayMs: SLOW_MS });
    const kv = await ask(token, undefined, second);
    expect(cacheStatus(kv)).toMatch(/^postern; hit; ttl=(18|19|20); detail=kv$/);
    expect(header(kv, 'age')).toMatch(/^1[01]$/);
    expect(cacheStatus(await ask(token, undefined, second))).toMatch(/; hit; .*detail=memory$/);
    expect([memory, kv].map(sessionIdOf)).toEqual([id, id]);
    expect([memory.text, kv.text]).toEqual([miss.text, miss.text]);
    expect(await calls()).toBe(2); // the second goes on behind KV's answer
  });

  it('only if a session was looked up', async () => {
    const answer = await whoami(gate.port);
    expect([answer.status, cacheStatus(answer), header(answer, 'age')]).toEqual([
      401,
      undefined,
      undefined,
    ]);
    expect(header(answer, 'postern-reason')).toBe('credential_missing');
  });
});

describe('freshness', () => {
  it('up to FRESH_SECONDS the store is not called', async () => {
    const { token } = await remembered();
    await gate.clock.set(29_000);
    expect(cacheStatus(await ask(token))).toMatch(/^postern; hit; ttl=[01]; detail=memory$/);
    expect(await calls()).toBe(0);
  });

  it('after that the answer is served and checked in the background, once', async () => {
    const { token } = await remembered();
    await gate.kratos.control({ delayMs: 200 });
    await gate.clock.set(31_000);
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(token)));
    for (const answer of answers)
      expect(cacheStatus(answer)).toMatch(/^postern; hit; ttl=-[12]; detail=memory$/);
    await expect.poll(calls).toBe(1);
    await expect
      .poll(async () => cacheStatus(await ask(token)))
      .toMatch(/ttl=(29|30); detail=memory$/);
    expect(await calls()).toBe(1);
  });

  it('the result of a background check is the next answer', async () => {
    const { token, id } = await remembered();
    await gate.kratos.revoke(id);
    await gate.clock.set(31_000);
    expect((await ask(token)).status).toBe(200);
    await expect.poll(async () => (await ask(token)).status).toBe(401);
  });

  it('after that the request waits for a check, and reports the stale entry', async () => {
    const { token } = await remembered();
    await gate.clock.set(61_000);
    expect(cacheStatus(await ask(token))).toMatch(
      /^postern; fwd=stale; ttl=(29|30); detail=store$/,
    );
    expect(await calls()).toBe(1);
  });

  it('an entry in KV is as old as its check, not as its reading', async () => {
    const { token } = await remembered();
    await gate.clock.set(61_000);
    await gate.kratos.control({ delayMs: SLOW_MS });
    expect(cacheStatus(await ask(token, undefined, second))).toMatch(
      /^postern; fwd=miss; .*store$/,
    );
    expect(await calls()).toBe(1);
  });
});

describe('Ory-Session-Cache-For', () => {
  it('shortens the lifetime of an answer', async () => {
    await gate.kratos.control({ cacheFor: 10 });
    const { token } = await remembered();
    expect(cacheStatus(await ask(token))).toMatch(/^postern; hit; ttl=(9|10); detail=memory$/);
    await gate.clock.set(10_000);
    expect(cacheStatus(await ask(token))).toMatch(/^postern; fwd=stale; /);
    expect(await calls()).toBe(1);
  });

  it('reaches the client reduced by the age', async () => {
    await gate.kratos.control({ cacheFor: 300 });
    const { token } = await remembered();
    await gate.clock.set(20_500);
    expect(header(await ask(token), 'ory-session-cache-for')).toMatch(/^(279|280)$/);
  });

  it('of 0 prevents all caching', async () => {
    await gate.kratos.control({ cacheFor: 0 });
    const { token } = await gate.kratos.createSession();
    for (let turn = 1; turn <= 3; turn += 1) {
      expect(cacheStatus(await ask(token))).toMatch(
        /^postern; fwd=miss; ttl=(0|-1); detail=store$/,
      );
      expect(await calls()).toBe(turn);
    }
    const operations = (await gate.kv.calls()).map(({ operation }) => operation);
    expect(operations.filter((operation) => operation !== 'get')).toEqual([]);
  });

  it('of 0 also drops the earlier entry', async () => {
    const { token } = await remembered();
    await gate.kratos.control({ cacheFor: 0 });
    await ask(token, 'no-cache');
    expect(cacheStatus(await ask(token))).toContain('fwd=miss');
  });
});

describe('a request’s Cache-Control', () => {
  it.each(['no-cache', 'max-age=0', 'No-Cache', 'foo, max-age="0"', 'max-age=x'])(
    '%s calls the store, and caches the answer',
    async (directive) => {
      const { token } = await remembered();
      const answer = await ask(token, directive);
      expect(cacheStatus(answer)).toMatch(/^postern; fwd=request; ttl=(29|30); detail=store$/);
      expect(await calls()).toBe(1);
      expect(cacheStatus(await ask(token))).toContain('hit');
    },
  );

  it('max-age=N accepts an answer up to that age', async () => {
    const { token } = await remembered();
    await gate.clock.set(10_000);
    expect(cacheStatus(await ask(token, 'max-age=15'))).toContain('hit');
    expect(await calls()).toBe(0);
    expect(cacheStatus(await ask(token, 'max-age=5'))).toContain('fwd=request');
    expect(await calls()).toBe(1);
  });

  it('max-age=N applies to KV too', async () => {
    const { token } = await remembered();
    await gate.clock.set(10_000);
    expect(cacheStatus(await ask(token, 'max-age=5', second))).toContain('fwd=');
    expect(await calls()).toBe(1);
  });

  it('max-age does not extend any lifetime', async () => {
    const { token } = await remembered();
    await gate.clock.set(61_000);
    expect(cacheStatus(await ask(token, 'max-age=99999'))).toContain('fwd=');
    expect(await calls()).toBe(1);
  });

  it('no-store is answered by the store alone and leaves the cache unchanged', async () => {
    const { token } = await gate.kratos.createSession();
    expect(cacheStatus(await ask(token, 'no-store'))).toBe('postern; fwd=bypass; detail=store');
    expect(await gate.kv.calls()).toEqual([]);
    expect(cacheStatus(await ask(token))).toContain('fwd=miss');
  });

  it('no-store with a negative answer drops the entry', async () => {
    const { token, id } = await remembered();
    await gate.kratos.revoke(id);
    expect((await ask(token)).status).toBe(200);
    expect((await ask(token, 'no-store')).status).toBe(401);
    expect((await ask(token)).status).toBe(401);
  });

  it('only-if-cached makes no call', async () => {
    const { token } = await gate.kratos.createSession();
    const none = await ask(token, 'only-if-cached');
    expect([none.status, header(none, 'postern-reason')]).toEqual([504, 'not_cached']);
    expect(await calls()).toBe(0);
    await ask(token);
    expect((await ask(token, 'only-if-cached')).status).toBe(200);
    expect((await ask(token, 'only-if-cached', second)).status).toBe(200); // from KV
    expect((await ask(token, 'only-if-cached, no-cache')).status).toBe(504);
    expect(await calls()).toBe(1);
  });

  it('no-cache is honoured for a negative answer too, once a second', async () => {
    const token = strangersToken();
    await ask(token);
    expect(cacheStatus(await ask(token))).toBe('postern; hit; detail=memory');
    expect(cacheStatus(await ask(token, 'no-cache'))).toBe('postern; hit; detail=memory');
    await gate.clock.advance(1100);
    expect(cacheStatus(await ask(token, 'no-cache'))).toBe('postern; fwd=miss; detail=store');
    expect(await calls()).toBe(2);
  });
});

describe('a sudden 401', () => {
  it('is not accepted while the store reports that it is not ready', async () => {
    const { token, id } = await remembered();
    await gate.kratos.control({ databaseFailing: true });
    await gate.clock.set(61_000);
    const answer = await ask(token);
    expect(sessionIdOf(answer)).toBe(id);
    expect(cacheStatus(answer)).toMatch(/^postern; fwd=stale; ttl=-3[12]; detail=store-not-ready$/);
    expect(header(answer, 'age')).toMatch(/^6[12]$/);
    expect((await gate.kratos.calls()).counts['GET /health/ready']).toBe(1);
    await gate.kratos.reset();
    await gate.clock.advance(1100);
    await expect.poll(async () => cacheStatus(await ask(token))).toContain('; hit; ');
  });

  it('is not accepted for repeated no-cache requests either: 503, never 401', async () => {
    const { token } = await remembered();
    await gate.kratos.control({ databaseFailing: true });
    for (const directive of ['no-cache', 'no-store']) {
      const answer = await ask(token, directive);
      expect([answer.status, header(answer, 'retry-after')]).toEqual([503, '2']);
      expect(cacheStatus(answer)).toContain('detail=store-not-ready');
    }
    expect((await ask(token)).status).toBe(200);
  });

  it('is accepted at the second check if the store is ready', async () => {
    const { token, id } = await remembered();
    await gate.kratos.revoke(id);
    expect((await ask(token, 'no-cache')).status).toBe(401);
    expect((await gate.kratos.calls()).counts).toEqual({
      'GET /sessions/whoami': 2,
      'GET /health/ready': 1,
    });
    expect(cacheStatus(await ask(token))).toBe('postern; hit; detail=memory');
  });
});

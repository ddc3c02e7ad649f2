import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { composeRequest, openAndReset } from '../support/raw-http.ts';
import {
  byCookie,
  byToken,
  cacheStatus,
  sessionIdOf,
  strangersToken,
  whoami,
  whoamiCalls,
} from './whoami-requests.ts';

/** Many at once, and clients that go away. */

const gate = await gateForAllTests({ kv: 'faulty' });
afterEach(async () => {
  await gate.reset();
  expect(await gate.bugs()).toEqual([]);
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const requestOf = (token: string) =>
  composeRequest({ target: '/sessions/whoami', headers: byToken(token) });
const manyOf = (token: string, count: number) =>
  Array.from({ length: count }, () => whoami(gate.port, byToken(token), { timeoutMs: 10_000 }));

describe('a hundred first requests with one credential', () => {
  it('make one call, and all but one report that they joined', async () => {
    const { token, id } = await gate.kratos.createSession();
    await gate.kratos.control({ delayMs: 500 });
    const answers = await Promise.all(manyOf(token, 100));
    expect(answers.map(sessionIdOf)).toEqual(Array(100).fill(id));
    expect(await whoamiCalls(gate.kratos)).toBe(1);
    const collapsed = answers.filter((answer) =>
      /^postern; fwd=miss; ttl=\d+; collapsed; detail=store$/.test(cacheStatus(answer) ?? ''),
    );
    expect(collapsed).toHaveLength(99);
  });

  it('make one call for a negative answer', async () => {
    const token = strangersToken();
    await gate.kratos.control({ delayMs: 300 });
    const answers = await Promise.all(manyOf(token, 50));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(await whoamiCalls(gate.kratos)).toBe(1);
  });

  it('make one call for a missing answer', async () => {
    const { token } = await gate.kratos.createSession();
    await gate.kratos.control({ delayMs: 300, whoami: { status: 503 } });
    const answers = await Promise.all(manyOf(token, 50));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(await whoamiCalls(gate.kratos)).toBe(1);
  });

  it('with no-cache make at most one call after the running one', async () => {
    const { token } = await gate.kratos.createSession();
    await gate.kratos.control({ delayMs: 300 });
    const first = whoami(gate.port, byToken(token));
    await pause(100);
    const headers = { ...byToken(token), 'Cache-Control': 'no-cache' };
    const others = Array.from({ length: 50 }, () => whoami(gate.port, headers));
    const answers = await Promise.all([first, ...others]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await whoamiCalls(gate.kratos)).toBe(2);
  });

  it('I2: of a hundred credentials make a hundred calls, and each gets its own answer', async () => {
    const sessions = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        gate.kratos.createSession({ traits: { email: `p${index}@example.com` } }),
      ),
    );
    await gate.kratos.control({ delayMs: 100 });
    const asked = [...sessions, ...sessions, ...sessions];
    const answers = await Promise.all(asked.map(({ token }) => whoami(gate.port, byToken(token))));
    expect(answers.map(sessionIdOf)).toEqual(asked.map(({ id }) => id));
    expect(await whoamiCalls(gate.kratos)).toBe(sessions.length);
  });
});

describe('a client that resets its connection', () => {
  it('I1: first of a hundred: does not fail or hang the others, nor any later request', async () => {
    const { token, id } = await gate.kratos.createSession();
    await gate.kratos.control({ delayMs: 800 });
    const gone = openAndReset(gate.port, requestOf(token), 200);
    await pause(100);
    const others = manyOf(token, 99);
    await gone;
    const answers = await Promise.all(others);
    expect(answers.map(sessionIdOf)).toEqual(Array(99).fill(id));
    expect(await whoamiCalls(gate.kratos)).toBe(1);
    await gate.kratos.reset();
    expect(cacheStatus(await whoami(gate.port, byToken(token)))).toContain('; hit; ');
  });

  it('alone: its check completes and is cached all the same', async () => {
    const { token } = await gate.kratos.createSession();
    await gate.kratos.control({ delayMs: 300 });
    await openAndReset(gate.port, requestOf(token), 100);
    await pause(400);
    expect(cacheStatus(await whoami(gate.port, byToken(token)))).toContain('; hit; ');
    expect(await whoamiCalls(gate.kratos)).toBe(1);
  });

  it('I1: every one of many: leaves no state on which a later request hangs', async () => {
    const { token, id } = await gate.kratos.createSession();
    await gate.kratos.control({ delayMs: 400 });
    const wire = requestOf(token);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => openAndReset(gate.port, wire, 50 + index * 10)),
    );
    const late = await Promise.all(manyOf(token, 10));
    expect(late.map(sessionIdOf)).toEqual(Array(10).fill(id));
    expect(await whoamiCalls(gate.kratos)).toBe(1);
  });

  it('while KV is being read: the next client gets its answer', async () => {
    const { token, id } = await gate.kratos.createSession();
    await gate.kv.setMode({ get: 'hang' });
    const gone = openAndReset(gate.port, requestOf(token), 30);
    const others = manyOf(token, 10);
    await gone;
    expect((await Promise.all(others)).map(sessionIdOf)).toEqual(Array(10).fill(id));
  });

  it('during a background check: the check completes', async () => {
    const { token, id } = await gate.kratos.createSession();
    await whoami(gate.port, byToken(token));
    await gate.clock.set(31_000);
    await gate.kratos.clearCalls();
    await gate.kratos.control({ delayMs: 300 });
    await openAndReset(gate.port, requestOf(token), 50);
    await expect
      .poll(async () => cacheStatus(await whoami(gate.port, byToken(token))))
      .toMatch(/ttl=(29|30); /);
    expect(sessionIdOf(await whoami(gate.port, byToken(token)))).toBe(id);
    await gate.clock.set(0);
  });
});

describe('the upstream calls of one request', () => {
  it('D2: are at most three for three cookies, and zero for more', async () => {
    const cookies = (count: number) =>
      Array.from({ length: count }, () => `ory_kratos_session=${strangersToken()}`).join('; ');
    await whoami(gate.port, byCookie(cookies(3)));
    expect(await whoamiCalls(gate.kratos)).toBe(3);
    await whoami(gate.port, byCookie(cookies(400)));
    expect(await whoamiCalls(gate.kratos)).toBe(3);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { startGate } from '../support/start-gate.ts';
import { byToken, whoami, whoamiCalls } from './whoami-requests.ts';

const gate = await gateForAllTests({ kv: 'faulty', isolates: 2, location: 'cache' });
/** An isolate that shares the location's cache and KV with the first. */
const second = gate.isolate(1).port;
afterEach(async () => {
  await gate.kratos.clearCalls();
  await gate.kv.clearCalls();
  await gate.clock.set(0);
});

const ask = (token: string, cacheControl?: string, port = gate.port) =>
  whoami(port, {
    ...byToken(token),
    ...(cacheControl !== undefined && { 'Cache-Control': cacheControl }),
  });
const calls = () => whoamiCalls(gate.kratos);

describe('KV writes', () => {
  const puts = async () =>
    (await gate.kv.calls()).filter(({ operation }) => operation === 'put').length;

  it('an unchanged session is written once per KV_WRITE_INTERVAL_SECONDS', async () => {
    const { token } = await gate.kratos.createSession();
    await ask(token);
    await expect.poll(puts).toBe(1);
    for (const seconds of [40, 80, 120, 160, 200, 240, 280]) {
      await gate.clock.set(seconds * 1000);
      await ask(token, 'no-cache');
    }
    expect([await puts(), await calls()]).toEqual([1, 8]);
    await gate.clock.set(361_000);
    await ask(token, 'no-cache');
    await expect.poll(puts).toBe(2);
  });

  it('is made once for all isolates of a location', async () => {
    const { token } = await gate.kratos.createSession();
    await ask(token);
    await expect.poll(puts).toBe(1);
    await gate.clock.set(100_000);
    await ask(token, undefined, second);
    await gate.clock.set(200_000);
    await ask(token, 'no-cache', second);
    await ask(token, 'no-cache');
    expect([await puts(), await calls()]).toEqual([1, 4]);
  });

  it('D3: hits cause no writes', async () => {
    const { token } = await gate.kratos.createSession();
    await ask(token);
    await expect.poll(puts).toBe(1);
    for (let turn = 0; turn < 20; turn += 1) await ask(token);
    for (let turn = 0; turn < 20; turn += 1) await ask(token, undefined, second);
    expect(await puts()).toBe(1);
  });

  it('an entry expires when it is no longer useful', async () => {
    const { token } = await gate.kratos.createSession();
    await ask(token);
    await expect.poll(puts).toBe(1);
    const [put] = (await gate.kv.calls()).filter(({ operation }) => operation === 'put');
    expect(put?.options).toEqual({ expirationTtl: 360 });
    const short = await gate.kratos.createSession({ expiresInSeconds: 70 });
    await ask(short.token);
    await expect.poll(puts).toBe(2);
    const ttl = (await gate.kv.calls()).filter(({ operation }) => operation === 'put')[1]?.options;
    expect(ttl).toEqual({ expirationTtl: expect.toSatisfy((seconds: number) => seconds <= 70) });
  });
});

it('by default a session is written after ten minutes in use in the location, once', async () => {
  await using fresh = await startGate({
    kv: 'faulty',
    isolates: 2,
    location: 'cache',
    vars: { KV_WRITE_AFTER_SECONDS: undefined },
  });
  const puts = async () =>
    (await fresh.kv.calls()).filter(({ operation }) => operation === 'put').length;
  const { token } = await fresh.kratos.createSession();
  const check = async (seconds: number, isolate: number) => {
    await fresh.clock.set(seconds * 1000);
    await whoami(fresh.isolate(isolate).port, { ...byToken(token), 'Cache-Control': 'max-age=1' });
    await fresh.kratos.calls(); // a turn in which work behind the answer can go on
  };
  for (const [seconds, isolate] of [
    [0, 0],
    [200, 1],
    [400, 0],
    [590, 1],
  ] as const)
    await check(seconds, isolate);
  expect(await puts()).toBe(0);
  await check(610, 0);
  await expect.poll(puts).toBe(1);
  await check(620, 1);
  await check(700, 0);
  await check(950, 1);
  expect(await puts()).toBe(1);
  await check(980, 0);
  await expect.poll(puts).toBe(2);
});

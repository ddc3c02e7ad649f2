import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { byToken, whoami, whoamiCalls } from './whoami-requests.ts';

const gate = await gateForAllTests({ kv: 'faulty', isolates: 2 });
/** An isolate that shares only KV with the first. */
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
    await gate.clock.set(301_000);
    await ask(token, 'no-cache');
    await expect.poll(puts).toBe(2);
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

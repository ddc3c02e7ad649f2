import { afterEach, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import {
  byToken,
  cacheStatus,
  SLOW_MS,
  sessionIdOf,
  whoami,
  whoamiCalls,
} from './whoami-requests.ts';

/** Two isolates in one data centre, and one in another. KV's replication between them is done by the test. */
const near = await gateForAllTests({ kv: 'faulty', isolates: 2, location: 'cache', log: 'faulty' });
const far = await gateForAllTests({
  kv: 'faulty',
  location: 'cache',
  log: { url: near.logUrl ?? '' },
});
afterEach(async () => {
  await near.reset();
  await far.reset();
  for (const gate of [near, far]) await gate.clock.set(0);
});

async function replicateKv(): Promise<void> {
  for (const { name, value } of await near.kv.entries()) await far.kv.put(name, value);
}

it('a session is a location hit in the other isolate, and a KV hit in the other data centre', async () => {
  const { token, id } = await near.kratos.createSession();
  expect(cacheStatus(await whoami(near.port, byToken(token)))).toContain('fwd=miss');
  await expect.poll(async () => (await near.kv.entries()).length).toBe(1);
  const second = near.isolate(1).port;
  const beside = await whoami(second, byToken(token));
  expect(cacheStatus(beside)).toMatch(/^postern; hit; ttl=(2\d|30); detail=location$/);
  expect(cacheStatus(await whoami(second, byToken(token)))).toContain('detail=memory');
  await replicateKv();
  await far.kratos.control({ delayMs: SLOW_MS });
  const away = await whoami(far.port, byToken(token));
  expect(cacheStatus(away)).toMatch(/^postern; hit; ttl=(2\d|30); detail=kv$/);
  expect([sessionIdOf(beside), sessionIdOf(away)]).toEqual([id, id]);
  expect([await whoamiCalls(near.kratos), await whoamiCalls(far.kratos)]).toEqual([1, 1]);
});

it('an entry of the location is as old as its check, not as its reading', async () => {
  const { token } = await near.kratos.createSession();
  await whoami(near.port, byToken(token));
  await near.clock.set(61_000);
  const answer = await whoami(near.isolate(1).port, byToken(token));
  expect(cacheStatus(answer)).toMatch(/^postern; fwd=stale; /);
});

it('a sign-out through one isolate is seen in the other, although its entry is in the cache', async () => {
  const { token, id } = await near.kratos.createSession();
  for (const { port } of near.gates) await whoami(port, byToken(token));
  await near.kratos.revoke(id);
  const fresh = { ...byToken(token), 'Cache-Control': 'no-cache' };
  expect((await whoami(near.port, fresh)).status).toBe(401);
  expect((await whoami(near.port, byToken(token))).status).toBe(401);
});

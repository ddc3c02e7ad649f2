import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { byToken, whoami } from './whoami-requests.ts';

/** Rows of the cache that are about sessions which are no more. Orders of arrival: test/sessions/session-memory.test.ts. */

const FRESH = { 'Cache-Control': 'no-cache' };

const gate = await gateForAllTests({ kv: 'faulty', isolates: 2 });
afterEach(async () => {
  await gate.reset();
  await gate.clock.set(0);
});

/** Creates a session and has the gate cache it, in KV too. */
async function signIn() {
  const session = await gate.kratos.createSession();
  expect((await whoami(gate.port, byToken(session.token))).status).toBe(200);
  await expect.poll(async () => (await puts()).length).toBeGreaterThan(0);
  return session;
}

async function puts() {
  return (await gate.kv.calls()).filter(({ operation }) => operation === 'put');
}

// Marks come with the revocation log; without one, freshness alone is the bound.
it('C8: a revoked session is served no longer than FRESH + STALE_WHILE_REVALIDATE, even with stale KV', async () => {
  const { token, id } = await signIn();
  await gate.kv.setMode({ staleSeconds: 60 });
  await gate.kratos.revoke(id);
  await gate.clock.advance(60_000);
  for (const { port } of gate.gates) expect((await whoami(port, byToken(token))).status).toBe(401);
});

describe('C9: a revoked session is not served again', () => {
  it('C9: from KV, which still shows the deleted entry', async () => {
    const { token, id } = await signIn();
    await gate.kratos.revoke(id);
    expect((await whoami(gate.port, { ...byToken(token), ...FRESH })).status).toBe(401);
    await gate.kv.setMode({ staleSeconds: 60 });
    for (const seconds of [1, 6, 20]) {
      await gate.clock.set(seconds * 1000);
      const answer = await whoami(gate.port, byToken(token));
      expect([answer.status, seconds]).toEqual([401, seconds]);
    }
  });

  it('C9: from a check that was running during the revocation', async () => {
    const { token, id } = await gate.kratos.createSession();
    await gate.kratos.control({ delayMs: 400 });
    const early = whoami(gate.port, byToken(token));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await gate.kratos.revoke(id);
    expect((await early).status).toBe(401);
    expect((await whoami(gate.port, byToken(token))).status).toBe(401);
    expect(await puts()).toEqual([]);
  });
});

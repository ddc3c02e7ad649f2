import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { headerValues } from '../support/raw-http.ts';
import {
  byCookie,
  cacheStatus,
  SLOW_MS,
  sessionIdOf,
  strangersToken,
  whoami,
  whoamiCalls,
} from './whoami-requests.ts';

/** Kratos renews a cookie when the session has been extended: the new one goes to whom it was made for. */

const gate = await gateForAllTests({ kv: 'faulty', isolates: 2 });
afterEach(async () => {
  await gate.reset();
  await gate.clock.set(0);
});

const ask = (cookie: string, port = gate.port) => whoami(port, byCookie(cookie));
const renewed = (answer: Awaited<ReturnType<typeof ask>>) =>
  headerValues(answer, 'set-cookie').length;

async function extend(id: string) {
  const response = await fetch(`${gate.kratos.url}/admin/sessions/${id}/extend`, {
    method: 'PATCH',
  });
  expect(response.status).toBe(200);
}

describe('a renewed cookie', () => {
  it('goes to the request that caused it, as Kratos wrote it', async () => {
    const { cookie, id } = await gate.kratos.createSession({ expiresInSeconds: 3600 });
    await extend(id);
    const answer = await ask(cookie);
    const [setCookie = ''] = headerValues(answer, 'set-cookie');
    expect(setCookie).toMatch(
      /^ory_kratos_session=[\w-]+={1,2}; Path=\/; Expires=.*; Max-Age=\d+; HttpOnly; SameSite=Lax$/,
    );
    const [pair = ''] = setCookie.split(';');
    expect(pair).not.toBe(cookie);
    expect(sessionIdOf(await ask(pair))).toBe(id);
  });

  it('is absent from answers from memory or KV', async () => {
    const { cookie, id } = await gate.kratos.createSession({ expiresInSeconds: 3600 });
    await extend(id);
    expect(renewed(await ask(cookie))).toBe(1);
    await expect.poll(async () => (await gate.kv.entries()).length).toBeGreaterThan(0);
    const [, second] = gate.gates;
    await gate.kratos.control({ delayMs: SLOW_MS });
    for (const port of [gate.port, second?.port ?? 0]) {
      const hit = await ask(cookie, port);
      expect([cacheStatus(hit)?.includes('hit'), renewed(hit)]).toEqual([true, 0]);
    }
  });

  it('goes to one of several concurrent requests', async () => {
    const { cookie, id } = await gate.kratos.createSession({ expiresInSeconds: 3600 });
    await extend(id);
    await gate.kratos.control({ delayMs: 200 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(cookie)));
    expect(answers.map(renewed).sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    const [caused] = answers.filter((answer) => renewed(answer) === 1);
    expect(cacheStatus(caused ?? answers[0] ?? expect.fail())).not.toContain('collapsed');
  });

  it('from a background check is delivered: the next request waits for a check and gets one', async () => {
    const { cookie, id } = await gate.kratos.createSession({ expiresInSeconds: 3600 });
    expect(renewed(await ask(cookie))).toBe(0);
    await extend(id);
    await gate.clock.set(31_000);
    await gate.kratos.clearCalls();
    const served = await ask(cookie);
    expect([cacheStatus(served)?.includes('hit'), renewed(served)]).toEqual([true, 0]);
    await expect.poll(() => whoamiCalls(gate.kratos)).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100)); // the check behind is remembered
    const owed = await ask(cookie);
    expect([cacheStatus(owed)?.includes('fwd=stale'), renewed(owed)]).toEqual([true, 1]);
    const after = await ask(cookie);
    expect([cacheStatus(after)?.includes('hit'), renewed(after)]).toEqual([true, 0]);
  });

  it('that is still undelivered refuses no request while the store fails', async () => {
    const { cookie, id } = await gate.kratos.createSession({ expiresInSeconds: 3600 });
    await ask(cookie);
    await extend(id);
    await gate.clock.set(31_000);
    await gate.kratos.clearCalls();
    await ask(cookie);
    await expect.poll(() => whoamiCalls(gate.kratos)).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await gate.kratos.control({ whoami: { status: 503 } });
    const answer = await ask(cookie);
    expect(sessionIdOf(answer)).toBe(id);
    expect(cacheStatus(answer)).toMatch(/^postern; fwd=stale; .*detail=store-503$/);
  });
});

describe('several cookies of the session’s name', () => {
  it('of one identity: the first one’s session, and each has its own entry', async () => {
    const traits = { email: 'two@example.com' };
    const one = await gate.kratos.createSession({ traits });
    const two = await gate.kratos.createSession({ identityId: one.session.identity.id });
    const both = `${one.cookie}; ${two.cookie}`;
    expect(sessionIdOf(await ask(both))).toBe(one.id);
    expect(sessionIdOf(await ask(`${two.cookie}; ${one.cookie}`))).toBe(two.id);
    expect(await whoamiCalls(gate.kratos)).toBe(2);
  });

  it('of two identities: refused, from memory as from the store', async () => {
    const one = await gate.kratos.createSession({ traits: { email: 'one@example.com' } });
    const two = await gate.kratos.createSession({ traits: { email: 'two@example.com' } });
    for (let turn = 0; turn < 2; turn += 1)
      expect((await ask(`${one.cookie}; ${two.cookie}`)).status).toBe(401);
    expect(await whoamiCalls(gate.kratos)).toBe(2);
    expect(sessionIdOf(await ask(one.cookie))).toBe(one.id);
  });

  it('with a dead one: the valid one, in either order', async () => {
    const good = await gate.kratos.createSession();
    const dead = await gate.kratos.createSession();
    await gate.kratos.revoke(dead.id);
    for (const both of [`${dead.cookie}; ${good.cookie}`, `${good.cookie}; ${dead.cookie}`])
      expect(sessionIdOf(await ask(both))).toBe(good.id);
  });

  it('with an unknown one: a fault', async () => {
    const good = await gate.kratos.createSession();
    await ask(good.cookie);
    await gate.kratos.control({ whoami: { status: 503 } });
    const both = `${good.cookie}; ory_kratos_session=${strangersToken()}`;
    expect((await ask(both)).status).toBe(503);
    expect(sessionIdOf(await ask(good.cookie))).toBe(good.id);
  });

  it('with a fourth: refused, without a call', async () => {
    const sessions = await Promise.all(
      Array.from({ length: 4 }, () => gate.kratos.createSession()),
    );
    const answer = await ask(sessions.map(({ cookie }) => cookie).join('; '));
    expect([answer.status, await whoamiCalls(gate.kratos)]).toEqual([401, 0]);
  });
});

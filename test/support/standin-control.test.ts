import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROBE_GATE } from './inline-workers.ts';
import { get } from './raw-http.ts';
import { type RunningGate, startGate } from './start-gate.ts';

describe('the stand-ins around a gate', () => {
  let gate: RunningGate;

  beforeAll(async () => {
    gate = await startGate({ gateScript: PROBE_GATE });
  });
  afterAll(() => gate.dispose());

  const whoami = async (headers: Record<string, string>) =>
    (await get(gate.kratos.port, '/sessions/whoami', headers)).status;

  it('know a session until it is revoked', async () => {
    const { id, token, cookie, session } = await gate.kratos.createSession({ traits: { a: 1 } });
    expect(session.id).toBe(id);
    expect(session.identity).toMatchObject({ traits: { a: 1 } });
    expect(await whoami({ 'X-Session-Token': token })).toBe(200);
    expect(await whoami({ Cookie: cookie })).toBe(200);
    expect(await whoami({ Cookie: await gate.kratos.issueCookie(id) })).toBe(200);
    await gate.kratos.revoke(id);
    expect(await whoami({ 'X-Session-Token': token })).toBe(401);
  });

  it('forget a session of a disabled identity', async () => {
    const { token, session } = await gate.kratos.createSession({ traits: { b: 1 } });
    await gate.kratos.changeIdentity(session.identity.id, { state: 'inactive' });
    expect(await whoami({ 'X-Session-Token': token })).toBe(401);
  });

  it('follow the movable clock', async () => {
    const { token } = await gate.kratos.createSession({ expiresInSeconds: 100 });
    await gate.clock.advance(101_000);
    expect(await whoami({ 'X-Session-Token': token })).toBe(401);
    await gate.clock.set(0);
  });

  it('behave as configured until reset', async () => {
    await gate.kratos.control({ whoami: { status: 503 } });
    expect(await whoami({})).toBe(503);
    await gate.kratos.reset();
    expect(await whoami({})).toBe(401);
    await expect(gate.kratos.control({ delayMs: -1 })).rejects.toThrow('answered 400');
  });

  it('record the calls of the gate', async () => {
    await gate.kratos.clearCalls();
    await get(gate.port, '/kratos');
    await get(gate.port, '/origin');
    expect((await gate.kratos.calls()).counts).toEqual({ 'GET /k': 1 });
    expect((await gate.origin.calls()).requests).toMatchObject([
      { method: 'GET', url: 'https://origin.example.test/o' },
    ]);
    await gate.origin.clearCalls();
    expect((await gate.origin.calls()).requests).toEqual([]);
  });
});

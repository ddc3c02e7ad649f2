import { beforeEach, describe, expect, it } from 'vitest';
import { createEventSigner } from '../support/event-signer.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';

const ISSUER = 'https://issuer.example.test/';
const API_KEY = 'a-key-for-senders-that-cannot-sign';

const signer = await createEventSigner('k1');
const issuer = {
  issuer: ISSUER,
  preset: 'kratos',
  audience: 'site',
  algorithms: ['ES256'],
  keys: [signer.publicJwk],
};
const gate = await gateForAllTests({
  durableObjects: {},
  // A Worker that is no log: every call to it fails.
  bindings: { REVOCATIONS: { type: 'worker', worker: 'kratos' } },
  vars: {
    ISSUERS: JSON.stringify([issuer]),
    WEBHOOK_API_KEYS: [API_KEY],
    RULES: [{ path: '/strict', session: 'required', freshness: 'strict' }],
  },
});
beforeEach(() => gate.kratos.reset());

async function get(path: string, headers: Record<string, string>) {
  const response = await fetch(`${gate.url}${path}`, { headers });
  await response.arrayBuffer();
  return [response.status, response.headers.get('cache-status') ?? ''] as const;
}

const whoami = (token: string) => get('/sessions/whoami', { 'X-Session-Token': token });

describe('while the revocation log cannot be read', () => {
  it('a session checked within the lag is served, and an older one is checked at the store', async () => {
    const { token } = await gate.kratos.createSession();
    expect((await whoami(token))[1]).toContain('fwd=miss');
    await gate.clock.advance(3500);
    expect((await whoami(token))[1]).toContain('hit');
    await gate.clock.advance(2000);
    const [status, cacheStatus] = await whoami(token);
    expect(status).toBe(200);
    expect(cacheStatus).toContain('fwd=stale');
    expect((await whoami(token))[1]).toContain('hit');
  });

  it('a session that is revoked in the store is not served beyond the lag', async () => {
    const { id, token } = await gate.kratos.createSession();
    await whoami(token);
    await gate.kratos.revoke(id);
    await gate.clock.advance(5000);
    expect((await whoami(token))[0]).toBe(401);
  });

  it.each([
    ['500', { status: 500 }],
    ['429, with a minute to wait', { status: 429, headers: { 'Retry-After': '60' } }],
  ])(
    'C31: a store that answered %s a while ago is called, and its answer counts',
    async (_, whoamiAnswer) => {
      const { id, token } = await gate.kratos.createSession();
      await whoami(token);
      await gate.kratos.control({ whoami: whoamiAnswer });
      expect((await whoami('somebody-else'.repeat(3)))[0]).toBe(503);
      await gate.kratos.reset();
      await gate.kratos.revoke(id);
      await gate.clock.advance(14_000);
      expect((await whoami(token))[0]).toBe(401);
    },
  );

  it('and the store fails too, stale-if-error applies and is labelled; strict freshness gets 503', async () => {
    const { token } = await gate.kratos.createSession();
    await whoami(token);
    await gate.clock.advance(6000);
    await gate.kratos.control({ whoami: { status: 500, body: {} } });
    const [status, cacheStatus] = await whoami(token);
    expect([status, cacheStatus]).toEqual([200, expect.stringContaining('fwd=stale')]);
    expect((await get('/strict', { 'X-Session-Token': token }))[0]).toBe(503);
    await gate.clock.advance(400_000);
    expect((await whoami(token))[0]).toBe(503);
  });

  it('a young token is accepted, with the terms in the answer; an older one gets 503, never 401', async () => {
    const iat = Math.floor(gate.clock.now() / 1000);
    const ids = { sub: 'someone', sid: 'some-session' };
    const token = await signer.sign({ iss: ISSUER, aud: 'site', ...ids, iat, exp: iat + 3600 });
    const ask = () => get('/sessions/whoami', { authorization: `Bearer ${token}` });
    await gate.clock.advance(10_000);
    const [status, cacheStatus] = await ask();
    expect([status, cacheStatus]).toEqual([200, expect.stringContaining('revocation-log')]);
    await gate.clock.advance(360_000);
    expect((await ask())[0]).toBe(503);
  });

  it('readiness lists the log among the failing parts', async () => {
    const response = await fetch(`${gate.url}/.postern/health/ready`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      errors: { revocation: 'the revocation log cannot be read' },
      version: expect.any(String),
    });
  });

  it('R1: no answer claims that a revocation was recorded', async () => {
    const response = await fetch(`${gate.url}/.postern/events/webhook`, {
      method: 'POST',
      body: JSON.stringify({ session_ids: ['s'] }),
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    expect(response.status).toBe(503);
    expect(response.headers.get('postern-reason')).toBe('revocation_unrecorded');
    expect(response.headers.get('retry-after')).not.toBeNull();
  });
});

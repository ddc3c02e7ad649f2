import { createHmac, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { type GateSocket, startGate } from '../support/start-gate.ts';

const SECRET = 'a secret that only the test and the gate know';
const LAG_MS = 5000;

const gate = await gateForAllTests({
  isolates: 2,
  kv: 'faulty',
  vars: { WEBHOOK_SECRETS: [SECRET] },
});
const [here, there] = [gate.isolate(0), gate.isolate(1)];
beforeEach(async () => {
  await gate.reset();
  // After the head start of a new log, and after the lifetime of all earlier entries.
  await gate.clock.advance(400_000);
});

interface Answer {
  readonly status: number;
  readonly cacheStatus: string;
}

async function whoami({ url }: GateSocket, token: string): Promise<Answer> {
  const response = await fetch(`${url}/sessions/whoami`, { headers: { 'X-Session-Token': token } });
  await response.arrayBuffer();
  return { status: response.status, cacheStatus: response.headers.get('cache-status') ?? '' };
}

/** Says through one isolate whose sessions ended. */
async function announce({ url }: GateSocket, message: object): Promise<Response> {
  const body = JSON.stringify(message);
  const id = randomUUID();
  const timestamp = String(Math.floor(gate.clock.now() / 1000));
  const signature = createHmac('sha256', SECRET).update(`${id}.${timestamp}.${body}`);
  return fetch(`${url}/.postern/events/webhook`, {
    method: 'POST',
    body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature.digest('base64')}`,
    },
  });
}

async function makeHot(token: string): Promise<void> {
  for (const socket of [here, there, here, there]) {
    expect((await whoami(socket, token)).status).toBe(200);
  }
}

describe('two isolates of one deployment', () => {
  it('C8: a session revoked through one is refused there at once, and by the other within the lag', async () => {
    const { id, token } = await gate.kratos.createSession();
    await makeHot(token);
    await gate.kratos.revoke(id);
    expect((await whoami(there, token)).cacheStatus).toContain('hit');
    expect((await announce(here, { session_ids: [id] })).status).toBe(204);
    expect((await whoami(here, token)).status).toBe(401);
    await gate.clock.advance(LAG_MS);
    expect((await whoami(there, token)).status).toBe(401);
  });

  it('every session of a named identity is refused in both, and other sessions continue', async () => {
    const other = await gate.kratos.createSession({ traits: { email: 'other@example.test' } });
    const mine = await gate.kratos.createSession();
    await makeHot(mine.token);
    await makeHot(other.token);
    await gate.kratos.revoke(mine.id);
    await announce(here, { identity_ids: [mine.session.identity.id] });
    await gate.clock.advance(LAG_MS);
    expect((await whoami(there, mine.token)).status).toBe(401);
    expect((await whoami(there, other.token)).cacheStatus).toContain('hit');
  });

  it('a marked session that is still valid is checked once and then cached again', async () => {
    const { id, token } = await gate.kratos.createSession();
    await makeHot(token);
    await announce(here, { session_ids: [id] });
    await gate.clock.advance(LAG_MS);
    for (const socket of [here, there]) {
      expect((await whoami(socket, token)).cacheStatus).toContain('fwd=');
      expect((await whoami(socket, token)).cacheStatus).toContain('hit');
    }
  });

  it('C8: a KV with a minute-old entry does not restore a revoked session', async () => {
    const { id, token } = await gate.kratos.createSession();
    await makeHot(token);
    await gate.clock.advance(61_000);
    await gate.kv.setMode({ staleSeconds: 60 });
    await makeHot(token);
    await gate.kratos.revoke(id);
    await announce(here, { session_ids: [id] });
    for (const afterMs of [LAG_MS, 10_000, 20_000, 30_000]) {
      await gate.clock.advance(afterMs);
      expect((await whoami(here, token)).status).toBe(401);
      expect((await whoami(there, token)).status).toBe(401);
    }
  });

  it('the first refusal logs the age of the mark', async () => {
    const { id, token } = await gate.kratos.createSession();
    await makeHot(token);
    await gate.kratos.revoke(id);
    await announce(here, { session_ids: [id] });
    await gate.clock.advance(LAG_MS);
    gate.clearLogs();
    await whoami(there, token);
    await whoami(there, token);
    const lags = (await gate.logs())
      .map((line) => JSON.parse(line).revocation_lag_ms)
      .filter((lag) => lag !== undefined);
    expect(lags).toHaveLength(1);
    expect(lags[0]).toBeGreaterThanOrEqual(LAG_MS);
    expect(lags[0]).toBeLessThan(LAG_MS + 2000);
  });

  it('a hundred concurrent requests of an isolate with an old view are answered, and a revoked session is refused in all', async () => {
    const { id, token } = await gate.kratos.createSession();
    await makeHot(token);
    await gate.kratos.revoke(id);
    await announce(here, { session_ids: [id] });
    await gate.clock.advance(LAG_MS);
    const answers = await Promise.all(Array.from({ length: 100 }, () => whoami(there, token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  });
});

describe('schedules in the runtime itself', () => {
  it.each(Array.from({ length: 12 }, (_, index) => index))(
    'the bound holds in schedule %i',
    async (index) => {
      const sessions = await Promise.all([0, 1, 2].map(() => gate.kratos.createSession()));
      const [victim] = sessions;
      if (victim === undefined) throw new Error('three sessions were made');
      for (const { token } of sessions) await makeHot(token);
      await gate.clock.advance((index * 1777) % 20_000);
      await gate.kv.setMode(index % 3 === 0 ? { get: 'throw' } : { staleSeconds: 60 });
      await Promise.all(sessions.map(({ token }) => whoami(there, token)));
      const inFlight = whoami(there, victim.token);
      await gate.kratos.revoke(victim.id);
      const through = index % 2 === 0 ? here : there;
      expect((await announce(through, { session_ids: [victim.id] })).status).toBe(204);
      await inFlight;
      let elapsedMs = 0;
      for (const stepMs of [700, 1300, 1900, 1100, 2500, 9000, 31_000]) {
        await gate.clock.advance(stepMs);
        elapsedMs += stepMs;
        const answers = await Promise.all([here, there].map((at) => whoami(at, victim.token)));
        if (elapsedMs >= LAG_MS) expect(answers.map(({ status }) => status)).toEqual([401, 401]);
        const good = await Promise.all(sessions.slice(1).map(({ token }) => whoami(there, token)));
        expect(good.map(({ status }) => status)).toEqual([200, 200]);
      }
    },
  );
});

describe('a deployment', () => {
  it('without its configured log does not serve, and names the missing binding', async () => {
    await using broken = await startGate({ durableObjects: {} });
    expect((await fetch(`${broken.url}/sessions/whoami`)).status).toBe(500);
    expect((await broken.logs()).join()).toContain(
      'REVOCATIONS: expected a Durable Object binding',
    );
  });

  it('without a log reports that at its start, and has no webhook', async () => {
    await using quiet = await startGate({
      durableObjects: {},
      vars: { REVOCATION: 'off', WEBHOOK_SECRETS: [SECRET] },
    });
    const { token } = await quiet.kratos.createSession();
    const response = await fetch(`${quiet.url}/sessions/whoami`, {
      headers: { 'X-Session-Token': token },
    });
    expect(response.status).toBe(200);
    expect((await quiet.logs()).join()).toContain('No revocation log is kept');
    const webhook = await fetch(`${quiet.url}/.postern/events/webhook`, { method: 'POST' });
    expect(webhook.status).toBe(404);
  });
});

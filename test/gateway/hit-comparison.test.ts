import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { header, headerValues } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import {
  byCookie,
  byToken,
  cacheStatus,
  strangersToken,
  whoami,
  whoamiCalls,
} from './whoami-requests.ts';

/** Cached answers that are compared with the store's own, behind the response. */

interface Comparisons {
  readonly same: number;
  readonly changed: number;
  readonly refused: number;
  readonly overdue: number;
}

/** A refusal of a session that was good a moment ago waits for its turn to ask whether the store is ready. */
const GENEROUS = { timeout: 10_000 };
const NONE: Comparisons = { same: 0, changed: 0, refused: 0, overdue: 0 };

const gate = await gateForAllTests({ vars: { VERIFY_SAMPLE: 1, VERIFY_MAX_PER_SECOND: 100 } });
afterEach(async () => {
  await gate.reset();
  expect(await gate.bugs()).toEqual([]);
});

async function comparisons({ url }: RunningGate): Promise<Comparisons> {
  const answer = await fetch(`${url}/.postern/health/ready`);
  // The answer of the gate under test.
  const { comparisons: counted = NONE } = (await answer.json()) as { comparisons?: Comparisons };
  return counted;
}

/** Returns a reader of the comparisons since now. */
async function comparisonsFromNow(): Promise<() => Promise<Comparisons>> {
  const before = await comparisons(gate);
  return async () => {
    const now = await comparisons(gate);
    return {
      same: now.same - before.same,
      changed: now.changed - before.changed,
      refused: now.refused - before.refused,
      overdue: now.overdue - before.overdue,
    };
  };
}

/** Creates a session of a person of its own that the gate has checked once. */
async function remembered(identityId: string = crypto.randomUUID()) {
  const session = await gate.kratos.createSession({ identityId, expiresInSeconds: 3600 });
  expect((await whoami(gate.port, byToken(session.token))).status).toBe(200);
  await gate.kratos.clearCalls();
  return session;
}

const hit = async (headers: Record<string, string>) => {
  const answer = await whoami(gate.port, headers);
  expect([answer.status, cacheStatus(answer)]).toEqual([
    200,
    expect.stringMatching(/^postern; hit; .*detail=memory$/),
  ]);
  return answer;
};

describe('a sampled hit', () => {
  it('counts as the same if the store still says so, and costs one call behind the answer', async () => {
    const { token } = await remembered();
    const counted = await comparisonsFromNow();
    await hit(byToken(token));
    await expect.poll(counted, GENEROUS).toEqual({ ...NONE, same: 1 });
    expect(await whoamiCalls(gate.kratos)).toBe(1);
  });

  it('counts as the same if the store only wrote the row again', async () => {
    const { token, session } = await remembered();
    const counted = await comparisonsFromNow();
    const { identity, ...others } = session;
    // Kratos's `UpdateIdentityColumns` of a column that whoami does not show, and devices in another order.
    const rewritten = { identity: { ...identity, updated_at: '2026-11-27T10:00:00Z' }, ...others };
    await gate.kratos.control({ rawBody: JSON.stringify(rewritten) });
    await hit(byToken(token));
    await expect.poll(counted, GENEROUS).toEqual({ ...NONE, same: 1 });
  });

  it('counts as changed if somebody changed the person in the store, and the next answer has the change', async () => {
    const { token, session } = await remembered();
    const counted = await comparisonsFromNow();
    await gate.kratos.changeIdentity(session.identity.id, { metadata_public: { role: 'guest' } });
    expect((await hit(byToken(token))).text).not.toContain('guest');
    await expect.poll(counted, GENEROUS).toEqual({ ...NONE, changed: 1 });
    expect((await hit(byToken(token))).text).toContain('guest');
  });

  it('counts as refused if somebody ended the session in the store, and the next answer is a refusal', async () => {
    const { token, id } = await remembered();
    const counted = await comparisonsFromNow();
    await gate.kratos.revoke(id);
    await hit(byToken(token));
    await expect.poll(counted, GENEROUS).toEqual({ ...NONE, refused: 1 });
    const after = await whoami(gate.port, byToken(token));
    expect([after.status, header(after, 'postern-reason')]).toEqual([401, 'session_inactive']);
  });

  it('counts as refused if the store has come to require a second factor', async () => {
    const { token, session } = await remembered();
    const counted = await comparisonsFromNow();
    await gate.kratos.changeIdentity(session.identity.id, { totp: true });
    await hit(byToken(token));
    await expect.poll(counted, GENEROUS).toEqual({ ...NONE, refused: 1 });
    expect((await whoami(gate.port, byToken(token))).status).toBe(403);
  });

  it('owes a cookie that the store renewed to the next request', async () => {
    const { cookie, id } = await remembered();
    expect((await whoami(gate.port, byCookie(cookie))).status).toBe(200);
    const counted = await comparisonsFromNow();
    const extended = await fetch(`${gate.kratos.url}/admin/sessions/${id}/extend`, {
      method: 'PATCH',
    });
    expect(extended.status).toBe(200);
    expect(headerValues(await hit(byCookie(cookie)), 'set-cookie')).toEqual([]);
    await expect.poll(counted, GENEROUS).toEqual({ ...NONE, changed: 1 });
    const next = await whoami(gate.port, byCookie(cookie));
    expect([next.status, headerValues(next, 'set-cookie').length]).toEqual([200, 1]);
  });

  it('is not compared while the store is failing', async () => {
    const { token } = await remembered();
    const counted = await comparisonsFromNow();
    await gate.kratos.control({ whoami: { status: 500, body: {} } });
    expect((await whoami(gate.port, byToken(strangersToken()))).status).toBe(503);
    await gate.kratos.clearCalls();
    for (let asked = 0; asked < 5; asked += 1) await hit(byToken(token));
    expect(await whoamiCalls(gate.kratos)).toBe(0);
    expect(await counted()).toEqual(NONE);
  });

  it('counts as nothing if the store fails just then', async () => {
    const { token } = await remembered();
    const counted = await comparisonsFromNow();
    await gate.kratos.control({ databaseFailing: true });
    await hit(byToken(token));
    await expect.poll(() => whoamiCalls(gate.kratos), GENEROUS).toBeGreaterThan(0);
    expect(await counted()).toEqual(NONE);
    await gate.kratos.reset();
    await expect
      .poll(async () => (await whoami(gate.port, byToken(token))).status, GENEROUS)
      .toBe(200);
  });
});

it('compares no more hits in a second than VERIFY_MAX_PER_SECOND', async () => {
  await using limited = await startGate({ vars: { VERIFY_SAMPLE: 1 } });
  const { token } = await limited.kratos.createSession();
  expect((await whoami(limited.port, byToken(token))).status).toBe(200);
  await limited.kratos.clearCalls();
  const startedAt = Date.now();
  for (let asked = 0; asked < 50; asked += 1) await whoami(limited.port, byToken(token));
  const seconds = Math.ceil((Date.now() - startedAt) / 1000);
  await expect.poll(async () => (await comparisons(limited)).same, GENEROUS).toBeGreaterThan(0);
  expect(await whoamiCalls(limited.kratos)).toBeLessThanOrEqual(seconds + 1);
});

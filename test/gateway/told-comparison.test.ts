import { afterEach, expect, it } from 'vitest';
import { subjectKey } from '../../src/revocation/mark.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { byToken, cacheStatus, whoami } from './whoami-requests.ts';

/** Comparisons of cached answers while an outbox tells of the store's changes, played by a log that answers as told. */

/** Poll, deadline of a poll and lag: the longest time that a change takes to arrive. */
const WITHIN_MS = 1000 + 2000 + 2000;
const TIMEOUT_MS = 60_000;
const UNBROKEN = { ageMs: 100, unbrokenForMs: 36_000_000 };

const gate = await gateForAllTests({
  log: 'faulty',
  vars: {
    VERIFY_SAMPLE: 1,
    VERIFY_MAX_PER_SECOND: 100,
    REVOCATION_LAG_SECONDS: 2,
    // Only the log's object opens it, and no call reaches that object here.
    KRATOS_DB: { connectionString: 'postgresql://nobody@127.0.0.1:1/none' },
  },
});
afterEach(async () => {
  await gate.reset();
  expect(await gate.bugs()).toEqual([]);
});

const answerLog = (marks: readonly object[], watermark?: object) =>
  gate.setLogFaults({
    read: { answer: { marks, position: 1 + marks.length, hasMore: false, watermark } },
  });

async function comparisons(): Promise<Record<string, number>> {
  const answer = await fetch(`${gate.url}/.postern/health/ready`);
  const { comparisons: counted = {} } = (await answer.json()) as {
    comparisons?: Record<string, number>; // the answer of the gate under test
  };
  return counted;
}

const overdueLines = async () =>
  (await gate.logs()).filter((line) => line.includes('cached-answer-overdue'));

/** Has a session checked, ends it in the store five minutes later, and lets the gate serve it once more. */
async function serveEnded() {
  const session = await gate.kratos.createSession({ expiresInSeconds: 36_000 });
  await answerLog([], UNBROKEN);
  expect((await whoami(gate.port, byToken(session.token))).status).toBe(200);
  await gate.clock.advance(300_000);
  await gate.kratos.revoke(session.id);
  const before = await comparisons();
  const hit = await whoami(gate.port, byToken(session.token));
  expect([hit.status, cacheStatus(hit)]).toEqual([200, expect.stringMatching(/; hit; .*memory$/)]);
  const refused = async () => (await comparisons()).refused;
  await expect.poll(refused, { timeout: 10_000 }).toBe((before.refused ?? 0) + 1);
  return { session, overdueBefore: before.overdue ?? 0 };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, WITHIN_MS + 2000));

it(
  'an ended session is overdue if the outbox knows all changes and has missed its end',
  async () => {
    const { overdueBefore } = await serveEnded();
    const overdue = async () => (await comparisons()).overdue;
    await expect.poll(overdue, { timeout: 20_000 }).toBe(overdueBefore + 1);
    const [line = ''] = await overdueLines();
    expect(JSON.parse(line)).toEqual({
      event: 'cached-answer-overdue',
      result: 'refused',
      tier: 'memory',
      ageSeconds: 300,
      told: 'told',
      differsAt: '',
    });
  },
  TIMEOUT_MS,
);

it(
  'an ended session is in time if its mark comes within the promise',
  async () => {
    const { session, overdueBefore } = await serveEnded();
    gate.clearLogs();
    const key = subjectKey({ kind: 'session', sessionId: session.id });
    const keepUntil = gate.clock.now() + 3_600_000;
    await answerLog([{ key, position: 2, issuedBefore: 0, keepUntil }], UNBROKEN);
    await settled();
    expect((await comparisons()).overdue).toBe(overdueBefore);
    expect(await overdueLines()).toEqual([]);
  },
  TIMEOUT_MS,
);

it(
  'an ended session is in time if the outbox has just fallen silent',
  async () => {
    const { overdueBefore } = await serveEnded();
    gate.clearLogs();
    await answerLog([], undefined);
    await settled();
    expect((await comparisons()).overdue).toBe(overdueBefore);
    expect(await overdueLines()).toEqual([]);
  },
  TIMEOUT_MS,
);

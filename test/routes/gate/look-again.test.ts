import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchSession } from '../../../src/forwarding/session-watch.ts';
import { admit } from '../../../src/http/admit.ts';
import { SiteHosts } from '../../../src/http/site-hosts.ts';
import type { LogPage } from '../../../src/revocation/log-protocol.ts';
import { sessionKey } from '../../../src/revocation/mark.ts';
import { RevocationReplica } from '../../../src/revocation/revocation-replica.ts';
import {
  type AuthorizationOptions,
  authorize,
  authorizeAgain,
  isPreflight,
  type SessionDecision,
} from '../../../src/routes/gate/authorize.ts';
import { Rules } from '../../../src/rules/rules.ts';
import type { Resolution } from '../../../src/sessions/resolution.ts';

const SESSION_ID = 'the-session';
const PROVENANCE = {
  tier: 'memory',
  forwarded: undefined,
  ageSeconds: 0,
  ttlSeconds: 30,
  collapsed: false,
  fault: undefined,
} as const;
const SIGNED_IN: Resolution = {
  outcome: 'signed-in',
  session: { id: SESSION_ID, expiresAt: Infinity, identity: { id: 'someone' }, document: {} },
  body: '{}',
  logPosition: 0,
  setCookies: [],
  cacheForSeconds: undefined,
  provenance: PROVENANCE,
};
const SIGNED_OUT: Resolution = {
  outcome: 'not-signed-in',
  reason: 'session_inactive',
  body: undefined,
  mayClearCookie: true,
  provenance: PROVENANCE,
};

const later = <Value>(value: Value, ms: number) =>
  new Promise<Value>((resolve) => setTimeout(resolve, ms, value));

interface Schedule {
  readonly lagMs: number;
  /** Both after the view was first read. */
  readonly openedAfterMs: number;
  readonly revokedAfterMs: number;
  /** A read of the log takes so long, and tells what was so when it was sent; `undefined`: it fails. */
  readonly readMs: number | undefined;
}

/** Lifetime of the stream after the revocation, in milliseconds of simulated time. */
async function survival(
  schedule: Schedule,
  lookBy: (
    recheck: () => Promise<SessionDecision>,
    plain: () => Promise<SessionDecision>,
  ) => () => Promise<SessionDecision>,
): Promise<number> {
  const { lagMs, openedAfterMs, revokedAfterMs, readMs } = schedule;
  const now = () => Date.now();
  let revokedAt = Infinity;
  let isFirstRead = true;
  const read = (): Promise<LogPage | undefined> => {
    const takesMs = isFirstRead ? 0 : readMs;
    isFirstRead = false;
    if (takesMs === undefined) return later(undefined, 100);
    const mark = { key: sessionKey(SESSION_ID), position: 2, issuedBefore: 0, keepUntil: Infinity };
    const isMarked = now() >= revokedAt;
    const page = { marks: isMarked ? [mark] : [], position: isMarked ? 2 : 1, hasMore: false };
    return later(page, takesMs);
  };
  const view = new RevocationReplica({
    log: { read },
    lagMs,
    timeoutMs: 1000,
    maxMarks: 1000,
    now,
  });
  const options: AuthorizationOptions = {
    rules: new Rules([]),
    accepted: {
      hosts: new SiteHosts('https://app.example.test'),
      methods: new Set(['GET']),
      allowedForms: new Set(),
    },
    lookUp: {
      readCredentials: () => [
        {
          kind: 'candidates',
          candidates: [{ carrier: { kind: 'bearer' }, value: 'x'.repeat(32) }],
        },
      ],
      sessions: {
        // Earlier checks are accepted unless a mark names them; the store answers correctly.
        resolve: async (_credential, { minCheckedAt }, waitUntil) => {
          await view.refresh(now(), waitUntil);
          const isAsked = minCheckedAt > 0 || view.trustedSince(now()) > 0;
          const isOver = isAsked
            ? now() >= revokedAt
            : view.lastMark({ sessionId: SESSION_ID }) > 0;
          return isOver ? SIGNED_OUT : SIGNED_IN;
        },
      },
      tokens: { resolve: async () => SIGNED_OUT },
    },
    revocation: view,
    now,
  };
  void view.refresh(now(), () => {});
  await vi.advanceTimersByTimeAsync(0);
  revokedAt = now() + revokedAfterMs;
  await vi.advanceTimersByTimeAsync(openedAfterMs);
  const request = { method: 'GET', url: 'https://app.example.test/', headers: new Headers() };
  const target = admit(request, options.accepted);
  if (!target.ok) throw new Error('admitted');
  const plea = { headers: request.headers, target: target.value, waitUntil: () => {} };
  const authorization = async () => {
    const judgment = await authorize(plea, options);
    if (!judgment.ok || isPreflight(judgment.value)) throw new Error('a judgment');
    return judgment.value;
  };
  const opening = await authorization();
  if (opening.verdict.kind !== 'pass') return 0;
  const look = lookBy(() => authorizeAgain(opening, plea, options), authorization);
  let handedOutAt = Infinity;
  let endedAt = Infinity;
  void watchSession(async () => (await look()).verdict.kind, lagMs).then(async ({ over }) => {
    handedOutAt = now();
    await over;
    endedAt = now();
  });
  await vi.advanceTimersByTimeAsync(revokedAfterMs + 3 * lagMs);
  // A stream that was refused by the first check was never opened.
  return endedAt === handedOutAt ? 0 : endedAt - revokedAt;
}

const SCHEDULES: Schedule[] = [2000, 3000, 5000, 10_000].flatMap((lagMs) =>
  [0, 0.3, 0.6, 0.99].flatMap((opened) =>
    [0.001, 0.21, 0.4, 0.77, 1.3, 1.99, 2.6].flatMap((revoked) =>
      [0, 90, 450, 950, undefined].map((readMs) => ({
        lagMs,
        openedAfterMs: opened * lagMs,
        revokedAfterMs: revoked * lagMs,
        readMs,
      })),
    ),
  ),
);

describe('a stream after its answer has begun', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_900_000_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it(`ends within the lag, for any age of the view and any delay of the log (${SCHEDULES.length} schedules)`, async () => {
    for (const schedule of SCHEDULES) {
      const ms = await survival(schedule, (recheck) => recheck);
      expect(ms, JSON.stringify(schedule)).toBeLessThanOrEqual(schedule.lagMs);
    }
  });

  it('control: would not end in time if its checks used the rules of an answer', async () => {
    const late: number[] = [];
    for (const schedule of SCHEDULES) {
      late.push((await survival(schedule, (_again, plain) => plain)) - schedule.lagMs);
    }
    expect(Math.max(...late)).toBeGreaterThan(0);
  });
});

import type { Credential } from '../../../src/credentials/credential.ts';
import { failed, success } from '../../../src/errors/result.ts';
import { LogCore } from '../../../src/revocation/log-core.ts';
import type { RevocationLogStub } from '../../../src/revocation/log-protocol.ts';
import { createRevocation, type Revocation } from '../../../src/revocation/revocation.ts';
import { ChangeMaker } from '../../../src/session-changes/change-maker.ts';
import { endingUnlessRefused } from '../../../src/session-changes/session-change.ts';
import { KvTier } from '../../../src/whoami/kv-tier.ts';
import { Sessions } from '../../../src/whoami/sessions.ts';
import { StoreReadiness } from '../../../src/whoami/store-readiness.ts';
import { FakeKv } from './fake-kv.ts';
import { FakeStore } from './fake-store.ts';
import { installInstantCrypto } from './instant-crypto.ts';
import { Random } from './random.ts';
import { LAG_MS, type Report, type Schedule, type Served } from './schedule.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { VirtualTime } from './virtual-time.ts';

const START = 1_700_000_000_000;
const WARM_UP_MS = 3000;
const AFTERWARDS_MS = 36_000;
const STORE_TIMEOUT_MS = 9000;
const SESSIONS = ['ann-1', 'ann-2', 'bob-1'];
const REVOKED = 'ann-1';

interface Isolate {
  readonly sessions: Sessions;
  readonly revocation: Revocation;
}

/**
 * Two isolates with the gate's own code in them, one log, one store and one KV namespace with bad roads in between.
 * Clients keep three sessions hot in both; then one session, or one person, is revoked through one of them.
 */
export async function runSchedule(schedule: Schedule): Promise<Report> {
  const time = new VirtualTime(START);
  using _timers = time.install();
  using _crypto = installInstantCrypto();
  const random = new Random(schedule.seed);
  const world = createWorld(schedule, time, random);
  const endMs = schedule.revokeAtMs + WARM_UP_MS + AFTERWARDS_MS;
  for (const isolate of [0, 1]) {
    for (const sessionId of SESSIONS) keepAsking(world, { isolate, sessionId, endMs });
  }
  time.schedule(() => world.revoke(), WARM_UP_MS + schedule.revokeAtMs);
  await time.runUntil(START + endMs);
  return world.report;
}

type World = ReturnType<typeof createWorld>;

function createWorld(schedule: Schedule, time: VirtualTime, random: Random) {
  const [skewA, skewB, skewLog] = schedule.skewsMs;
  const core = oldLog(() => time.now + skewLog);
  const journey = () => ({
    thereMs: random.upTo(schedule.storeDelayMs) / 4,
    backMs: (random.upTo(schedule.storeDelayMs) * 3) / 4,
    isLost: random.chance(schedule.storeLoss),
  });
  const store = new FakeStore(time, journey, STORE_TIMEOUT_MS);
  const kv = new FakeKv({
    time,
    staleMs: schedule.kvStaleMs,
    delayMs: () => random.upTo(120),
    isFailing: () => random.chance(schedule.kvLoss),
  });
  const report = {
    answeredAt: undefined as number | undefined,
    revoked: schedule.subject === 'session' ? [REVOKED] : ['ann-1', 'ann-2'],
    served: [] as Served[],
    logReads: [[], []] as { sentAt: number; endedAt: number }[][],
    unknown: 0,
  };
  const isolates = [skewA, skewB].map((skewMs, index): Isolate => {
    const now = () => time.now + skewMs;
    const stub = farLog(core, { time, random, schedule, reads: report.logReads[index] ?? [] });
    const revocation = createRevocation({
      openLog: () => stub,
      lagMs: LAG_MS,
      checkLifeMs: 420_000,
      tokenLifeMs: 0,
      maxMarks: 1000,
      now,
      onFailure: () => {},
    });
    const sessions = new Sessions({
      store,
      readiness: new StoreReadiness({ store, now, onUnpublished: () => {} }),
      kv: new KvTier(kv.seenFrom(index), {
        readTimeoutMs: 100,
        onFailure: () => {},
        now,
      }),
      revocation: revocation.view,
      lifetimes: {
        freshSeconds: schedule.freshSeconds,
        staleWhileRevalidateSeconds: 30,
        staleIfErrorSeconds: 300,
      },
      memoryLimits: { maxEntries: 100, maxBytes: 1_000_000 },
      kvWriteIntervalSeconds: 10,
      storeTimeoutMs: STORE_TIMEOUT_MS,
      now,
    });
    return { sessions, revocation };
  });

  async function revoke(): Promise<void> {
    const subject =
      schedule.subject === 'session'
        ? ({ kind: 'session', sessionId: REVOKED } as const)
        : ({ kind: 'identity', identityId: 'ann' } as const);
    const writer = isolates[schedule.revokedThrough]?.revocation.writer;
    const maker = new ChangeMaker({ writer, write: () => {} });
    const done = await maker.make(
      {
        intent: { kind: 'known', about: [subject] },
        send: async () => {
          const isDone = await store.revoke(report.revoked);
          return isDone ? success(new Response(null, { status: 204 })) : failed('upstream_timeout');
        },
        conclude: endingUnlessRefused([subject]),
      },
      () => {},
    );
    if (done.ok) report.answeredAt = time.now;
  }

  return { schedule, time, random, isolates, report, revoke };
}

/** One client: asks, waits for the answer, pauses, asks again. Now and then it wants the present and nothing else. */
async function keepAsking(
  { schedule, time, random, isolates, report }: World,
  { isolate, sessionId, endMs }: { isolate: number; sessionId: string; endMs: number },
): Promise<void> {
  const sessions = isolates[isolate]?.sessions;
  const value = `${sessionId}.${random.upTo(2)}.${'x'.repeat(16)}`;
  const credential: Credential = {
    carrier: { kind: 'session-token-header' },
    value,
  };
  const skewMs = schedule.skewsMs[isolate] ?? 0;
  while (time.now < START + endMs && sessions !== undefined) {
    const isStrict = random.chance(0.02);
    const demand = { asOf: isStrict ? time.now + skewMs : 0, onlyIfCached: false };
    const resolution = await sessions.resolve(credential, demand, () => {});
    const at = time.now;
    if (resolution.outcome === 'signed-in') {
      const { fault } = resolution.provenance;
      report.served.push({ isolate, sessionId, at, fault, isStrict });
    } else if (resolution.outcome === 'unknown') {
      report.unknown += 1;
    }
    await time.sleep(1 + random.upTo(schedule.pauseMs));
  }
}

/** A log that is past its beginning, whose positions are ahead of any clock. */
function oldLog(now: () => number): LogCore {
  let beforeMs = 120_000;
  const core = new LogCore(sqliteStorage(), () => now() - beforeMs);
  beforeMs = 0;
  return core;
}

interface FarLogOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly schedule: Schedule;
  readonly reads: { sentAt: number; endedAt: number }[];
}

/** The log as it is reached from one isolate: late, or not at all, and sometimes done without a word. */
function farLog(
  core: LogCore,
  { time, random, schedule, reads }: FarLogOptions,
): RevocationLogStub {
  const travel = async <Value>(act: () => Value): Promise<Value> => {
    await time.sleep(random.upTo(schedule.logDelayMs) / 2);
    if (random.chance(schedule.logLoss / 2)) throw new Error('the log was not reached');
    const value = act();
    await time.sleep(random.upTo(schedule.logDelayMs) / 2);
    if (random.chance(schedule.logLoss / 2)) throw new Error('the answer was lost');
    return value;
  };
  return {
    async read(cursor) {
      const sentAt = time.now;
      const page = await travel(() => structuredClone(core.read(cursor)));
      // The isolate's own deadline is a second: what comes later is not used.
      if (time.now - sentAt < 1000) reads.push({ sentAt, endedAt: time.now });
      return page;
    },
    append: (marks, options) => travel(() => structuredClone(core.append(marks, options))),
  };
}

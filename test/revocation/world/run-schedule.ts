import type { Credential } from '../../../src/credentials/credential.ts';
import type { SessionStore } from '../../../src/providers/session-store.ts';
import { noCounts } from '../../../src/revocation/isolate-counts.ts';
import { createRevocation, type Revocation } from '../../../src/revocation/revocation.ts';
import { RevocationTable } from '../../../src/revocation/revocation-table.ts';
import { failed, success } from '../../../src/runtime/result.ts';
import { ChangeMaker } from '../../../src/session-changes/change-maker.ts';
import { endingUnlessRefused } from '../../../src/session-changes/session-change.ts';
import type { Resolution } from '../../../src/sessions/resolution.ts';
import { Sessions } from '../../../src/sessions/sessions.ts';
import { StoreReadiness } from '../../../src/sessions/store-readiness.ts';
import { FakeLocation } from '../../support/fake-location.ts';
import { createTestTiers } from '../../support/shared-tiers.ts';
import { FakeKv } from './fake-kv.ts';
import { FakeStore } from './fake-store.ts';
import { farLog } from './far-log.ts';
import { installInstantCrypto } from './instant-crypto.ts';
import { Random } from './random.ts';
import {
  LAG_MS,
  type LogRead,
  type Report,
  type Schedule,
  type Served,
  type StoreCall,
} from './schedule.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { createTokenClient } from './token-client.ts';
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
  readonly tokenClient: ReturnType<typeof createTokenClient>;
}

/**
 * Two isolates with the gate's own code in them, in one location or in two, with one log, one store and one KV namespace
 * and bad roads in between.
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
    const { clients } = schedule;
    const asking = clients === 'all' ? SESSIONS : clients === 'session' ? [REVOKED] : [];
    for (const sessionId of asking) keepAsking(world, { isolate, sessionId, endMs });
    if (clients !== 'session') keepAskingByToken(world, { isolate, sessionId: REVOKED, endMs });
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
  const openLocation = () =>
    new FakeLocation({
      now: () => time.now,
      delay: () => time.sleep(random.upTo(schedule.locationDelayMs)),
      isFailing: () => random.chance(schedule.locationLoss / 2),
      isLost: () => random.chance(schedule.locationLoss),
      isReplayed: () => random.chance(schedule.locationReplay),
    });
  const locations = [openLocation(), openLocation()];
  const lifetimes = {
    freshSeconds: schedule.freshSeconds,
    staleWhileRevalidateSeconds: 30,
    staleIfErrorSeconds: 300,
  };
  const report = {
    answeredAt: undefined as number | undefined,
    revoked: schedule.subject === 'session' ? [REVOKED] : ['ann-1', 'ann-2'],
    served: [] as Served[],
    logReads: [[], []] as LogRead[][],
    storeCalls: [[], []] as StoreCall[][],
    unknown: 0,
    thrown: 0,
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
      report: () => {},
    });
    const near = recordingCalls(store, time, report.storeCalls[index] ?? []);
    const sessions = new Sessions({
      store: near,
      readiness: new StoreReadiness({ store, now, report: () => {} }),
      shared: createTestTiers({
        location: locations[schedule.isOneLocation ? 0 : index],
        kv: kv.seenFrom(index),
        issuer: 'https://auth.example.test/',
        kvReadTimeoutMs: 100,
        kvWrites: { afterSeconds: 0, intervalSeconds: 10 },
        lifetimes,
        now,
      }),
      revocation: revocation.view,
      lifetimes,
      memoryLimits: { maxEntries: 100, maxBytes: 1_000_000 },
      storeTimeoutMs: STORE_TIMEOUT_MS,
      counts: noCounts(),
      report: () => {},
      now,
    });
    const tokenClient = createTokenClient({
      sessionId: REVOKED,
      issuedAt: START,
      revocation: revocation.tokenView,
      lookForKey: async () => {
        if (random.chance(0.3)) await time.sleep(random.upTo(schedule.keyDelayMs));
      },
      now,
    });
    return { sessions, revocation, tokenClient };
  });

  async function revoke(): Promise<void> {
    const subject =
      schedule.subject === 'session'
        ? ({ kind: 'session', sessionId: REVOKED } as const)
        : ({ kind: 'identity', identityId: 'ann' } as const);
    const writer = isolates[schedule.revokedThrough]?.revocation.writer;
    const maker = new ChangeMaker({ writer, report: () => {} });
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

/** One client: asks, waits for the answer, pauses, asks again. Sometimes it sends no-cache. */
async function keepAsking(
  world: World,
  { isolate, sessionId, endMs }: { isolate: number; sessionId: string; endMs: number },
): Promise<void> {
  const { schedule, time, random, isolates } = world;
  const sessions = isolates[isolate]?.sessions;
  const value = `${sessionId}.${random.upTo(2)}.${'x'.repeat(16)}`;
  const credential: Credential = {
    carrier: { kind: 'session-token-header' },
    value,
  };
  const skewMs = schedule.skewsMs[isolate] ?? 0;
  while (time.now < START + endMs && sessions !== undefined) {
    const isStrict = random.chance(0.02);
    const requirement = { minCheckedAt: isStrict ? time.now + skewMs : 0, onlyIfCached: false };
    await takeDown(
      world,
      { isolate, sessionId, isStrict, isToken: false },
      async (waitUntil) =>
        sessions.recall(credential, requirement, waitUntil) ??
        sessions.resolve(credential, requirement, waitUntil),
    );
    await time.sleep(1 + random.upTo(schedule.pauseMs));
  }
}

/** The same with a token, which the store does not know. */
async function keepAskingByToken(
  world: World,
  { isolate, sessionId, endMs }: { isolate: number; sessionId: string; endMs: number },
): Promise<void> {
  const { schedule, time, random, isolates } = world;
  const ask = isolates[isolate]?.tokenClient;
  while (time.now < START + endMs && ask !== undefined) {
    await takeDown(world, { isolate, sessionId, isStrict: false, isToken: true }, ask);
    await time.sleep(1 + random.upTo(schedule.pauseMs));
  }
}

/** Asks once, and takes down what came of it. */
async function takeDown(
  { time, report }: World,
  client: Pick<Served, 'isolate' | 'sessionId' | 'isStrict' | 'isToken'>,
  ask: (waitUntil: (work: Promise<unknown>) => void) => Promise<Resolution>,
): Promise<void> {
  const noteThrown = () => {
    report.thrown += 1;
  };
  const askedAt = time.now;
  const resolution = await ask((work) => void work.catch(noteThrown)).catch(noteThrown);
  if (resolution?.outcome === 'signed-in') {
    const { fault } = resolution.provenance;
    report.served.push({ ...client, askedAt, at: time.now, fault });
  } else if (resolution?.outcome === 'unknown') {
    report.unknown += 1;
  }
}

function recordingCalls(store: SessionStore, time: VirtualTime, calls: StoreCall[]): SessionStore {
  return {
    id: store.id,
    readiness: () => store.readiness(),
    check: async (credential, options) => {
      const answer = await store.check(credential, options);
      calls.push({ endedAt: time.now });
      return answer;
    },
  };
}

/** A log that is past its beginning, whose positions are ahead of any clock. */
function oldLog(now: () => number): RevocationTable {
  let beforeMs = 120_000;
  const core = new RevocationTable(sqliteStorage(), () => now() - beforeMs);
  beforeMs = 0;
  return core;
}

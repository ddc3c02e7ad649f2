import type { Credential } from '../../../src/credentials/credential.ts';
import { noCounts } from '../../../src/revocation/isolate-counts.ts';
import { createRevocation } from '../../../src/revocation/revocation.ts';
import { RevocationTable } from '../../../src/revocation/revocation-table.ts';
import { checkLifeSeconds, type Lifetimes } from '../../../src/sessions/freshness.ts';
import { Sessions } from '../../../src/sessions/sessions.ts';
import { StoreReadiness } from '../../../src/sessions/store-readiness.ts';
import { FakeLocation } from '../../support/fake-location.ts';
import { createTestTiers } from '../../support/shared-tiers.ts';
import { FakeKv } from './fake-kv.ts';
import { FakeStore } from './fake-store.ts';
import { farLog } from './far-log.ts';
import { installInstantCrypto } from './instant-crypto.ts';
import { Random } from './random.ts';
import { LAG_MS, type LogRead, type Schedule } from './schedule.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { type ChannelFaults, ToldChannel } from './told-channel.ts';
import { VirtualTime } from './virtual-time.ts';

/** One run: a session is ended in the store directly. Times are in milliseconds from the start. */
export interface ToldSchedule
  extends ChannelFaults,
    Pick<
      Schedule,
      | 'seed'
      | 'skewsMs'
      | 'logDelayMs'
      | 'logLoss'
      | 'logGarble'
      | 'storeDelayMs'
      | 'storeLoss'
      | 'kvStaleMs'
      | 'isOneLocation'
      | 'locationReplay'
      | 'pauseMs'
    > {
  /** When the session is ended. */
  readonly endedAtMs: number;
  /** From then on the store answers nobody. */
  readonly storeDiesAtMs: number;
}

/** An answer that served the session after it had ended. */
export interface ServedAfterEnd {
  /** Milliseconds since the end of the session in the store. */
  readonly afterMs: number;
  /** Milliseconds since the mark was recorded; `undefined` if there was none yet. */
  readonly afterMarkMs: number | undefined;
  /** Said to be given only because something failed. */
  readonly fault: string | undefined;
  readonly ageSeconds: number;
}

export interface ToldReport {
  readonly served: readonly ServedAfterEnd[];
  /** Answers without a failure whose check was too old for a store that does not tell of its changes. */
  readonly servedOld: number;
  readonly storeCalls: number;
  readonly thrown: number;
}

/** The promise for changes made in the store directly, whatever happens to the channel: fresh and revalidated. */
export const UNTOLD_MS = 60_000;

const START = 1_700_000_000_000;
const AFTERWARDS_MS = 80_000;
const ENDED = 'ann-1';
const SESSIONS = [ENDED, 'bob-1'];
const LIFETIMES: Lifetimes = {
  freshSeconds: 30,
  staleWhileRevalidateSeconds: 30,
  staleIfErrorSeconds: 300,
  told: { freshSeconds: 900, withinMs: 3000 + LAG_MS },
};

/** Returns the answers that break a promise. Two isolates' clocks may differ by 800 ms here. */
export function brokenPromises({ served }: ToldReport): ServedAfterEnd[] {
  const SKEW_MS = 800;
  return served.filter(
    ({ afterMs, afterMarkMs = 0, fault }) =>
      fault === undefined && (afterMs > UNTOLD_MS + SKEW_MS || afterMarkMs > LAG_MS),
  );
}

/** Two isolates with the gate's own code, one log, one store, and an outbox whose reader tells the log of changes. */
export async function runToldSchedule(schedule: ToldSchedule): Promise<ToldReport> {
  const time = new VirtualTime(START);
  using _timers = time.install();
  using _crypto = installInstantCrypto();
  const random = new Random(schedule.seed);
  const world = createWorld(schedule, time, random);
  const endMs = START + schedule.endedAtMs + AFTERWARDS_MS;
  for (const isolate of world.isolates) {
    for (const sessionId of SESSIONS) void keepAsking(world, isolate, { sessionId, endMs });
  }
  time.schedule(world.end, schedule.endedAtMs);
  await time.runUntil(endMs);
  return world.report;
}

type World = ReturnType<typeof createWorld>;

function createWorld(schedule: ToldSchedule, time: VirtualTime, random: Random) {
  const [skewA, skewB, skewLog] = schedule.skewsMs;
  const core = new RevocationTable(sqliteStorage(), () => time.now + skewLog);
  const report = { served: [] as ServedAfterEnd[], servedOld: 0, storeCalls: 0, thrown: 0 };
  const happened = { endedAt: Infinity, markedAt: Infinity };
  const checkLifeMs = 1000 * (checkLifeSeconds(LIFETIMES) + 60);
  const limits = { cursor: 0, checkLifeMs, tokenLifeMs: 0, maxMarks: 1000 };
  const channel = new ToldChannel({
    time,
    random,
    faults: { ...schedule, faultAtMs: START + schedule.faultAtMs },
    record: (marks) => {
      core.append(marks, limits);
      if (marks.length > 0) happened.markedAt = Math.min(happened.markedAt, time.now);
    },
  });
  const log = {
    read: (cursor: number) => core.read(cursor),
    readNewest: (cursor: number) => {
      const watermark = channel.watermark();
      return { ...core.readNewest(cursor), ...(watermark && { watermark }) };
    },
    append: core.append.bind(core),
  };
  const journey = () => ({
    thereMs: random.upTo(schedule.storeDelayMs) / 4,
    backMs: (random.upTo(schedule.storeDelayMs) * 3) / 4,
    isLost: time.now >= START + schedule.storeDiesAtMs || random.chance(schedule.storeLoss),
  });
  const store = new FakeStore(time, journey, 5000);
  const { kvStaleMs: staleMs } = schedule;
  const kv = new FakeKv({ time, staleMs, delayMs: () => random.upTo(120), isFailing: () => false });
  const openLocation = () =>
    new FakeLocation({
      now: () => time.now,
      delay: () => time.sleep(random.upTo(20)),
      isReplayed: () => random.chance(schedule.locationReplay),
    });
  const locations = [openLocation(), openLocation()];
  const isolates = [skewA, skewB].map((skewMs, index) => {
    const now = () => time.now + skewMs;
    const stub = farLog(log, { time, random, schedule, reads: [] as LogRead[] });
    const { view } = createRevocation({
      openLog: () => stub,
      lagMs: LAG_MS,
      checkLifeMs,
      tokenLifeMs: 0,
      maxMarks: 1000,
      now,
      report: () => {},
    });
    return new Sessions({
      store,
      readiness: new StoreReadiness({ store, now, report: () => {} }),
      shared: createTestTiers({
        location: locations[schedule.isOneLocation ? 0 : index],
        kv: kv.seenFrom(index),
        issuer: 'https://auth.example.test/',
        kvReadTimeoutMs: 100,
        kvWrites: { afterSeconds: 0, intervalSeconds: 10 },
        lifetimes: LIFETIMES,
        now,
      }),
      revocation: view,
      lifetimes: LIFETIMES,
      memoryLimits: { maxEntries: 100, maxBytes: 1_000_000 },
      storeTimeoutMs: 5000,
      counts: noCounts(),
      report: () => {},
      now,
    });
  });
  const end = () => {
    store.end([ENDED]);
    channel.commit([ENDED]);
    happened.endedAt = time.now;
  };
  return { schedule, time, random, isolates, report, happened, end };
}

/** One client: asks, waits for the answer, pauses, asks again. */
async function keepAsking(
  { schedule, time, random, report, happened }: World,
  sessions: Sessions,
  { sessionId, endMs }: { readonly sessionId: string; readonly endMs: number },
): Promise<void> {
  const noteThrown = () => {
    report.thrown += 1;
  };
  const value = `${sessionId}.0.${'x'.repeat(16)}`;
  const credential: Credential = { carrier: { kind: 'session-token-header' }, value };
  const requirement = { minCheckedAt: 0, onlyIfCached: false };
  while (time.now < endMs) {
    const resolution = await sessions
      .resolve(credential, requirement, (work) => void work.catch(noteThrown))
      .catch(noteThrown);
    if (resolution?.outcome === 'signed-in') {
      const { fault, ageSeconds, tier } = resolution.provenance;
      if (fault === undefined && ageSeconds > 61) report.servedOld += 1;
      if (tier === 'store') report.storeCalls += 1;
      if (sessionId === ENDED && time.now > happened.endedAt) {
        const afterMarkMs = time.now > happened.markedAt ? time.now - happened.markedAt : undefined;
        report.served.push({
          afterMs: time.now - happened.endedAt,
          afterMarkMs,
          fault,
          ageSeconds,
        });
      }
    }
    await time.sleep(1 + random.upTo(schedule.pauseMs));
  }
}

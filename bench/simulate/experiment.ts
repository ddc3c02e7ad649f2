import { type Bill, billFor } from './bill.ts';
import {
  AFFINITIES,
  CACHES,
  FRESH,
  KV_WRITE_AFTER,
  LAGS,
  NO_LOCATION,
  OTHERS,
  SIZES,
  TOLD,
} from './choices.ts';
import { type Location, layOut } from './geography.ts';
import { type LogFigures, runLog } from './log-study.ts';
import { Random } from './random.ts';
import { kvName, type RevocationChoice, revokeAll, writtenAfter } from './revocation-choices.ts';
import { type Population, sampleSessions } from './sample.ts';
import { DEFAULTS, type SimulatedSettings, toldFor } from './settings.ts';
import { runSilence, SILENCE_HOURS, type SilenceFigures } from './silence-study.ts';
import { checkLifeMsFor } from './simulated-log.ts';
import { runTiers, type TierFigures, type World } from './tier-study.ts';
import { HABITS, type Habits, makeTrace } from './traffic.ts';

export interface Scale {
  readonly sessions: number;
  readonly locations: number;
  readonly isolates: number;
  readonly hours: number;
  /** Simulated requests a day in each run. Each request represents many. */
  readonly simulatedRequestsPerDay: number;
  /** Isolates watched for the log's load. */
  readonly witnesses: number;
  /** Sessions revoked while in use. */
  readonly trials: number;
  /** Whether a sample is also compared with all sessions of one location. */
  readonly comparesSample: boolean;
}

/** One choice of settings, and what came of it. */
export interface Choice {
  readonly name: string;
  readonly tiers: TierFigures;
  readonly bill: Bill;
}

export interface Findings {
  readonly scale: Scale;
  readonly byFresh: readonly Choice[];
  readonly byKvWriteAfter: readonly Choice[];
  readonly others: readonly Choice[];
  /** By whether the store tells of its changes, and for how long sessions are fresh then. */
  readonly byTold: readonly Choice[];
  /** The channel dies. */
  readonly silence: SilenceFigures;
  readonly bySize: readonly Choice[];
  readonly byAffinity: readonly Choice[];
  /** By what the location's cache keeps, and how fast it is. */
  readonly byCache: readonly Choice[];
  /** One location in its busiest hour: all of its sessions, and samples of them. */
  readonly bySampling: readonly Choice[];
  readonly byLag: readonly (LogFigures & { readonly bill: Bill })[];
  readonly lagByLag: readonly RevocationChoice[];
  /** Revoked in Kratos directly, so without a mark. */
  readonly lagByFresh: readonly RevocationChoice[];
  readonly lagByKvWriteAfter: readonly RevocationChoice[];
  /** Revoked in Kratos directly, with an outbox: while the channel works, and while it dies. */
  readonly lagTold: readonly RevocationChoice[];
}

/** Assumptions about use, named in docs/scale.md. */
const REQUESTS_PER_SESSION_DAY = 60;
const ZIPF_EXPONENT = 0.6;
const ISOLATE_LIFE_MS = 6 * 3_600_000;
const SEED = 3;

/** Runs all simulations one after the other, and calls `onProgress` for each. */
export async function experiment(
  scale: Scale,
  onProgress: (what: string) => void,
): Promise<Findings> {
  const world = makeWorld(scale);
  const byLag = await readLogs(scale, world.locations, onProgress);
  const logCalls = byLag.find(({ lagSeconds }) => lagSeconds === DEFAULTS.REVOCATION_LAG_SECONDS);
  const logPerDay = logCalls?.readsPerDay ?? 0;
  const known = new Map<string, TierFigures>(); // several comparisons begin at the same choice
  const run = async (name: string, settings: SimulatedSettings, within: World) => {
    const key = JSON.stringify([within.id, settings.KV_WRITE_INTERVAL_SECONDS ?? 'none', settings]);
    const before = known.get(key);
    if (before !== undefined) return before;
    onProgress(name);
    const tiers = await runTiers(within, settings);
    known.set(key, tiers);
    return tiers;
  };
  const choose = async (name: string, change: Partial<SimulatedSettings>, within = world) => {
    const settings = { ...DEFAULTS, ...change };
    const tiers = await run(name, settings, within);
    const share = within.id === world.id ? 1 : tiers.requests / requestsPerDay(scale);
    return { name, tiers, bill: billOf(tiers, logPerDay * share) };
  };
  const all = async (choices: readonly (() => Promise<Choice>)[]) => {
    const made: Choice[] = [];
    for (const choice of choices) made.push(await choice());
    return made;
  };
  const byFresh = await all(
    FRESH.map((seconds) => () => choose(`${seconds} s`, { FRESH_SECONDS: seconds })),
  );
  const byKvWriteAfter = await all(
    KV_WRITE_AFTER.map((seconds) => () => choose(kvName(seconds), writtenAfter(seconds))),
  );
  const others = await all(
    OTHERS.map(
      ([name, change]) =>
        () =>
          choose(name, change),
    ),
  );
  const byTold = await all(
    TOLD.map(
      ([name, change]) =>
        () =>
          choose(`told ${name}`, change),
    ),
  );
  onProgress('the channel dies');
  const silence = await runSilence(makeWorld(briefly(scale)), { ...DEFAULTS, ...toldFor() });
  const bySize = await all(
    SIZES.filter((sessions) => sessions < scale.sessions).flatMap((sessions) => {
      const smaller = makeWorld(shrink(scale, sessions));
      const count = sessions.toLocaleString('en');
      return [
        () => choose(count, {}, smaller),
        () => choose(`${count}, no location`, NO_LOCATION, smaller),
      ];
    }),
  );
  const byAffinity = await all(
    AFFINITIES.flatMap((affinity) => {
      const changed = makeWorld(scale, { ...HABITS, affinity });
      return [
        () => choose(`affinity ${affinity}`, {}, changed),
        () => choose(`affinity ${affinity}, no location`, NO_LOCATION, changed),
      ];
    }),
  );
  const byCache = await all(
    CACHES.map(([name, habits]) => {
      const changed = { ...world, id: `${world.id} ${name}`, cacheHabits: habits };
      return () => choose(name, {}, changed);
    }),
  );
  return {
    scale,
    byCache,
    byFresh,
    byKvWriteAfter,
    others,
    byTold,
    silence,
    bySize,
    byAffinity,
    bySampling: scale.comparesSample ? await compareSamples(scale, onProgress) : [],
    byLag,
    ...(await revokeAll(scale.trials, world.locations, onProgress)),
  };
}

const SAMPLINGS: readonly (readonly [string, number, Partial<SimulatedSettings>])[] = [
  ['all sessions', Infinity, {}],
  ['a tenth of them', 0.1, {}],
  ['all, MEMORY_MAX_ENTRIES = 1,000', Infinity, { MEMORY_MAX_ENTRIES: 1000 }],
  ['all, MEMORY_MAX_ENTRIES = 100', Infinity, { MEMORY_MAX_ENTRIES: 100 }],
];

/** A place whose busiest hour is the first one of the trace. */
const BUSIEST_AT_MIDNIGHT_UTC = { latitude: 34.1, longitude: -118.2 };

async function compareSamples(
  { sessions, locations, isolates }: Scale,
  onProgress: (what: string) => void,
): Promise<Choice[]> {
  const own = Math.round(isolates / locations);
  const only = [{ ...BUSIEST_AT_MIDNIGHT_UTC, share: 1, isolates: own, firstIsolate: 0 }];
  const population = populationOf(Math.round(sessions / locations));
  const made: Choice[] = [];
  for (const [name, fraction, change] of SAMPLINGS) {
    onProgress(name);
    const perDay = fraction * population.sessions * REQUESTS_PER_SESSION_DAY;
    const sample = sampleSessions(population, perDay, new Random(SEED));
    const world = {
      id: name,
      locations: only,
      sample,
      trace: makeTrace(sample, only, { hours: 1, habits: HABITS, seed: SEED }),
      samplingFraction: sample.length / population.sessions,
      isolateLifeMs: ISOLATE_LIFE_MS,
    };
    const tiers = await runTiers(world, { ...DEFAULTS, ...change });
    made.push({ name, tiers, bill: billOf(tiers, 0) });
  }
  return made;
}

function populationOf(sessions: number): Population {
  const requestsPerSessionDay = REQUESTS_PER_SESSION_DAY;
  return { sessions, requestsPerSessionDay, exponent: ZIPF_EXPONENT };
}

function requestsPerDay({ sessions }: Scale): number {
  return sessions * REQUESTS_PER_SESSION_DAY;
}

/** Fewer visitors wake fewer isolates, but at least one in every location. */
function shrink(scale: Scale, sessions: number): Scale {
  const isolates = Math.round((scale.isolates * sessions) / scale.sessions);
  return { ...scale, sessions, isolates: Math.max(scale.locations, isolates) };
}

/** Two hours, with so many requests that ten seconds have enough of them. */
function briefly(scale: Scale): Scale {
  const simulatedRequestsPerDay = 40 * scale.simulatedRequestsPerDay;
  return { ...scale, hours: SILENCE_HOURS, simulatedRequestsPerDay };
}

function makeWorld(scale: Scale, habits: Habits = HABITS): World {
  const locations = layOut(scale.locations, scale.isolates);
  const population = populationOf(scale.sessions);
  const sample = sampleSessions(population, scale.simulatedRequestsPerDay, new Random(SEED));
  const trace = makeTrace(sample, locations, { hours: scale.hours, habits, seed: SEED });
  const samplingFraction = sample.length / scale.sessions;
  const id = JSON.stringify([scale, habits]);
  const isolateLifeMs = ISOLATE_LIFE_MS;
  return { id, locations, sample, trace, samplingFraction, isolateLifeMs };
}

function billOf({ hours, ...tiers }: TierFigures, logCalls: number): Bill {
  const daily = 24 / hours;
  return billFor({
    requests: tiers.requests * daily,
    kvReads: tiers.kvReads * daily,
    kvWrites: tiers.kvWrites * daily,
    kvDeletes: tiers.kvDeletes * daily,
    logCalls,
  });
}

async function readLogs(
  scale: Scale,
  locations: readonly Location[],
  onProgress: (what: string) => void,
) {
  const figures: (LogFigures & { readonly bill: Bill })[] = [];
  for (const lagSeconds of LAGS) {
    onProgress(`the log, ${lagSeconds} s`);
    const seen = await runLog(lagSeconds, {
      locations,
      requestsPerDay: requestsPerDay(scale),
      habits: HABITS,
      witnesses: scale.witnesses,
      checkLifeMs: checkLifeMsFor(DEFAULTS),
    });
    const bill = billFor({
      requests: requestsPerDay(scale),
      kvReads: 0,
      kvWrites: 0,
      kvDeletes: 0,
      logCalls: seen.readsPerDay,
    });
    figures.push({ ...seen, bill });
  }
  return figures;
}

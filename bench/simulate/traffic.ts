// Pure: no I/O, no clock.
import type { Location } from './geography.ts';
import { Random } from './random.ts';
import type { SampledSession } from './sample.ts';

/** Usage of sessions by people and programs. docs/scale.md names each assumption. */
export interface Habits {
  /** Steps (pages, taps) in one visit. */
  readonly stepsPerVisit: number;
  /** Requests a step makes within a quarter of a second. */
  readonly requestsPerStep: number;
  /** The median of the seconds between two steps; their logarithm spreads by 1. */
  readonly thinkSeconds: number;
  /** The probability that a step reaches the same isolate as the one before it. */
  readonly affinity: number;
  /** The probability that a visit is made away from home. */
  readonly away: number;
  /** 0: the same all day; 1: no traffic at the quietest hour, twice the mean at the busiest. */
  readonly diurnal: number;
}

export const HABITS: Habits = {
  stepsPerVisit: 8,
  requestsPerStep: 2.5,
  thinkSeconds: 12,
  affinity: 0.8,
  away: 0.03,
  diurnal: 0.8,
};

/** Requests in the order of time; `session`, `location` and `isolate` are indices. */
export interface Trace {
  readonly hours: number;
  readonly count: number;
  readonly atMs: Float64Array;
  readonly session: Int32Array;
  readonly location: Int32Array;
  readonly isolate: Int32Array;
}

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
const BUSIEST_HOUR = 16;
const BURST_MS = 250;

/** The relative traffic of a place at a time (milliseconds since midnight UTC); 1 is the mean of its day. */
export function busyness(atMs: number, longitude: number, diurnal: number): number {
  const localHour = atMs / HOUR_MS + longitude / 15;
  return 1 + diurnal * Math.cos(((localHour - BUSIEST_HOUR) / DAY_HOURS) * 2 * Math.PI);
}

/** Every request the sampled sessions make in the first `hours` of a day. */
export function makeTrace(
  sessions: readonly SampledSession[],
  locations: readonly Location[],
  {
    hours,
    habits,
    seed,
  }: { readonly hours: number; readonly habits: Habits; readonly seed: number },
): Trace {
  const at: number[] = [];
  const who: number[] = [];
  const where: number[] = [];
  const which: number[] = [];
  sessions.forEach(({ rank, requestsPerDay }, session) => {
    const random = Random.of(seed, rank); // the same visits for any other sessions in the sample
    const home = pickLocation(locations, random);
    for (const startMs of visitStarts(locations[home], requestsPerDay, { hours, habits }, random)) {
      const location = random.isLucky(habits.away) ? pickLocation(locations, random) : home;
      for (const { atMs, isolate } of visit(locations[location], startMs, habits, random)) {
        if (atMs >= hours * HOUR_MS) break;
        at.push(atMs);
        who.push(session);
        where.push(location);
        which.push(isolate);
      }
    }
  });
  const order = Int32Array.from(at, (_, index) => index).sort(
    (a, b) => (at[a] ?? 0) - (at[b] ?? 0),
  );
  const sorted = (values: readonly number[]) =>
    Int32Array.from(order, (index) => values[index] ?? 0);
  return {
    hours,
    count: at.length,
    atMs: Float64Array.from(order, (index) => at[index] ?? 0),
    session: sorted(who),
    location: sorted(where),
    isolate: sorted(which),
  };
}

function pickLocation(locations: readonly Location[], random: Random): number {
  let left = random.next();
  const index = locations.findIndex(({ share }) => {
    left -= share;
    return left < 0;
  });
  return index === -1 ? 0 : index;
}

/** A Poisson process that follows the day, by thinning one that runs at the busiest rate throughout. */
function* visitStarts(
  home: Location | undefined,
  requestsPerDay: number,
  { hours, habits }: { readonly hours: number; readonly habits: Habits },
  random: Random,
): Generator<number> {
  const perDay = requestsPerDay / (habits.stepsPerVisit * habits.requestsPerStep);
  const busiest = 1 + habits.diurnal;
  const meanGapMs = (DAY_HOURS * HOUR_MS) / (perDay * busiest);
  const longitude = home?.longitude ?? 0;
  for (let atMs = random.exponential(meanGapMs); atMs < hours * HOUR_MS; ) {
    const isVisit = random.isLucky(busyness(atMs, longitude, habits.diurnal) / busiest);
    if (isVisit) yield atMs;
    atMs += random.exponential(meanGapMs);
  }
}

function* visit(
  location: Location | undefined,
  startMs: number,
  habits: Habits,
  random: Random,
): Generator<{ readonly atMs: number; readonly isolate: number }> {
  const { firstIsolate = 0, isolates = 1 } = location ?? {};
  const steps = random.geometric(habits.stepsPerVisit);
  let atMs = startMs;
  let isolate = firstIsolate + random.below(isolates);
  for (let step = 0; step < steps; step += 1) {
    const requests = random.geometric(habits.requestsPerStep);
    for (let request = 0; request < requests; request += 1) {
      yield { atMs: Math.floor(atMs + random.next() * BURST_MS), isolate };
    }
    atMs += 1000 * random.logNormal(habits.thinkSeconds, 1);
    if (!random.isLucky(habits.affinity)) isolate = firstIsolate + random.below(isolates);
  }
}

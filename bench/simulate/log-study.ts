import { HOME, type Location, roundTripMs } from './geography.ts';
import { Histogram } from './histogram.ts';
import { Random } from './random.ts';
import { SimulatedLog } from './simulated-log.ts';
import { SimulatedTime } from './simulated-time.ts';
import { busyness, type Habits } from './traffic.ts';

export interface LogStudyOptions {
  readonly locations: readonly Location[];
  readonly requestsPerDay: number;
  readonly habits: Habits;
  /** Isolates that are watched, each for a while in every hour of the day. */
  readonly witnesses: number;
  /** The longest lifetime of a check. */
  readonly checkLifeMs: number;
}

export interface LogFigures {
  readonly lagSeconds: number;
  readonly readsPerDay: number;
  /** Per hour, per second, of all isolates together. */
  readonly readLoad: readonly number[];
  /** The share of requests that waited for the log. */
  readonly waiting: number;
  /** Milliseconds waited, 0 included. */
  readonly wait: Histogram;
}

const HOURS = 24;
const START = Date.UTC(2026, 5, 3);
const LEAST_WINDOW_SECONDS = 60;
const WINDOW_LAGS = 10;

/**
 * The cost of the view of the log. Isolates read it, not sessions, so isolates are the sample here: each
 * witness has all the requests of a whole isolate, for a window in every hour.
 */
export async function runLog(lagSeconds: number, options: LogStudyOptions): Promise<LogFigures> {
  const { locations, witnesses } = options;
  const isolates = locations.reduce((sum, location) => sum + location.isolates, 0);
  const readLoad = new Array<number>(HOURS).fill(0);
  const wait = new Histogram(1, 2000);
  let waited = 0;
  for (let witness = 0; witness < witnesses; witness += 1) {
    const location = locationAt(locations, ((witness + 0.5) / witnesses) * isolates);
    for (let hour = 0; hour < HOURS; hour += 1) {
      const seen = await watch(location, { lagSeconds, hour, witness }, options);
      readLoad[hour] = (readLoad[hour] ?? 0) + (seen.readsPerSecond * isolates) / witnesses;
      for (const waitMs of seen.waits) wait.add(waitMs, seen.requestsPerSecond / seen.waits.length);
      const waiting = seen.waits.filter((waitMs) => waitMs > 0).length;
      waited += (waiting / Math.max(1, seen.waits.length)) * seen.requestsPerSecond;
    }
  }
  const readsPerDay = readLoad.reduce((sum, reads) => sum + reads * 3600, 0);
  return { lagSeconds, readsPerDay, readLoad, waiting: waited / wait.total, wait };
}

function locationAt(locations: readonly Location[], isolate: number): Location {
  const found = locations.findLast(({ firstIsolate }) => firstIsolate <= isolate);
  if (found === undefined) throw new Error('there are no locations');
  return found;
}

async function watch(
  location: Location,
  {
    lagSeconds,
    hour,
    witness,
  }: { readonly lagSeconds: number; readonly hour: number; readonly witness: number },
  { requestsPerDay, habits, checkLifeMs }: LogStudyOptions,
) {
  const random = Random.of(17, witness, hour);
  const startMs = hour * 3_600_000;
  const requestsPerSecond =
    ((requestsPerDay * location.share) / location.isolates / 86_400) *
    busyness(startMs, location.longitude, habits.diurnal);
  const windowSeconds = Math.max(LEAST_WINDOW_SECONDS, WINDOW_LAGS * lagSeconds);
  const warmUpMs = lagSeconds * 1000; // the state an isolate begins in is not the state it lives in
  const countFrom = START + startMs + warmUpMs;
  const time = new SimulatedTime(START + startMs);
  let reads = 0;
  const onRead = () => {
    if (time.now() >= countFrom) reads += 1;
  };
  const log = new SimulatedLog({ time, lagMs: lagSeconds * 1000, checkLifeMs, onRead });
  const { view } = log.from(roundTripMs(location, HOME));
  const waits: number[] = [];
  const gap = () => random.exponential(1000 / requestsPerSecond);
  let nextAt = START + startMs + gap();
  const endAt = countFrom + windowSeconds * 1000;
  await time.run({
    nextAt: () => (nextAt < endAt ? nextAt : Infinity),
    fire: () => {
      const startedAt = time.now();
      const isCounted = startedAt >= countFrom;
      const refreshed = view.refresh(startedAt, ignore);
      if (refreshed === undefined) {
        if (isCounted) waits.push(0);
      } else {
        refreshed.then(() => isCounted && waits.push(time.now() - startedAt));
      }
      nextAt += gap();
    },
  });
  return { readsPerSecond: reads / windowSeconds, requestsPerSecond, waits };
}

/** Work that goes on behind an answer: the simulated time runs until all of it is done. */
function ignore(): void {}

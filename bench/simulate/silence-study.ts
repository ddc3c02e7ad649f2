import type { SimulatedSettings } from './settings.ts';
import { runTiers, type World } from './tier-study.ts';

/** What the store and the requests see of a channel that dies. Checks are per second. */
export interface SilenceFigures {
  readonly told: number;
  readonly firstTenSeconds: number;
  readonly firstMinute: number;
  /** The busiest ten seconds of the quarter of an hour after the channel died. */
  readonly busiest: number;
  readonly untold: number;
  /** Shares of requests that wait for the store. */
  readonly waits: {
    readonly told: number;
    readonly firstTenSeconds: number;
    readonly firstMinute: number;
    readonly untold: number;
  };
}

const BUCKET_MS = 10_000;
const SILENT_AT_MINUTES = 75;

export const SILENCE_HOURS = 2;

/** Runs two hours, in which the store stops telling of its changes after 75 minutes. */
export async function runSilence(
  world: World,
  settings: SimulatedSettings,
): Promise<SilenceFigures> {
  const silentAtMs = SILENT_AT_MINUTES * 60_000;
  const { storeLoad, waits } = await runTiers(
    { ...world, silentAtMs, bucketMs: BUCKET_MS },
    settings,
  );
  const bucketAt = (minutes: number) => (minutes * 60_000) / BUCKET_MS;
  const between = (from: number, until: number) => {
    const loads = storeLoad.slice(bucketAt(from), bucketAt(until));
    const requests = waits.slice(bucketAt(from), bucketAt(until));
    const all = requests.reduce((sum, each) => sum + each.requests, 0);
    return {
      load: loads.reduce((sum, load) => sum + load, 0) / loads.length,
      waiting: requests.reduce((sum, { waited }) => sum + waited, 0) / all,
      busiest: Math.max(...loads),
    };
  };
  const told = between(SILENT_AT_MINUTES - 15, SILENT_AT_MINUTES);
  const firstTen = between(SILENT_AT_MINUTES, SILENT_AT_MINUTES + 1 / 6);
  const firstMinute = between(SILENT_AT_MINUTES, SILENT_AT_MINUTES + 1);
  const untold = between(SILENT_AT_MINUTES + 15, SILENCE_HOURS * 60 - 1);
  return {
    told: told.load,
    firstTenSeconds: firstTen.load,
    firstMinute: firstMinute.load,
    busiest: between(SILENT_AT_MINUTES, SILENT_AT_MINUTES + 15).busiest,
    untold: untold.load,
    waits: {
      told: told.waiting,
      firstTenSeconds: firstTen.waiting,
      firstMinute: firstMinute.waiting,
      untold: untold.waiting,
    },
  };
}

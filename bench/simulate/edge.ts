import { noCounts } from '../../src/revocation/isolate-counts.ts';
import { NO_REVOCATION, type Revocation } from '../../src/revocation/revocation.ts';
import { NO_REVOCATION_LOG, type RevocationView } from '../../src/revocation/revocation-view.ts';
import { KvBytes } from '../../src/runtime/kv.ts';
import { LocationBytes } from '../../src/runtime/location-cache.ts';
import type { Lifetimes } from '../../src/sessions/freshness.ts';
import { SealedTier } from '../../src/sessions/sealed-tier.ts';
import { Sessions } from '../../src/sessions/sessions.ts';
import { SharedTiers } from '../../src/sessions/shared-tiers.ts';
import { StoreReadiness } from '../../src/sessions/store-readiness.ts';
import { HOME, type Location, roundTripMs } from './geography.ts';
import { Random } from './random.ts';
import { lifetimesFor, type SimulatedSettings } from './settings.ts';
import type { SimulatedCache } from './simulated-cache.ts';
import type { SimulatedChannel } from './simulated-channel.ts';
import type { SimulatedKv } from './simulated-kv.ts';
import type { SimulatedLog } from './simulated-log.ts';
import type { SimulatedStore } from './simulated-store.ts';
import type { SimulatedTime } from './simulated-time.ts';

export interface EdgeOptions {
  readonly time: SimulatedTime;
  readonly store: SimulatedStore;
  readonly cache: SimulatedCache;
  readonly kv: SimulatedKv;
  /** `undefined`: no log is kept. */
  readonly log: SimulatedLog | undefined;
  readonly locations: readonly Location[];
  readonly settings: SimulatedSettings;
  /** `undefined`: the store does not tell of its changes. */
  readonly channel?: SimulatedChannel | undefined;
  /** The mean life of an isolate; memory ends with it. */
  readonly isolateLifeMs: number;
}

/** The parts of an isolate that decide, as they are deployed. */
export interface Isolate {
  readonly sessions: Sessions;
  readonly revocation: Revocation;
  readonly endsAt: number;
}

/** Every isolate of every location, begun when first used. */
export class Edge {
  readonly #options: EdgeOptions;
  readonly #isolates = new Map<number, Isolate>();
  readonly #lives = new Random(7);
  kvFailures = 0;
  locationFailures = 0;

  constructor(options: EdgeOptions) {
    this.#options = options;
  }

  at(location: number, isolate: number): Isolate {
    const known = this.#isolates.get(isolate);
    if (known !== undefined && this.#options.time.now() < known.endsAt) return known;
    const begun = this.#begin(location);
    this.#isolates.set(isolate, begun);
    return begun;
  }

  #begin(location: number): Isolate {
    const { time, store, log, locations, settings, isolateLifeMs } = this.#options;
    const distanceMs = roundTripMs(locations[location] ?? HOME, HOME);
    const revocation = log?.from(distanceMs) ?? NO_REVOCATION;
    const lifetimes = lifetimesFor(settings);
    const near = store.from(distanceMs);
    const sessions = new Sessions({
      store: near,
      readiness: new StoreReadiness({ store: near, now: time.now, report: () => {} }),
      shared: this.#sharedTiers(location, lifetimes),
      revocation: log === undefined ? this.#viewWithoutLog() : revocation.view,
      lifetimes,
      memoryLimits: {
        maxEntries: settings.MEMORY_MAX_ENTRIES,
        maxBytes: settings.MEMORY_MAX_BYTES,
      },
      storeTimeoutMs: settings.STORE_TIMEOUT_MS,
      counts: noCounts(),
      report: () => {},
      now: time.now,
    });
    return { sessions, revocation, endsAt: time.now() + this.#lives.exponential(isolateLifeMs) };
  }

  /** The view of an isolate in use whose reads of the log are not simulated: they are half a lag apart. */
  #viewWithoutLog(): RevocationView {
    const { channel, settings } = this.#options;
    if (channel === undefined) return NO_REVOCATION_LOG;
    const ageMs = ((settings.REVOCATION_LAG_SECONDS ?? 0) * 1000) / 2;
    return {
      ...NO_REVOCATION_LOG,
      changesKnownUntil: (_, now) => channel.knownUntil(now - ageMs),
    };
  }

  #sharedTiers(location: number, lifetimes: Lifetimes): SharedTiers {
    const { settings, cache, kv, time } = this.#options;
    const { now } = time;
    const tier = { issuer: 'https://kratos.example/', now };
    const near = new LocationBytes(async () => cache.at(location), {
      host: 'app.example',
      report: () => {
        this.locationFailures += 1;
      },
      now,
    });
    const far = new KvBytes(kv.at(location), {
      readTimeoutMs: settings.KV_READ_TIMEOUT_MS,
      report: () => {
        this.kvFailures += 1;
      },
    });
    const intervalSeconds = settings.KV_WRITE_INTERVAL_SECONDS;
    return new SharedTiers({
      location: settings.LOCATION_TIER ? new SealedTier(near, tier) : undefined,
      kv: intervalSeconds === undefined ? undefined : new SealedTier(far, tier),
      kvWrites: {
        afterSeconds: settings.KV_WRITE_AFTER_SECONDS,
        intervalSeconds: intervalSeconds ?? Infinity,
      },
      lifetimes,
      now,
    });
  }
}

import { NO_REVOCATION, type Revocation } from '../../src/revocation/revocation.ts';
import type { KeyValueStore } from '../../src/runtime/kv.ts';
import { KvTier } from '../../src/sessions/kv-tier.ts';
import { Sessions } from '../../src/sessions/sessions.ts';
import { StoreReadiness } from '../../src/sessions/store-readiness.ts';
import { HOME, type Location, roundTripMs } from './geography.ts';
import { Random } from './random.ts';
import type { SimulatedSettings } from './settings.ts';
import type { SimulatedKv } from './simulated-kv.ts';
import type { SimulatedLog } from './simulated-log.ts';
import type { SimulatedStore } from './simulated-store.ts';
import type { SimulatedTime } from './simulated-time.ts';

export interface EdgeOptions {
  readonly time: SimulatedTime;
  readonly store: SimulatedStore;
  readonly kv: SimulatedKv;
  /** `undefined`: no log is kept. */
  readonly log: SimulatedLog | undefined;
  readonly locations: readonly Location[];
  readonly settings: SimulatedSettings;
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
    const { time, store, kv, log, locations, settings, isolateLifeMs } = this.#options;
    const distanceMs = roundTripMs(locations[location] ?? HOME, HOME);
    const revocation = log?.from(distanceMs) ?? NO_REVOCATION;
    const isBound = settings.KV_WRITE_INTERVAL_SECONDS !== undefined;
    const near = store.from(distanceMs);
    const sessions = new Sessions({
      store: near,
      readiness: new StoreReadiness({ store: near, now: time.now, report: () => {} }),
      kv: isBound ? this.#kvTier(kv.at(location)) : undefined,
      revocation: revocation.view,
      lifetimes: {
        freshSeconds: settings.FRESH_SECONDS,
        staleWhileRevalidateSeconds: settings.STALE_WHILE_REVALIDATE_SECONDS,
        staleIfErrorSeconds: settings.STALE_IF_ERROR_SECONDS,
      },
      memoryLimits: {
        maxEntries: settings.MEMORY_MAX_ENTRIES,
        maxBytes: settings.MEMORY_MAX_BYTES,
      },
      storeTimeoutMs: settings.STORE_TIMEOUT_MS,
      report: () => {},
      now: time.now,
    });
    return { sessions, revocation, endsAt: time.now() + this.#lives.exponential(isolateLifeMs) };
  }

  #kvTier(store: KeyValueStore): KvTier {
    const { settings } = this.#options;
    const report = () => {
      this.kvFailures += 1;
    };
    return new KvTier(store, {
      issuer: 'https://kratos.example/',
      readTimeoutMs: settings.KV_READ_TIMEOUT_MS,
      writeIntervalSeconds: settings.KV_WRITE_INTERVAL_SECONDS ?? Infinity,
      report,
      now: this.#options.time.now,
    });
  }
}

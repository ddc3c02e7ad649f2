import { nameCredential } from '../../src/credentials/credential-name.ts';
import { NO_REQUIREMENT } from '../../src/sessions/freshness.ts';
import type { Provenance, Resolution } from '../../src/sessions/resolution.ts';
import { Edge } from './edge.ts';
import type { Location } from './geography.ts';
import { Histogram } from './histogram.ts';
import { Random } from './random.ts';
import type { SampledSession } from './sample.ts';
import type { SimulatedSettings } from './settings.ts';
import { CACHE_HABITS, type CacheHabits, SimulatedCache } from './simulated-cache.ts';
import { SimulatedChannel } from './simulated-channel.ts';
import { type KvRead, SimulatedKv } from './simulated-kv.ts';
import { credentialOf, SimulatedStore } from './simulated-store.ts';
import { SimulatedTime } from './simulated-time.ts';
import type { Trace } from './traffic.ts';

/** The simulated deployment, without its settings. */
export interface World {
  /** The same for worlds that are the same. */
  readonly id: string;
  readonly locations: readonly Location[];
  readonly sample: readonly SampledSession[];
  readonly trace: Trace;
  /** Sampled sessions over all: memory's bounds are scaled alike. */
  readonly samplingFraction: number;
  readonly isolateLifeMs: number;
  /** The habits of the locations' caches that differ from those assumed. */
  readonly cacheHabits?: Partial<CacheHabits>;
  /** When the store stops telling of its changes, in milliseconds from the start. */
  readonly silentAtMs?: number;
  /** Width of the buckets of `storeLoad` and `waits`. */
  readonly bucketMs?: number;
}

/** The result of one run. Every count is scaled to the whole population. */
export interface TierFigures {
  readonly hours: number;
  /** Requests that were simulated, each standing for many. */
  readonly simulated: number;
  readonly requests: number;
  readonly byTier: Readonly<Record<Provenance['tier'], number>>;
  readonly collapsed: number;
  readonly storeCalls: number;
  /** Per bucket (a quarter of an hour unless the world says otherwise), per second. */
  readonly storeLoad: readonly number[];
  /** Per bucket: requests, and those that waited for the store. */
  readonly waits: readonly { readonly requests: number; readonly waited: number }[];
  readonly cacheReads: number;
  readonly cacheWrites: number;
  readonly kvReads: number;
  readonly kvFound: number;
  /** Made while the same isolate was reading the same key already. */
  readonly kvRepeated: number;
  readonly kvWrites: number;
  readonly kvRefusedWrites: number;
  readonly kvDeletes: number;
  readonly kvFailures: number;
  /** Seconds. */
  readonly age: Histogram;
  /** Milliseconds from the request to the answer. */
  readonly latency: Histogram;
}

/** A bound below this would measure its own coarseness and not the pressure on memory. */
const LEAST_ENTRIES = 16;
const ENTRY_BYTES = 2731;
const LOAD_BUCKET_MS = 900_000;
const START = Date.UTC(2026, 5, 3); // a midnight; which one does not matter
const STORE_ID = 'https://auth.example.com';

/** Runs the trace through the real tiers under these settings. */
export async function runTiers(world: World, settings: SimulatedSettings): Promise<TierFigures> {
  const study = new TierStudy(world, settings, await namesOf(world.sample));
  return study.run();
}

async function namesOf(sample: readonly SampledSession[]): Promise<Map<string, number>> {
  const names = new Map<string, number>();
  for (const [session, { weight }] of sample.entries()) {
    names.set(await nameCredential(credentialOf(session), STORE_ID), weight);
  }
  return names;
}

class TierStudy {
  readonly #world: World;
  readonly #weights: ReadonlyMap<string, number>;
  readonly #time = new SimulatedTime(START);
  readonly #edge: Edge;
  readonly #figures = {
    requests: 0,
    byTier: { memory: 0, location: 0, kv: 0, store: 0, signature: 0, none: 0 },
    collapsed: 0,
    storeCalls: 0,
    cacheReads: 0,
    cacheWrites: 0,
    kvReads: 0,
    kvFound: 0,
    kvRepeated: 0,
    kvWrites: 0,
    kvRefusedWrites: 0,
    kvDeletes: 0,
    age: new Histogram(1, 8000),
    latency: new Histogram(1, 6000),
  };
  readonly #bucketMs: number;
  readonly #storeLoad: Float64Array;
  readonly #waits: { requests: number; waited: number }[];

  constructor(world: World, settings: SimulatedSettings, weights: ReadonlyMap<string, number>) {
    this.#world = world;
    this.#weights = weights;
    this.#bucketMs = world.bucketMs ?? LOAD_BUCKET_MS;
    const buckets = Math.ceil((world.trace.hours * 3_600_000) / this.#bucketMs);
    this.#storeLoad = new Float64Array(buckets);
    this.#waits = Array.from({ length: buckets }, () => ({ requests: 0, waited: 0 }));
    const store = new SimulatedStore(this.#time, new Random(11), (session) =>
      this.#onCheck(session),
    );
    const kv = new SimulatedKv(this.#time, new Random(13), this.#kvObserver());
    const cache = new SimulatedCache(this.#time, new Random(17), this.#cacheObserver(), {
      ...CACHE_HABITS,
      ...world.cacheHabits,
    });
    const { locations, isolateLifeMs } = world;
    const scaled = scaleMemory(settings, world.samplingFraction);
    this.#edge = new Edge({
      time: this.#time,
      store,
      cache,
      kv,
      channel:
        settings.TOLD_FRESH_SECONDS === undefined
          ? undefined
          : new SimulatedChannel(START + (world.silentAtMs ?? Infinity)),
      log: undefined, // the log's cost does not scale with sessions: log-study.ts
      locations,
      settings: scaled,
      isolateLifeMs,
    });
  }

  async run(): Promise<TierFigures> {
    const { trace } = this.#world;
    let next = 0;
    await this.#time.run({
      nextAt: () => (next < trace.count ? START + (trace.atMs[next] ?? 0) : Infinity),
      fire: () => this.#request(next++),
    });
    return {
      ...this.#figures,
      hours: trace.hours,
      simulated: trace.count,
      storeLoad: [...this.#storeLoad].map((calls) => calls / (this.#bucketMs / 1000)),
      waits: this.#waits,
      kvFailures: this.#edge.kvFailures,
    };
  }

  #request(index: number): void {
    const { trace } = this.#world;
    const session = trace.session[index] ?? 0;
    const startedAt = this.#time.now();
    this.#edge
      .at(trace.location[index] ?? 0, trace.isolate[index] ?? 0)
      .sessions.resolve(credentialOf(session), NO_REQUIREMENT, ignore)
      .then((resolution) => this.#note(session, resolution, this.#time.now() - startedAt));
  }

  #note(session: number, { outcome, provenance }: Resolution, latencyMs: number): void {
    if (outcome !== 'signed-in') throw new Error(`a valid session was answered ${outcome}`);
    const weight = this.#weightOf(session);
    this.#figures.requests += weight;
    this.#figures.byTier[provenance.tier] += weight;
    if (provenance.collapsed) this.#figures.collapsed += weight;
    this.#figures.age.add(provenance.ageSeconds, weight);
    this.#figures.latency.add(latencyMs, weight);
    const bucket = this.#waits[Math.floor((this.#time.now() - START) / this.#bucketMs)];
    if (bucket === undefined) return;
    bucket.requests += weight;
    if (provenance.tier === 'store') bucket.waited += weight;
  }

  #onCheck(session: number): void {
    const weight = this.#weightOf(session);
    this.#figures.storeCalls += weight;
    const bucket = Math.floor((this.#time.now() - START) / this.#bucketMs);
    if (bucket < this.#storeLoad.length) {
      this.#storeLoad[bucket] = (this.#storeLoad[bucket] ?? 0) + weight;
    }
  }

  #cacheObserver() {
    const weightOf = (url: string) => this.#weights.get(url.slice(url.lastIndexOf('/') + 1)) ?? 0;
    const figures = this.#figures;
    return {
      onMatch(url: string) {
        figures.cacheReads += weightOf(url);
      },
      onPut(url: string) {
        figures.cacheWrites += weightOf(url);
      },
    };
  }

  #kvObserver() {
    const weightOf = (name: string) => this.#weights.get(name) ?? 0;
    const figures = this.#figures;
    return {
      onRead(name: string, { isFound, isRepeated }: KvRead) {
        figures.kvReads += weightOf(name);
        if (isFound) figures.kvFound += weightOf(name);
        if (isRepeated) figures.kvRepeated += weightOf(name);
      },
      onWrite(name: string, isRefused: boolean) {
        figures.kvWrites += weightOf(name);
        if (isRefused) figures.kvRefusedWrites += weightOf(name);
      },
      onDelete(name: string) {
        figures.kvDeletes += weightOf(name);
      },
    };
  }

  #weightOf(session: number): number {
    return this.#world.sample[session]?.weight ?? 0;
  }
}

function scaleMemory(settings: SimulatedSettings, fraction: number): SimulatedSettings {
  const entries = settings.MEMORY_MAX_ENTRIES * fraction;
  const bytes = settings.MEMORY_MAX_BYTES * fraction;
  return {
    ...settings,
    MEMORY_MAX_ENTRIES: Math.ceil(
      Math.max(entries, Math.min(LEAST_ENTRIES, settings.MEMORY_MAX_ENTRIES)),
    ),
    MEMORY_MAX_BYTES: Math.max(bytes, LEAST_ENTRIES * ENTRY_BYTES),
  };
}

/** Work that goes on behind an answer: the simulated time runs until all of it is done. */
function ignore(): void {}

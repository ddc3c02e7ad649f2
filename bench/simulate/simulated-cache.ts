import type { LocationCache } from '../../src/runtime/location-cache.ts';
import type { Random } from './random.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** Numbers that no documentation has. */
export interface CacheHabits {
  /** Median and spread (of the logarithm) of a read, hit or miss alike, in milliseconds. */
  readonly read: readonly [number, number];
  /** A write is visible to reads after this many milliseconds. */
  readonly visibleAfterMs: number;
  /** The share of writes that are lost. */
  readonly lost: number;
  /** The mean time until an entry is evicted. */
  readonly meanLifeMs: number;
}

export const CACHE_HABITS: CacheHabits = {
  read: [4.5, 0.55], // p90 9 ms, p99 16 ms
  visibleAfterMs: 8,
  lost: 0.03,
  meanLifeMs: 2 * 3_600_000,
};

export interface CacheObserver {
  onMatch(url: string): void;
  onPut(url: string): void;
}

interface Stored {
  readonly bytes: ArrayBuffer;
  readonly visibleAt: number;
  readonly endsAt: number;
}

/** The Cache API: one cache in each location, which may lose any value. */
export class SimulatedCache {
  readonly #time: SimulatedTime;
  readonly #random: Random;
  readonly #observer: CacheObserver;
  readonly #habits: CacheHabits;
  readonly #caches = new Map<number, Map<string, Stored>>();

  constructor(
    time: SimulatedTime,
    random: Random,
    observer: CacheObserver,
    habits: CacheHabits = CACHE_HABITS,
  ) {
    this.#time = time;
    this.#random = random;
    this.#observer = observer;
    this.#habits = habits;
  }

  /** The cache as an isolate of this location opens it. */
  at(location: number): LocationCache {
    const stored = this.#caches.get(location) ?? new Map<string, Stored>();
    this.#caches.set(location, stored);
    return {
      match: (url) => this.#match(stored, url),
      put: (url, response) => this.#put(stored, url, response),
      delete: async (url) => stored.delete(url),
    };
  }

  async #match(cache: ReadonlyMap<string, Stored>, url: string): Promise<Response | undefined> {
    this.#observer.onMatch(url);
    const found = cache.get(url);
    const now = this.#time.now();
    const [median, sigma] = this.#habits.read;
    await this.#time.sleep(this.#random.logNormal(median, sigma));
    const isThere = found !== undefined && found.visibleAt <= now && now < found.endsAt;
    return isThere ? new Response(found.bytes) : undefined;
  }

  async #put(cache: Map<string, Stored>, url: string, response: Response): Promise<void> {
    this.#observer.onPut(url);
    const seconds = Number(response.headers.get('cache-control')?.replace('max-age=', ''));
    const bytes = await response.arrayBuffer();
    const { lost, visibleAfterMs, meanLifeMs } = this.#habits;
    if (this.#random.isLucky(lost)) return;
    const now = this.#time.now();
    const endsAt = now + Math.min(seconds * 1000, this.#random.exponential(meanLifeMs));
    cache.set(url, { bytes, visibleAt: now + visibleAfterMs, endsAt });
  }
}

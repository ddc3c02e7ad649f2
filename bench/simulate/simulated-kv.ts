import type { KeyValueStore } from '../../src/runtime/kv.ts';
import type { Random } from './random.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** Numbers for the parts that the documentation leaves open. */
export interface KvDelays {
  /** A write is visible to reads elsewhere that no cache answers after at most this long, evenly spread. */
  readonly propagationMs: number;
  /** The probability that a write is visible at once at its own location ("usually", but not guaranteed). */
  readonly ownLocation: number;
  /** Median and spread (of the logarithm) of a read that the location's cache answers. */
  readonly hotRead: readonly [number, number];
  /** The same where the next tier or the central store has to be asked. */
  readonly coldRead: readonly [number, number];
  readonly write: readonly [number, number];
}

/** Together with the 30 s of a location's cache, every read stays within the documented 60 s. */
export const KV_DELAYS: KvDelays = {
  propagationMs: 30_000,
  ownLocation: 0.95,
  hotRead: [3, 0.5],
  coldRead: [25, 0.9], // p95 110 ms, p99 200 ms
  write: [150, 0.5],
};

export interface KvRead {
  readonly isFound: boolean;
  /** The same isolate was reading the same key already. */
  readonly isRepeated: boolean;
}

export interface KvObserver {
  onRead(name: string, read: KvRead): void;
  onWrite(name: string, isRefused: boolean): void;
  onDelete(name: string): void;
}

interface Version {
  readonly value: ArrayBuffer | null;
  readonly expiresAt: number;
  readonly location: number;
  readonly writtenAt: number;
  readonly visibleAt: number;
}
interface CachedRead {
  readonly version: Version | undefined;
  readonly readAt: number;
}

const MIN_CACHE_TTL_SECONDS = 30;
const MIN_EXPIRATION_TTL_SECONDS = 60;
const WRITE_INTERVAL_MS = 1000;

/**
 * Workers KV as documented: a central store, and in each location a cache of what was read there, absence included, for
 * `cacheTtl`; writes visible at once where they were made (usually) and elsewhere within a minute; one write
 * per second and key, above which `put` throws; an expiry that beats every cache.
 */
export class SimulatedKv {
  readonly #time: SimulatedTime;
  readonly #random: Random;
  readonly #observer: KvObserver;
  readonly #delays: KvDelays;
  readonly #versions = new Map<string, Version[]>();
  readonly #caches = new Map<number, Map<string, CachedRead>>();

  constructor(time: SimulatedTime, random: Random, observer: KvObserver, delays = KV_DELAYS) {
    this.#time = time;
    this.#random = random;
    this.#observer = observer;
    this.#delays = delays;
  }

  /** The namespace as one isolate of this location has it bound. */
  at(location: number): KeyValueStore {
    const reading = new Map<string, number>();
    return {
      get: async (name, options) => {
        const others = reading.get(name) ?? 0;
        reading.set(name, others + 1);
        const value = await this.#get(location, name, { ...options, isRepeated: others > 0 });
        const left = (reading.get(name) ?? 1) - 1;
        if (left === 0) reading.delete(name);
        else reading.set(name, left);
        return value;
      },
      put: (name, value, options) => this.#put(location, name, value, options),
      delete: (name) => this.#delete(location, name),
    };
  }

  async #get(
    location: number,
    name: string,
    { cacheTtl, isRepeated }: { readonly cacheTtl: number; readonly isRepeated: boolean },
  ): Promise<ArrayBuffer | null> {
    if (cacheTtl < MIN_CACHE_TTL_SECONDS) throw new Error('KV GET failed: 400 Invalid cache_ttl');
    const readAt = this.#time.now();
    const cached = this.#cacheOf(location).get(name);
    const isHot = cached !== undefined && readAt - cached.readAt < cacheTtl * 1000;
    const version = isHot ? cached.version : this.#lookUp(location, name);
    const isAlive = version !== undefined && readAt < version.expiresAt;
    const value = isAlive ? version.value : null;
    this.#observer.onRead(name, { isFound: value !== null, isRepeated });
    await this.#wait(isHot ? this.#delays.hotRead : this.#delays.coldRead);
    if (!isHot) this.#keep(location, name, { version, readAt });
    return value;
  }

  /** Only what has arrived can be read from the location's cache; who asks meanwhile asks as far. */
  #keep(location: number, name: string, read: CachedRead): void {
    const kept = this.#cacheOf(location).get(name);
    if (kept === undefined || kept.readAt < read.readAt) this.#cacheOf(location).set(name, read);
  }

  async #put(
    location: number,
    name: string,
    value: ArrayBuffer,
    { expirationTtl }: { readonly expirationTtl: number },
  ): Promise<void> {
    if (expirationTtl < MIN_EXPIRATION_TTL_SECONDS) {
      throw new Error('KV PUT failed: 400 Invalid expiration_ttl');
    }
    const now = this.#time.now();
    const previous = this.#versions.get(name)?.at(-1);
    const isRefused = previous !== undefined && now - previous.writtenAt < WRITE_INTERVAL_MS;
    this.#observer.onWrite(name, isRefused);
    if (!isRefused) this.#write(location, name, value, now + expirationTtl * 1000);
    await this.#wait(this.#delays.write);
    if (isRefused) throw new Error('KV PUT failed: 429 Too Many Requests');
  }

  async #delete(location: number, name: string): Promise<void> {
    this.#observer.onDelete(name);
    this.#write(location, name, null, Infinity);
    await this.#wait(this.#delays.write);
  }

  #write(location: number, name: string, value: ArrayBuffer | null, expiresAt: number): void {
    const now = this.#time.now();
    const visibleAt = now + this.#random.next() * this.#delays.propagationMs;
    const version = { value, expiresAt, location, writtenAt: now, visibleAt };
    const past = this.#versions.get(name)?.slice(-3) ?? []; // older ones are visible nowhere any more
    this.#versions.set(name, [...past, version]);
    if (this.#random.isLucky(this.#delays.ownLocation)) {
      this.#cacheOf(location).set(name, { version, readAt: now });
    }
  }

  /** The newest version that has reached this location. */
  #lookUp(location: number, name: string): Version | undefined {
    const now = this.#time.now();
    return this.#versions
      .get(name)
      ?.findLast((version) => version.location === location || version.visibleAt <= now);
  }

  #cacheOf(location: number): Map<string, CachedRead> {
    const known = this.#caches.get(location);
    if (known !== undefined) return known;
    const cache = new Map<string, CachedRead>();
    this.#caches.set(location, cache);
    return cache;
  }

  #wait([median, sigma]: readonly [number, number]): Promise<void> {
    return this.#time.sleep(Math.round(this.#random.logNormal(median, sigma)));
  }
}

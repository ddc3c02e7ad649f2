import type { CredentialName } from '../credentials/credential-name.ts';
import type { SharedPlace } from '../runtime/shared-bytes.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import { type Lifetimes, usefulSeconds } from './freshness.ts';
import type { CheckedSession } from './resolution.ts';
import type { SealedTier } from './sealed-tier.ts';
import type { SharedSession } from './sealing.ts';

export interface SharedTiersOptions {
  /** `undefined`: isolates of a location share nothing. */
  readonly location: SealedTier | undefined;
  /** `undefined`: locations share nothing. */
  readonly kv: SealedTier | undefined;
  readonly kvWrites: KvWriteRule;
  readonly lifetimes: Lifetimes;
  readonly now: () => number;
}

/** When a location writes a session to KV. */
export interface KvWriteRule {
  /** A session is written when it has been in use in the location for this long. */
  readonly afterSeconds: number;
  /** The shortest time between two writes of one session. */
  readonly intervalSeconds: number;
}

/** The credential under which a session is shared: its name, and its value, from which the key is derived. */
export interface SharedUnder {
  readonly name: CredentialName;
  readonly value: string;
}

/**
 * The places in which isolates share sessions: the cache of the location, then KV. Every check is put into the
 * location's cache, which costs nothing. KV is written seldom, and once for all isolates of a location: the entry in
 * the location's cache has the time of the last write.
 */
export class SharedTiers {
  readonly #options: SharedTiersOptions;

  constructor(options: SharedTiersOptions) {
    this.#options = options;
  }

  has(place: SharedPlace): boolean {
    return this.#options[place] !== undefined;
  }

  /** Reads a session from one place. Returns `undefined` if the place has none that opens, or is late. */
  async read(
    place: SharedPlace,
    { name, value }: SharedUnder,
    waitUntil: WaitUntil,
  ): Promise<SharedSession | undefined> {
    const shared = await this.#options[place]?.read(name, value, waitUntil);
    if (shared === undefined || place === 'location') return shared;
    // Another location wrote it. This location knows it from now, and need not write it soon.
    return { ...shared, knownSince: this.#options.now(), kvWrittenAt: shared.checked.checkedAt };
  }

  /** Returns a new check with what is known of the copies of the session, from the check before it. */
  follow(previous: SharedSession | undefined, checked: CheckedSession): SharedSession {
    const { lifetimes, now } = this.#options;
    const kvWrittenAt = previous?.kvWrittenAt;
    const isInUse =
      previous !== undefined &&
      now() < previous.checked.checkedAt + usefulSeconds(previous.checked, lifetimes) * 1000;
    const knownSince = isInUse ? previous.knownSince : checked.checkedAt;
    return { checked, knownSince, kvWrittenAt };
  }

  /**
   * Puts a session into the location's cache, and into KV if that is due.
   *
   * @returns the session with the time of the last write to KV
   */
  async share(
    under: SharedUnder,
    shared: SharedSession,
    waitUntil: WaitUntil,
  ): Promise<SharedSession> {
    const { location, kv, now } = this.#options;
    if (kv === undefined || !this.#isKvDue(shared)) {
      await this.#write(location, under, shared);
      return shared;
    }
    // Another isolate of this location may have written the session to KV meanwhile.
    const there = await location?.read(under.name, under.value, waitUntil);
    const written = { ...shared, kvWrittenAt: there?.kvWrittenAt ?? shared.kvWrittenAt };
    const isDue = this.#isKvDue(written);
    const after = isDue ? { ...written, kvWrittenAt: now() } : written;
    const write = isDue ? this.#write(kv, under, shared) : undefined;
    await Promise.all([this.#write(location, under, after), write]);
    return after;
  }

  /** Deletes the copies of a session, as far as this isolate knows of them. */
  async forget(name: CredentialName, { kvWrittenAt }: SharedSession): Promise<void> {
    const { location, kv } = this.#options;
    await Promise.all([
      location?.forget(name),
      kvWrittenAt === undefined ? undefined : kv?.forget(name),
    ]);
  }

  #isKvDue({ checked, knownSince, kvWrittenAt = -Infinity }: SharedSession): boolean {
    const { kvWrites, now } = this.#options;
    const isInUse = checked.checkedAt >= knownSince + kvWrites.afterSeconds * 1000;
    return isInUse && now() >= kvWrittenAt + kvWrites.intervalSeconds * 1000;
  }

  async #write(
    tier: SealedTier | undefined,
    { name, value }: SharedUnder,
    shared: SharedSession,
  ): Promise<void> {
    const { lifetimes, now } = this.#options;
    const { checked } = shared;
    const usableUntil = checked.checkedAt + usefulSeconds(checked, lifetimes) * 1000;
    await tier?.write(name, value, shared, (usableUntil - now()) / 1000);
  }
}

import type { Report } from '../runtime/report.ts';
import { SingleFlight, type WaitUntil } from '../runtime/single-flight.ts';
import type { Algorithm } from './algorithms.ts';
import type { IssuerKeys, KeyAnswer } from './issuer-keys.ts';
import type { KeyEndpoint } from './key-endpoint.ts';
import {
  findKey,
  type IssuerKey,
  importKeys,
  type OnPassedOver,
  readKeySet,
  type WantedKey,
} from './key-set.ts';
import type { KeySetTier, StoredKeySet } from './key-set-tier.ts';

export interface RemoteKeysOptions {
  readonly issuer: string;
  readonly algorithms: readonly Algorithm[];
  readonly endpoint: Pick<KeyEndpoint, 'fetchKeySet'>;
  /** `undefined`: isolates share no keys. */
  readonly tier: KeySetTier | undefined;
  /** The longest time that one refresh (shared places and endpoint) can take. */
  readonly deadlineMs: number;
  readonly now: () => number;
  /** A random number from 0 to 1. It spreads the retries of different isolates. */
  readonly random: () => number;
  /** Takes an event for every failed refresh, and one for each key of the set that is skipped. */
  readonly report: Report;
}

/** A key set is fresh for this long. A removed key is accepted for at most this long too. */
export const KEYS_FRESH_MS = 10 * 60_000;
/** While the endpoint fails, the last key set is used for this long. */
export const KEYS_STALE_MS = 4 * 3_600_000;
/** Unknown `kid`s cause at most one refresh in this time, however many arrive. */
export const UNKNOWN_KEY_COOLDOWN_MS = 30_000;
const MIN_BACKOFF_MS = 2000;
const MAX_BACKOFF_MS = 60_000;
const MAX_CLOCK_SKEW_MS = 10_000;
/**
 * At most this many skipped keys are remembered, so an issuer that keeps renaming its keys cannot fill the memory.
 */
const MAX_PASSED_OVER = 200;
const FLIGHT = 'keys';

interface KnownKeys {
  readonly keys: readonly IssuerKey[];
  /** When the fetch started, in milliseconds since the epoch. Later changes are not in this set. */
  readonly fetchedAt: number;
}

interface Failure {
  readonly detail: string;
  readonly count: number;
  readonly retryAt: number;
}

/**
 * The keys of an issuer that publishes them: from memory, then the shared places, then the issuer's
 * endpoint.
 *
 * Guarantees:
 * - An isolate runs one refresh at a time, however many requests verify tokens.
 * - In the first half of its freshness a set causes no refresh. In the second half it is refreshed in the background.
 * - While the endpoint fails or publishes an invalid set, the last good set stays in use.
 * - After failures, retries back off exponentially.
 * - Unknown `kid`s cause one refresh per cool-down.
 * - A new set replaces the previous set as a whole.
 */
export class RemoteKeys implements IssuerKeys {
  readonly #options: RemoteKeysOptions;
  readonly #flights: SingleFlight<undefined>;
  #known: KnownKeys | undefined;
  #failure: Failure | undefined;
  /** Skipped keys that were reported already. */
  readonly #passedOver = new Set<string>();
  #fetchedUnknownAt = Number.NEGATIVE_INFINITY;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
    this.#flights = new SingleFlight({ deadlineMs: options.deadlineMs, now: options.now });
  }

  find(wanted: WantedKey, waitUntil: WaitUntil): KeyAnswer | Promise<KeyAnswer> {
    const age = this.#age(this.#options.now());
    const isYoung = age >= 0 && age < KEYS_FRESH_MS / 2;
    const key = isYoung ? findKey(this.#known?.keys ?? [], wanted) : undefined;
    return key === undefined ? this.#findFresh(wanted, waitUntil) : { kind: 'key', key };
  }

  async #findFresh(wanted: WantedKey, waitUntil: WaitUntil): Promise<KeyAnswer> {
    const askedAt = this.#options.now();
    await this.#keepFresh(askedAt, waitUntil);
    const known = this.#usable();
    if (known === undefined) return this.#unavailable();
    const key = findKey(known.keys, wanted);
    if (key !== undefined) return { kind: 'key', key };
    // A set that was fetched for this request is final.
    if (known.fetchedAt >= askedAt) return { kind: 'unknown-key' };
    return this.#fetchUnknown(wanted, waitUntil);
  }

  async isReady(waitUntil: WaitUntil): Promise<boolean> {
    await this.#keepFresh(this.#options.now(), waitUntil);
    return this.#usable() !== undefined;
  }

  /**
   * Refreshes the set. A fresh set causes no wait: in the second half of its freshness it is refreshed in the
   * background.
   */
  async #keepFresh(now: number, waitUntil: WaitUntil): Promise<void> {
    const age = this.#age(now);
    // If the clock was set back, an old set must not count as fresh.
    if (age >= -MAX_CLOCK_SKEW_MS && age < KEYS_FRESH_MS) {
      const isYoung = age < KEYS_FRESH_MS / 2;
      if (!isYoung && this.#mayLook(now) && !this.#flights.has(FLIGHT)) {
        waitUntil(this.#look(now - KEYS_FRESH_MS / 2, waitUntil));
      }
      return;
    }
    if (this.#mayLook(now) || this.#flights.has(FLIGHT)) {
      await this.#look(now - KEYS_FRESH_MS, waitUntil);
    }
  }

  /** The age of the set in milliseconds; `Infinity` if there is none. */
  #age(now: number): number {
    return this.#known === undefined ? Infinity : now - this.#known.fetchedAt;
  }

  /** Refreshes the set for an unknown key, because the issuer may have started to sign with a new key. */
  async #fetchUnknown(wanted: WantedKey, waitUntil: WaitUntil): Promise<KeyAnswer> {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const now = this.#options.now();
      const isUnderWay = this.#flights.has(FLIGHT);
      if (!isUnderWay && !this.#mayFetchUnknown(now)) break;
      if (!isUnderWay) this.#fetchedUnknownAt = now;
      await this.#look(Infinity, waitUntil);
      const key = findKey(this.#usable()?.keys ?? [], wanted);
      if (key !== undefined) return { kind: 'key', key };
      if (!isUnderWay) break;
    }
    return this.#failure === undefined ? { kind: 'unknown-key' } : this.#unavailable();
  }

  #mayLook(now: number): boolean {
    return this.#failure === undefined || now >= this.#failure.retryAt;
  }

  #mayFetchUnknown(now: number): boolean {
    return this.#mayLook(now) && now - this.#fetchedUnknownAt >= UNKNOWN_KEY_COOLDOWN_MS;
  }

  #usable(): KnownKeys | undefined {
    const { now } = this.#options;
    if (this.#known === undefined) return undefined;
    return now() - this.#known.fetchedAt < KEYS_STALE_MS ? this.#known : undefined;
  }

  #unavailable(): KeyAnswer {
    const { detail = 'keys-unreachable', retryAt = 0 } = this.#failure ?? {};
    const wait = Math.ceil((retryAt - this.#options.now()) / 1000);
    const retryAfterSeconds = wait > 0 ? wait : undefined;
    return { kind: 'unavailable', detail, retryAfterSeconds };
  }

  /**
   * Runs one refresh, shared by all requests that wait for it.
   *
   * @param since accepts a shared set if it was fetched after this time; `Infinity` skips the shared places
   */
  async #look(since: number, waitUntil: WaitUntil): Promise<void> {
    await this.#flights.join(
      FLIGHT,
      0,
      (startedAt) => this.#renew(startedAt, since, waitUntil),
      waitUntil,
    );
  }

  async #renew(startedAt: number, since: number, waitUntil: WaitUntil): Promise<undefined> {
    const { endpoint, tier } = this.#options;
    if (tier !== undefined && since !== Infinity) {
      const stored = await tier.read(since);
      if (stored !== undefined) await this.#adopt(stored, startedAt);
      const known = this.#known?.fetchedAt ?? Infinity;
      if (known > since && known <= startedAt + MAX_CLOCK_SKEW_MS) return;
    }
    const document = await endpoint.fetchKeySet();
    if (!document.ok) return this.#noteFailure(document.failure);
    const onPassedOver: OnPassedOver = (...told) => this.#notePassedOver(...told);
    const set = readKeySet(document.value, this.#options.algorithms, onPassedOver);
    if (!set.ok) return this.#noteFailure(set.failure);
    const keys = await importKeys(set.value, this.#known?.keys, onPassedOver);
    this.#known = { keys, fetchedAt: startedAt };
    this.#failure = undefined;
    if (tier !== undefined) waitUntil(tier.write({ keys: set.value, fetchedAt: startedAt }));
  }

  /** Adopts a shared set if it is newer than the known set and not from the future. */
  async #adopt({ keys, fetchedAt }: StoredKeySet, now: number): Promise<void> {
    const isNewer = fetchedAt > (this.#known?.fetchedAt ?? now - KEYS_STALE_MS);
    if (!isNewer || fetchedAt > now + MAX_CLOCK_SKEW_MS) return;
    this.#known = { keys: await importKeys(keys, this.#known?.keys), fetchedAt };
  }

  #notePassedOver(...[kid, problem]: Parameters<OnPassedOver>): void {
    const told = `${problem} ${kid ?? ''}`;
    if (this.#passedOver.has(told) || this.#passedOver.size >= MAX_PASSED_OVER) return;
    this.#passedOver.add(told);
    const { issuer, report } = this.#options;
    report({ event: 'issuer-key-passed-over', issuer, kid, problem });
  }

  #noteFailure(detail: string): undefined {
    const { issuer, now, random, report } = this.#options;
    const count = (this.#failure?.count ?? 0) + 1;
    const backoff = Math.min(MIN_BACKOFF_MS * 2 ** (count - 1), MAX_BACKOFF_MS);
    this.#failure = { detail, count, retryAt: now() + backoff * (0.5 + random() / 2) };
    report({ event: 'issuer-keys-failure', issuer, detail });
  }
}

import type { KratosCredential } from '../credentials/credential.ts';
import type { CheckedSession } from './checked-session.ts';
import type { CredentialName } from './credential-name.ts';
import { type Lifetimes, usefulSeconds } from './freshness.ts';
import type { KvTier } from './kv-tier.ts';
import { MemoryTier, type MemoryTierLimits } from './memory-tier.ts';
import type { Anchor } from './single-flight.ts';

export interface SessionMemoryOptions {
  /** `undefined`: this isolate remembers for itself alone. */
  readonly kv: KvTier | undefined;
  readonly lifetimes: Lifetimes;
  readonly limits: MemoryTierLimits;
  readonly kvWriteIntervalSeconds: number;
  readonly now: () => number;
}

/** A session as one isolate remembers it. */
export interface RememberedSession {
  readonly checked: CheckedSession;
  /** When this isolate last knew KV to hold it, in milliseconds since the epoch. */
  readonly kvWrittenAt: number | undefined;
  /**
   * The store renewed the cookie in a check that no client was waiting for. The next request has to be
   * checked in front of its answer, so that the renewed cookie reaches somebody (ory/kratos#2562).
   */
  readonly owesCookie: boolean;
}

/** A credential of which the store said that it is nobody's. In memory only, and for seconds only. */
export interface RememberedRefusal {
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
  /** The store's own bytes, if it sent some. */
  readonly body: string | undefined;
}

/** How long "nobody's" is believed: long enough for a burst, short enough for a sign-in right after. */
const REFUSAL_MS = 5000;
const MAX_REFUSALS = 10_000;
const REFUSAL_BYTES = 512;

/**
 * What is kept between requests, and when it is written on to KV. Only confirmed sessions go to KV, at most
 * once per write interval while they do not change; a "no" stays in memory.
 */
export class SessionMemory {
  readonly #options: SessionMemoryOptions;
  readonly #sessions: MemoryTier<RememberedSession>;
  readonly #refusals: MemoryTier<RememberedRefusal>;

  constructor(options: SessionMemoryOptions) {
    this.#options = options;
    this.#sessions = new MemoryTier(options.limits);
    const maxBytes = MAX_REFUSALS * REFUSAL_BYTES;
    this.#refusals = new MemoryTier({ maxEntries: MAX_REFUSALS, maxBytes });
  }

  read(name: CredentialName): RememberedSession | undefined {
    return this.#sessions.read(name);
  }

  /** A "no" that is still believed and was not given before `asOf`. */
  readRefusal(name: CredentialName, asOf: number): RememberedRefusal | undefined {
    const refusal = this.#refusals.read(name);
    if (refusal === undefined || refusal.checkedAt < asOf) return undefined;
    return this.#options.now() - refusal.checkedAt < REFUSAL_MS ? refusal : undefined;
  }

  /** What KV holds, taken into memory; `undefined` when it holds nothing usable. */
  async readKv(
    name: CredentialName,
    credential: KratosCredential,
    isUsable: (checked: CheckedSession) => boolean,
  ): Promise<RememberedSession | undefined> {
    const checked = await this.#options.kv?.read(name, credential.value);
    if (checked === undefined || !isUsable(checked)) return undefined;
    const remembered = { checked, kvWrittenAt: checked.checkedAt, owesCookie: false };
    this.#keep(name, remembered);
    return remembered;
  }

  /** Keeps a confirmed session, unless a later check is kept already or the store allows no keeping. */
  remember(
    name: CredentialName,
    credential: KratosCredential,
    { checked, owesCookie }: Omit<RememberedSession, 'kvWrittenAt'>,
    anchor: Anchor,
  ): void {
    const { kv, lifetimes, now } = this.#options;
    const previous = this.#sessions.read(name);
    const forSeconds = usefulSeconds(checked, lifetimes);
    const isOvertaken = previous !== undefined && previous.checked.checkedAt > checked.checkedAt;
    if (forSeconds <= 0 || isOvertaken) return;
    this.#refusals.forget(name);
    const isWrite = kv !== undefined && this.#isWriteDue(previous, checked);
    const kvWrittenAt = isWrite ? now() : previous?.kvWrittenAt;
    this.#keep(name, { checked, kvWrittenAt, owesCookie });
    if (isWrite) anchor(kv.write(name, credential.value, checked, forSeconds));
  }

  /** Keeps a "no" in place of whatever was known. */
  refuse(name: CredentialName, refusal: RememberedRefusal, anchor: Anchor): void {
    this.forget(name, anchor);
    this.#refusals.keep(name, refusal, REFUSAL_BYTES);
  }

  forget(name: CredentialName, anchor: Anchor): void {
    const { kv } = this.#options;
    const wasWritten = this.#sessions.read(name)?.kvWrittenAt !== undefined;
    this.#sessions.forget(name);
    if (kv !== undefined && wasWritten) anchor(kv.forget(name));
  }

  #isWriteDue(previous: RememberedSession | undefined, checked: CheckedSession): boolean {
    if (previous?.kvWrittenAt === undefined) return true;
    if (previous.checked.body !== checked.body) return true;
    const dueAt = previous.kvWrittenAt + this.#options.kvWriteIntervalSeconds * 1000;
    return this.#options.now() >= dueAt;
  }

  #keep(name: CredentialName, remembered: RememberedSession): void {
    this.#sessions.keep(name, remembered, estimateBytes(remembered.checked));
  }
}

/** An estimate of what an entry occupies: the body, its parsed form, and the bookkeeping around both. */
function estimateBytes({ body }: CheckedSession): number {
  return 1024 + 3 * body.length;
}

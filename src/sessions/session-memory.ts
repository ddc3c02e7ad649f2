import type { Credential } from '../credentials/credential.ts';
import type { CredentialName } from '../credentials/credential-name.ts';
import { MemoryTier, type MemoryTierLimits } from '../runtime/memory-cache.ts';
import type { SharedPlace } from '../runtime/shared-bytes.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { ConfirmedRefusal } from './confirmed-answer.ts';
import type { CacheRequirement } from './freshness.ts';
import type { CheckedSession } from './resolution.ts';
import type { SharedSession } from './sealing.ts';
import type { SharedTiers } from './shared-tiers.ts';

export interface SessionMemoryOptions {
  readonly shared: SharedTiers;
  /** Whether a session from a shared place may be used at this moment, even if only while the store fails. */
  readonly isUsable: (name: CredentialName, checked: CheckedSession) => boolean;
  readonly limits: MemoryTierLimits;
  readonly now: () => number;
}

/** A credential, with its name in every tier. */
export interface NamedCredential {
  readonly name: CredentialName;
  readonly credential: Credential;
}

/** A session in the memory of one isolate. */
export interface RememberedSession extends SharedSession {
  /** The name of the credential, so that a cache hit needs no digest. */
  readonly name: CredentialName;
  /**
   * The store renewed the cookie in a background check, with no client to deliver it to. The next request waits for a
   * new check, so that a client receives the renewed cookie (ory/kratos#2562).
   */
  readonly hasUndeliveredCookie: boolean;
}

/** The read of one credential's session from a shared place, for one request. */
export interface SharedRead extends NamedCredential {
  readonly waitUntil: WaitUntil;
}

/** A request that a shared place might answer. */
export interface SharedQuestion {
  readonly credential: Credential;
  readonly requirement: Pick<CacheRequirement, 'minCheckedAt'>;
}

/** A confirmed refusal of a credential. It stays in memory, for seconds only. */
export interface RememberedRefusal extends ConfirmedRefusal {
  /** When the check started, in milliseconds since the epoch. */
  readonly checkedAt: number;
}

/** A session that a refusal removed. It is served again if the refusal was part of a wave. */
export interface DisplacedSession {
  readonly checked: CheckedSession;
  /** When the refusal arrived, in milliseconds since the epoch. */
  readonly refusedAt: number;
}

/** The last check of a credential that found no session. It overrides every check that started before it. */
interface NegativeEntry {
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
  /** `undefined`: the check cannot answer later requests, such as "sign in more strongly". */
  readonly refusal: RememberedRefusal | undefined;
  /** The session that the first refusal removed; later refusals keep it. */
  readonly displaced: DisplacedSession | undefined;
}

/** Lifetime of a refusal: long enough for a burst of requests, short enough for a sign-in right after. */
const REFUSAL_MS = 5000;
/**
 * For this long a refusal also answers requests that require a newer check. So a refused credential causes at most one
 * store call in this time.
 */
const ASK_INTERVAL_MS = 1000;
const MAX_DISMISSALS = 10_000;
const DISMISSAL_BYTES = 512;
const ENTRY_BYTES = 1536;

/**
 * Sessions and refusals that are kept between requests. Confirmed sessions are shared with other isolates; refusals
 * stay in memory. If answers arrive out of order, the check that started last wins.
 */
export class SessionMemory {
  readonly #options: SessionMemoryOptions;
  /** Sessions by the credential itself, which never leaves the isolate. */
  readonly #sessions: MemoryTier<RememberedSession>;
  /** Refusals by the name of the credential. */
  readonly #negativeEntries: MemoryTier<NegativeEntry>;

  constructor(options: SessionMemoryOptions) {
    this.#options = options;
    this.#sessions = new MemoryTier(options.limits);
    const maxBytes = MAX_DISMISSALS * DISMISSAL_BYTES;
    this.#negativeEntries = new MemoryTier({ maxEntries: MAX_DISMISSALS, maxBytes });
  }

  /** Reads the session of a credential, if this isolate remembers one. */
  read(credential: Credential): RememberedSession | undefined {
    return this.#sessions.read(spell(credential));
  }

  /** Reads a refusal that has not expired. A refusal from before `minCheckedAt` counts for `ASK_INTERVAL_MS` only. */
  readRefusal(name: CredentialName, minCheckedAt: number): RememberedRefusal | undefined {
    const refusal = this.#negativeEntries.read(name)?.refusal;
    if (refusal === undefined) return undefined;
    const age = this.#options.now() - refusal.checkedAt;
    if (age < 0) return undefined; // the clock was set back
    return age < (refusal.checkedAt < minCheckedAt ? ASK_INTERVAL_MS : REFUSAL_MS)
      ? refusal
      : undefined;
  }

  /** Reads the session that a refusal removed, if nothing has been confirmed or removed since. */
  readDisplaced(name: CredentialName): DisplacedSession | undefined {
    return this.#negativeEntries.read(name)?.displaced;
  }

  /** Whether the last check of this credential was a refusal, however long ago. */
  wasRefused(name: CredentialName): boolean {
    return this.#negativeEntries.read(name)?.refusal !== undefined;
  }

  /**
   * Whether a shared place may have an answer to the request. A request that needs a check from now can use none. KV is
   * written rarely, so it is seldom newer than memory. The location's cache has the checks of all its isolates.
   */
  isWorthReading(place: SharedPlace, { credential, requirement }: SharedQuestion): boolean {
    const { shared, now } = this.#options;
    if (!shared.has(place) || requirement.minCheckedAt >= now()) return false;
    const inMemory = this.read(credential);
    return inMemory === undefined || (place === 'location' && !inMemory.hasUndeliveredCookie);
  }

  /**
   * Copies a session from a shared place into memory. Returns `undefined` if the place has no usable session, or only
   * one that a later check here has overridden. The second case happens because each place still shows deleted entries
   * for a while.
   */
  async readShared(
    place: SharedPlace,
    { name, credential, waitUntil }: SharedRead,
  ): Promise<RememberedSession | undefined> {
    const under = { name, value: credential.value };
    const shared = await this.#options.shared.read(place, under, waitUntil);
    if (shared === undefined || !this.#options.isUsable(name, shared.checked)) return undefined;
    const { checkedAt } = shared.checked;
    const current = this.read(credential);
    if (current !== undefined && current.checked.checkedAt >= checkedAt) return current;
    const negativeEntry = this.#negativeEntries.read(name);
    if (negativeEntry !== undefined && negativeEntry.checkedAt >= checkedAt) return undefined;
    const remembered = toRemembered(name, shared, false);
    this.#keep(credential, remembered);
    if (place === 'kv') waitUntil(this.#share({ name, credential }, shared, waitUntil));
    return remembered;
  }

  /** Remembers a confirmed session, unless a later check has overridden it. */
  remember(
    { name, credential }: NamedCredential,
    { checked, hasUndeliveredCookie }: Pick<RememberedSession, 'checked' | 'hasUndeliveredCookie'>,
    waitUntil: WaitUntil,
  ): void {
    if (this.#isOvertaken({ name, credential }, checked.checkedAt)) return;
    const shared = this.#options.shared.follow(this.read(credential), checked);
    this.#negativeEntries.forget(name);
    this.#keep(credential, toRemembered(name, shared, hasUndeliveredCookie));
    waitUntil(this.#share({ name, credential }, shared, waitUntil));
  }

  /** Remembers a refusal, and removes the session that was remembered before it. */
  refuse(of: NamedCredential, refusal: RememberedRefusal, waitUntil: WaitUntil): void {
    const known = this.read(of.credential)?.checked;
    const displaced =
      known === undefined
        ? this.readDisplaced(of.name)
        : { checked: known, refusedAt: refusal.arrived.at };
    this.#keepNegative(of, { checkedAt: refusal.checkedAt, refusal, displaced }, waitUntil);
  }

  /** Removes what was remembered before a check that leaves nothing to remember. */
  forget(of: NamedCredential, checkedAt: number, waitUntil: WaitUntil): void {
    const nothing = { refusal: undefined, displaced: undefined };
    this.#keepNegative(of, { checkedAt, ...nothing }, waitUntil);
  }

  #keepNegative(of: NamedCredential, negativeEntry: NegativeEntry, waitUntil: WaitUntil): void {
    if (this.#isOvertaken(of, negativeEntry.checkedAt)) return;
    const { name, credential } = of;
    const known = this.read(credential);
    this.#sessions.forget(spell(credential));
    const { refusal, displaced } = negativeEntry;
    const bytes =
      DISMISSAL_BYTES +
      2 * (refusal?.body?.length ?? 0) +
      (displaced === undefined ? 0 : estimateBytes(displaced.checked, credential));
    this.#negativeEntries.keep(name, negativeEntry, bytes);
    if (known !== undefined) waitUntil(this.#options.shared.forget(name, known));
  }

  /** Whether the result of a check that started later has been remembered. */
  #isOvertaken({ name, credential }: NamedCredential, checkedAt: number): boolean {
    const session = this.read(credential)?.checked.checkedAt ?? -Infinity;
    const negativeEntry = this.#negativeEntries.read(name)?.checkedAt ?? -Infinity;
    return Math.max(session, negativeEntry) > checkedAt;
  }

  /**
   * Shares a session with other isolates. Deletes it again if the session was dismissed during the write, because the
   * deletion at that time came before the write.
   */
  async #share(
    { name, credential }: NamedCredential,
    shared: SharedSession,
    waitUntil: WaitUntil,
  ): Promise<void> {
    const under = { name, value: credential.value };
    const after = await this.#options.shared.share(under, shared, waitUntil);
    const { checked, kvWrittenAt } = after;
    const negativeEntry = this.#negativeEntries.read(name);
    if (negativeEntry !== undefined && negativeEntry.checkedAt >= checked.checkedAt)
      await this.#options.shared.forget(name, after);
    const current = this.read(credential);
    if (current !== undefined && kvWrittenAt !== shared.kvWrittenAt)
      this.#keep(credential, { ...current, kvWrittenAt });
  }

  #keep(credential: Credential, remembered: RememberedSession): void {
    const bytes = estimateBytes(remembered.checked, credential);
    this.#sessions.keep(spell(credential), remembered, bytes);
  }
}

/** Lists each member: a copy with `...` and one member more takes a second object for that member. */
function toRemembered(
  name: CredentialName,
  { checked, knownSince, kvWrittenAt }: SharedSession,
  hasUndeliveredCookie: boolean,
): RememberedSession {
  return { name, checked, knownSince, kvWrittenAt, hasUndeliveredCookie };
}

/** Joins a credential into one string. Carrier kinds and cookie names contain no line break. */
function spell({ carrier, value }: Credential): string {
  return carrier.kind === 'cookie'
    ? `${carrier.kind}\n${carrier.cookieName}\n${value}`
    : `${carrier.kind}\n${value}`;
}

/** Estimates the bytes of an entry: the text, the credential, the bookkeeping, and what was made for an origin. */
function estimateBytes({ body }: CheckedSession, { value }: Credential): number {
  return ENTRY_BYTES + value.length + body.length;
}

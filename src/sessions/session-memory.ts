import type { Credential } from '../credentials/credential.ts';
import type { CredentialName } from '../credentials/credential-name.ts';
import { MemoryTier, type MemoryTierLimits } from '../runtime/memory-cache.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { ConfirmedRefusal } from './confirmed-answer.ts';
import { type Lifetimes, usefulSeconds } from './freshness.ts';
import type { KvTier } from './kv-tier.ts';
import type { CheckedSession } from './resolution.ts';

export interface SessionMemoryOptions {
  /** `undefined`: sessions are cached in this isolate only, not in KV. */
  readonly kv: KvTier | undefined;
  readonly lifetimes: Lifetimes;
  readonly limits: MemoryTierLimits;
  readonly now: () => number;
}

/** A session in the memory of one isolate. */
export interface RememberedSession {
  readonly checked: CheckedSession;
  /** When KV last held this session as far as this isolate knows, in milliseconds since the epoch. */
  readonly kvWrittenAt: number | undefined;
  /**
   * The store renewed the cookie in a background check, with no client to deliver it to. The next request waits for a
   * new check, so that a client receives the renewed cookie (ory/kratos#2562).
   */
  readonly hasUndeliveredCookie: boolean;
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
const NAME_BYTES = 256;

/**
 * Sessions and refusals that are kept between requests, and the writes of sessions to KV. Only confirmed sessions go
 * to KV, at most once per write interval while they do not change. Refusals stay in memory. If answers arrive out of
 * order, the check that started last wins.
 */
export class SessionMemory {
  readonly #options: SessionMemoryOptions;
  readonly #sessions: MemoryTier<RememberedSession>;
  readonly #negativeEntries: MemoryTier<NegativeEntry>;
  /** Names of credentials with a known session, so that a cache hit needs no digest. They never leave the isolate. */
  readonly #names: MemoryTier<CredentialName>;

  constructor(options: SessionMemoryOptions) {
    this.#options = options;
    this.#sessions = new MemoryTier(options.limits);
    const maxBytes = MAX_DISMISSALS * DISMISSAL_BYTES;
    this.#names = new MemoryTier(options.limits);
    this.#negativeEntries = new MemoryTier({ maxEntries: MAX_DISMISSALS, maxBytes });
  }

  /** The name of a credential, if this isolate has remembered a session for it. */
  nameOf(credential: Credential): CredentialName | undefined {
    return this.#names.read(spell(credential));
  }

  read(name: CredentialName): RememberedSession | undefined {
    return this.#sessions.read(name);
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
   * Copies a session from KV into memory. Returns `undefined` if KV has no usable session, or only one that a later
   * check here has overridden. The second case happens because KV still shows deleted entries for a while.
   */
  async readKv(
    name: CredentialName,
    credential: Credential,
    isUsable: (checked: CheckedSession) => boolean,
    waitUntil: WaitUntil,
  ): Promise<RememberedSession | undefined> {
    const checked = await this.#options.kv?.read(name, credential.value, waitUntil);
    if (checked === undefined || !isUsable(checked)) return undefined;
    const current = this.#sessions.read(name);
    if (current !== undefined && current.checked.checkedAt >= checked.checkedAt) return current;
    const negativeEntry = this.#negativeEntries.read(name);
    if (negativeEntry !== undefined && negativeEntry.checkedAt >= checked.checkedAt)
      return undefined;
    const remembered = { checked, kvWrittenAt: checked.checkedAt, hasUndeliveredCookie: false };
    this.#keep(name, credential, remembered);
    return remembered;
  }

  /** Remembers a confirmed session, unless a later check has overridden it. */
  remember(
    name: CredentialName,
    credential: Credential,
    { checked, hasUndeliveredCookie }: Omit<RememberedSession, 'kvWrittenAt'>,
    waitUntil: WaitUntil,
  ): void {
    const { kv, lifetimes, now } = this.#options;
    if (this.#isOvertaken(name, checked.checkedAt)) return;
    const forSeconds = usefulSeconds(checked, lifetimes);
    const previous = this.#sessions.read(name);
    this.#negativeEntries.forget(name);
    const isWrite = kv !== undefined && this.#isWriteDue(previous, checked, kv);
    const kvWrittenAt = isWrite ? now() : previous?.kvWrittenAt;
    this.#keep(name, credential, { checked, kvWrittenAt, hasUndeliveredCookie });
    if (isWrite) waitUntil(this.#write(kv, name, credential, { checked, forSeconds }));
  }

  /** Remembers a refusal, and removes the session that was remembered before it. */
  refuse(name: CredentialName, refusal: RememberedRefusal, waitUntil: WaitUntil): void {
    const known = this.#sessions.read(name)?.checked;
    const displaced =
      known === undefined
        ? this.readDisplaced(name)
        : { checked: known, refusedAt: refusal.arrived.at };
    this.#keepNegative(name, { checkedAt: refusal.checkedAt, refusal, displaced }, waitUntil);
  }

  /** Removes what was remembered before a check that leaves nothing to remember. */
  forget(name: CredentialName, checkedAt: number, waitUntil: WaitUntil): void {
    const nothing = { refusal: undefined, displaced: undefined };
    this.#keepNegative(name, { checkedAt, ...nothing }, waitUntil);
  }

  #keepNegative(name: CredentialName, negativeEntry: NegativeEntry, waitUntil: WaitUntil): void {
    if (this.#isOvertaken(name, negativeEntry.checkedAt)) return;
    const { kv } = this.#options;
    const wasWritten = this.#sessions.read(name)?.kvWrittenAt !== undefined;
    this.#sessions.forget(name);
    const { refusal, displaced } = negativeEntry;
    const bytes =
      DISMISSAL_BYTES +
      2 * (refusal?.body?.length ?? 0) +
      (displaced === undefined ? 0 : estimateBytes(displaced.checked));
    this.#negativeEntries.keep(name, negativeEntry, bytes);
    if (kv !== undefined && wasWritten) waitUntil(kv.forget(name));
  }

  /** Whether the result of a check that started later has been remembered. */
  #isOvertaken(name: CredentialName, checkedAt: number): boolean {
    const session = this.#sessions.read(name)?.checked.checkedAt ?? -Infinity;
    const negativeEntry = this.#negativeEntries.read(name)?.checkedAt ?? -Infinity;
    return Math.max(session, negativeEntry) > checkedAt;
  }

  /**
   * Writes a session to KV. Deletes it again if the session was dismissed during the write, because the deletion at
   * that time came before the write.
   */
  async #write(
    kv: KvTier,
    name: CredentialName,
    { value }: Credential,
    { checked, forSeconds }: { readonly checked: CheckedSession; readonly forSeconds: number },
  ): Promise<void> {
    await kv.write(name, value, checked, forSeconds);
    const negativeEntry = this.#negativeEntries.read(name);
    if (negativeEntry !== undefined && negativeEntry.checkedAt >= checked.checkedAt)
      await kv.forget(name);
  }

  #isWriteDue(
    previous: RememberedSession | undefined,
    checked: CheckedSession,
    { writeIntervalSeconds }: KvTier,
  ): boolean {
    if (previous?.kvWrittenAt === undefined) return true;
    if (previous.checked.body !== checked.body) return true;
    const dueAt = previous.kvWrittenAt + writeIntervalSeconds * 1000;
    return this.#options.now() >= dueAt;
  }

  #keep(name: CredentialName, credential: Credential, remembered: RememberedSession): void {
    this.#sessions.keep(name, remembered, estimateBytes(remembered.checked));
    this.#names.keep(spell(credential), name, NAME_BYTES + credential.value.length);
  }
}

/** Joins a credential into one string. Carrier kinds and cookie names contain no line break. */
function spell({ carrier, value }: Credential): string {
  return carrier.kind === 'cookie'
    ? `${carrier.kind}\n${carrier.cookieName}\n${value}`
    : `${carrier.kind}\n${value}`;
}

/** Estimates the size of an entry: the body, its parsed form and bookkeeping. */
function estimateBytes({ body }: CheckedSession): number {
  return 1024 + 3 * body.length;
}

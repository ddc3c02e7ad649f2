import type { Credential } from '../credentials/credential.ts';
import type { CredentialName } from '../credentials/credential-name.ts';
import { MemoryTier, type MemoryTierLimits } from '../runtime/memory-cache.ts';
import type { Anchor } from '../runtime/single-flight.ts';
import type { CheckedSession } from './checked-session.ts';
import type { ConfirmedRefusal } from './confirmed-answer.ts';
import { type Lifetimes, usefulSeconds } from './freshness.ts';
import type { KvTier } from './kv-tier.ts';

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

/** A confirmed refusal of a credential. In memory only, and for seconds only. */
export interface RememberedRefusal extends ConfirmedRefusal {
  /** When the check started, in milliseconds since the epoch. */
  readonly checkedAt: number;
}

/** The last check of a credential that gave no session: whatever was checked before it is overtaken. */
interface Dismissal {
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
  /** `undefined`: nothing to answer with, such as after "sign in more strongly". */
  readonly refusal: RememberedRefusal | undefined;
}

/** How long a refusal is believed: long enough for a burst, short enough for a sign-in right after. */
const REFUSAL_MS = 5000;
/** For so long whoever wants the present is answered by it too: one refused credential is asked about once in this time. */
const ASK_INTERVAL_MS = 1000;
const MAX_DISMISSALS = 10_000;
const DISMISSAL_BYTES = 512;
const NAME_BYTES = 256;

/**
 * What is kept between requests, and when it is written on to KV. Only confirmed sessions go to KV, at most
 * once per write interval while they do not change; a "no" stays in memory. Whatever order answers arrive in,
 * the one whose check started last stands.
 */
export class SessionMemory {
  readonly #options: SessionMemoryOptions;
  readonly #sessions: MemoryTier<RememberedSession>;
  readonly #dismissals: MemoryTier<Dismissal>;
  /** Names of credentials that are somebody's, so that a hit costs no digest. Never leaves the isolate. */
  readonly #names: MemoryTier<CredentialName>;

  constructor(options: SessionMemoryOptions) {
    this.#options = options;
    this.#sessions = new MemoryTier(options.limits);
    const maxBytes = MAX_DISMISSALS * DISMISSAL_BYTES;
    this.#names = new MemoryTier(options.limits);
    this.#dismissals = new MemoryTier({ maxEntries: MAX_DISMISSALS, maxBytes });
  }

  /** The name of a credential that a session was remembered for. */
  nameOf(credential: Credential): CredentialName | undefined {
    return this.#names.read(spell(credential));
  }

  read(name: CredentialName): RememberedSession | undefined {
    return this.#sessions.read(name);
  }

  /** A refusal that is still believed and was not given before `asOf`, or so lately that the store is not asked again. */
  readRefusal(name: CredentialName, asOf: number): RememberedRefusal | undefined {
    const refusal = this.#dismissals.read(name)?.refusal;
    if (refusal === undefined) return undefined;
    const age = this.#options.now() - refusal.checkedAt;
    if (age < 0) return undefined; // the clock was set back
    return age < (refusal.checkedAt < asOf ? ASK_INTERVAL_MS : REFUSAL_MS) ? refusal : undefined;
  }

  /** Whether the last check of a credential was refused, however long ago. */
  wasRefused(name: CredentialName): boolean {
    return this.#dismissals.read(name)?.refusal !== undefined;
  }

  /**
   * What KV holds, taken into memory; `undefined` when it holds nothing usable, or only what a check here has
   * overtaken: KV goes on showing what was deleted.
   */
  async readKv(
    name: CredentialName,
    credential: Credential,
    isUsable: (checked: CheckedSession) => boolean,
    anchor: Anchor,
  ): Promise<RememberedSession | undefined> {
    const checked = await this.#options.kv?.read(name, credential.value, anchor);
    if (checked === undefined || !isUsable(checked)) return undefined;
    const current = this.#sessions.read(name);
    if (current !== undefined && current.checked.checkedAt >= checked.checkedAt) return current;
    const dismissal = this.#dismissals.read(name);
    if (dismissal !== undefined && dismissal.checkedAt >= checked.checkedAt) return undefined;
    const remembered = { checked, kvWrittenAt: checked.checkedAt, owesCookie: false };
    this.#keep(name, credential, remembered);
    return remembered;
  }

  /** Keeps a confirmed session, unless a later check has overtaken it. */
  remember(
    name: CredentialName,
    credential: Credential,
    { checked, owesCookie }: Omit<RememberedSession, 'kvWrittenAt'>,
    anchor: Anchor,
  ): void {
    const { kv, lifetimes, now } = this.#options;
    if (this.#isOvertaken(name, checked.checkedAt)) return;
    const forSeconds = usefulSeconds(checked, lifetimes);
    const previous = this.#sessions.read(name);
    this.#dismissals.forget(name);
    const isWrite = kv !== undefined && this.#isWriteDue(previous, checked);
    const kvWrittenAt = isWrite ? now() : previous?.kvWrittenAt;
    this.#keep(name, credential, { checked, kvWrittenAt, owesCookie });
    if (isWrite) anchor(this.#write(kv, name, credential, { checked, forSeconds }));
  }

  /** Keeps a "no" in place of whatever was known before it. */
  refuse(name: CredentialName, refusal: RememberedRefusal, anchor: Anchor): void {
    this.#dismiss(name, { checkedAt: refusal.checkedAt, refusal }, anchor);
  }

  /** Forgets whatever was known before a check that left nothing to keep. */
  forget(name: CredentialName, checkedAt: number, anchor: Anchor): void {
    this.#dismiss(name, { checkedAt, refusal: undefined }, anchor);
  }

  #dismiss(name: CredentialName, dismissal: Dismissal, anchor: Anchor): void {
    if (this.#isOvertaken(name, dismissal.checkedAt)) return;
    const { kv } = this.#options;
    const wasWritten = this.#sessions.read(name)?.kvWrittenAt !== undefined;
    this.#sessions.forget(name);
    const bytes = DISMISSAL_BYTES + 2 * (dismissal.refusal?.body?.length ?? 0);
    this.#dismissals.keep(name, dismissal, bytes);
    if (kv !== undefined && wasWritten) anchor(kv.forget(name));
  }

  /** Whether a check that started later has been kept, whatever it gave. */
  #isOvertaken(name: CredentialName, checkedAt: number): boolean {
    const session = this.#sessions.read(name)?.checked.checkedAt ?? -Infinity;
    const dismissal = this.#dismissals.read(name)?.checkedAt ?? -Infinity;
    return Math.max(session, dismissal) > checkedAt;
  }

  /** Writes on to KV, and takes it back when the session was dismissed meanwhile: that deletion came too early. */
  async #write(
    kv: KvTier,
    name: CredentialName,
    { value }: Credential,
    { checked, forSeconds }: { readonly checked: CheckedSession; readonly forSeconds: number },
  ): Promise<void> {
    await kv.write(name, value, checked, forSeconds);
    const dismissal = this.#dismissals.read(name);
    if (dismissal !== undefined && dismissal.checkedAt >= checked.checkedAt) await kv.forget(name);
  }

  #isWriteDue(previous: RememberedSession | undefined, checked: CheckedSession): boolean {
    if (previous?.kvWrittenAt === undefined) return true;
    if (previous.checked.body !== checked.body) return true;
    const dueAt = previous.kvWrittenAt + this.#options.kvWriteIntervalSeconds * 1000;
    return this.#options.now() >= dueAt;
  }

  #keep(name: CredentialName, credential: Credential, remembered: RememberedSession): void {
    this.#sessions.keep(name, remembered, estimateBytes(remembered.checked));
    this.#names.keep(spell(credential), name, NAME_BYTES + credential.value.length);
  }
}

/** A credential as one text; the kinds of carrier and cookie names hold no line break. */
function spell({ carrier, value }: Credential): string {
  return carrier.kind === 'cookie'
    ? `${carrier.kind}\n${carrier.cookieName}\n${value}`
    : `${carrier.kind}\n${value}`;
}

/** An estimate of what an entry occupies: the body, its parsed form, and the bookkeeping around both. */
function estimateBytes({ body }: CheckedSession): number {
  return 1024 + 3 * body.length;
}

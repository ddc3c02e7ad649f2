import type { Credential } from '../credentials/credential.ts';
import { type CredentialName, nameCredential } from '../credentials/credential-name.ts';
import type { SessionStore, StoreAnswer } from '../providers/session-store.ts';
import type { RevocationView } from '../revocation/revocation-view.ts';
import type { MemoryTierLimits } from '../runtime/memory-cache.ts';
import { SingleFlight, type WaitUntil } from '../runtime/single-flight.ts';
import { askConfirmed, type ConfirmedAnswer } from './confirmed-answer.ts';
import type { CacheRequirement } from './freshness.ts';
import { type Lifetimes, usabilityOf } from './freshness.ts';
import type { KvTier } from './kv-tier.ts';
import { type Question, Refusals } from './refusals.ts';
import type { CheckedSession, Resolution } from './resolution.ts';
import { RevocationGuard, type TimedAnswer } from './revocation-guard.ts';
import { type RememberedSession, SessionMemory } from './session-memory.ts';
import { StoreHealth } from './store-health.ts';
import { FIND_DEADLINE_MS, type StoreReadiness } from './store-readiness.ts';
import { fromTier, notCached, toResolution, unknown } from './to-resolution.ts';

export interface SessionsOptions {
  readonly store: SessionStore;
  readonly readiness: Pick<StoreReadiness, 'moment' | 'find' | 'hasFailedSince' | 'wasFailing'>;
  /** `undefined`: no KV; memory and the store only. */
  readonly kv: KvTier | undefined;
  readonly revocation: RevocationView;
  readonly lifetimes: Lifetimes;
  readonly memoryLimits: MemoryTierLimits;
  readonly storeTimeoutMs: number;
  readonly now: () => number;
}

const UNUSABLE = { kind: 'fault', scope: 'answer', retryAfterSeconds: undefined } as const;
/** Maximum number of checks for one request, if revocations keep overtaking them. */
const MAX_ATTEMPTS = 3;

/**
 * Resolves credentials to sessions: from memory, then KV, then the store. Each answer is checked before it is used:
 * freshness, expiry, the requirement of the request, the revocation view. The store's own answer is checked too, because
 * a revocation may have overtaken its check.
 *
 * Guarantees:
 * - A session is never served at or after its expiry.
 * - A failing store is never read as "signed out". A refusal does not count while the store is not ready.
 * - A refused credential causes at most one store call a second, even if requests require new checks.
 * - A check that started before a revocation is neither served nor kept.
 * - An isolate makes one store call at a time per credential, however many requests need it.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #memory: SessionMemory;
  readonly #flights: SingleFlight<TimedAnswer>;
  readonly #guard: RevocationGuard;
  readonly #refusals: Refusals;
  readonly #health = new StoreHealth();

  constructor(options: SessionsOptions) {
    this.#options = options;
    const { kv, lifetimes, memoryLimits: limits, readiness, revocation, now } = options;
    this.#memory = new SessionMemory({ kv, lifetimes, limits, now });
    this.#guard = new RevocationGuard(revocation, now);
    this.#refusals = new Refusals({ memory: this.#memory, readiness, now });
    // The longest check: the store is asked, its readiness is asked for, and the store is asked again.
    const deadlineMs = 3 * options.storeTimeoutMs + FIND_DEADLINE_MS;
    this.#flights = new SingleFlight({ deadlineMs, now });
  }

  /** Resolves a credential from any tier or the store. Never throws because of the credential. */
  async resolve(
    credential: Credential,
    requirement: CacheRequirement,
    waitUntil: WaitUntil,
  ): Promise<Resolution> {
    const name = this.#memory.nameOf(credential) ?? (await this.#name(credential));
    const question: Question = { credential, name, requirement, waitUntil };
    const refreshed = this.#options.revocation.refresh(this.#options.now(), waitUntil);
    if (refreshed !== undefined) await refreshed;
    const known =
      this.#recall(question) ??
      (await this.#refusals.recall(question)) ??
      (await this.#recallFromKv(question));
    if (known !== undefined) return known;
    const remembered = this.#memory.read(name)?.checked;
    const revocationLagMs = this.#guard.firstRefusalLagMs(name, remembered);
    const resolution = requirement.onlyIfCached ? notCached() : await this.#ask(question);
    if (revocationLagMs === undefined) return resolution;
    return { ...resolution, provenance: { ...resolution.provenance, revocationLagMs } };
  }

  /**
   * Resolves a credential by the store alone, and caches no session. Used for `tokenize_as`, whose answers are issued
   * for one request, and for clients that send `no-store`. A refusal is remembered. A cached session that is now
   * denied is removed. While a credential's last check was a refusal, its requests share one store call.
   */
  async resolveUnstored(
    credential: Credential,
    waitUntil: WaitUntil,
    options: { readonly tokenizeAs?: string } = {},
  ): Promise<Resolution> {
    const { store, now } = this.#options;
    const name = await this.#name(credential);
    await this.#options.revocation.refresh(now(), waitUntil);
    if (this.#memory.wasRefused(name)) {
      const requirement = { minCheckedAt: now(), onlyIfCached: false };
      const question = { credential, name, requirement, waitUntil };
      const known = (await this.#refusals.recall(question)) ?? (await this.#ask(question));
      if (known.outcome !== 'signed-in') return known;
    }
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const startedAt = now();
      const check = () => store.check(credential, options);
      const requirement = { minCheckedAt: startedAt, onlyIfCached: false };
      const logPosition = this.#options.revocation.position();
      const question = { credential, name, requirement, waitUntil };
      const answer = await this.#askStore(question, startedAt, check);
      // A failed template says nothing about plain checks, and a client could make it fail at will.
      if (options.tokenizeAs === undefined) this.#health.note(answer, now());
      if (answer.kind === 'no-session') {
        this.#memory.refuse(name, { ...answer, checkedAt: startedAt }, waitUntil);
      } else if (answer.kind === 'insufficient') this.#memory.forget(name, startedAt, waitUntil);
      const timed = { answer, startedAt, logPosition };
      const recheckReason = await this.#guard.recheckReason(name, timed, waitUntil);
      if (recheckReason === undefined) {
        const taken = { startedAt, logPosition, now: now() };
        return toResolution(answer, { ...taken, forwarded: 'bypass' });
      }
      if (recheckReason === 'revocation-log') return unknown(recheckReason, undefined, 'bypass');
    }
    return unknown('revoked-meanwhile', undefined, 'bypass');
  }

  #name(credential: Credential): Promise<CredentialName> {
    return nameCredential(credential, this.#options.store.id);
  }

  /** Answers from memory, and starts a background refresh if one is due. */
  #recall(question: Question): Resolution | undefined {
    const remembered = this.#memory.read(question.name);
    return remembered && this.#serve(question, remembered, 'memory');
  }

  async #recallFromKv(question: Question): Promise<Resolution | undefined> {
    const { name, requirement } = question;
    // KV is written rarely, so it is seldom newer than memory. A request that needs a check from now cannot use it.
    const isWorthReading =
      this.#memory.read(name) === undefined && requirement.minCheckedAt < this.#options.now();
    if (!isWorthReading) return undefined;
    const remembered = await this.#readKv(question);
    return remembered && this.#serve(question, remembered, 'kv');
  }

  #serve(
    question: Question,
    remembered: RememberedSession,
    tier: 'memory' | 'kv',
  ): Resolution | undefined {
    const { checked, hasUndeliveredCookie } = remembered;
    const usability = this.#usability(question.name, checked, question.requirement.minCheckedAt);
    if (usability === 'unusable') return undefined;
    const place = { tier, now: this.#options.now(), lifetimes: this.#options.lifetimes };
    if (usability !== 'if-error' && !hasUndeliveredCookie) {
      if (usability === 'revalidate') this.#revalidateBehind(question);
      return fromTier(checked, place);
    }
    // An earlier failure of the store says nothing about later revocations.
    const isVouchedFor = checked.checkedAt >= this.#options.revocation.trustedSince(place.now);
    const failure = isVouchedFor ? this.#health.failure(place.now) : undefined;
    if (failure === undefined) return undefined;
    this.#revalidateBehind(question);
    return fromTier(checked, { ...place, fault: failure });
  }

  #revalidateBehind(question: Question): void {
    if (this.#flights.has(question.name) || !this.#health.mayRetry(this.#options.now())) return;
    const check = (startedAt: number) => this.#check(question, startedAt, { isAwaited: false });
    question.waitUntil(this.#flights.join(question.name, 0, check, question.waitUntil));
  }

  /** Checks a credential at the store in a shared call, and repeats the check if a revocation overtook it. */
  async #ask(question: Question): Promise<Resolution> {
    const { name, requirement, waitUntil } = question;
    const { now, lifetimes } = this.#options;
    const hadCandidate = this.#memory.read(name) !== undefined;
    const forwarded = !hadCandidate ? 'miss' : requirement.minCheckedAt > 0 ? 'request' : 'stale';
    let minCheckedAt = requirement.minCheckedAt;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const check = (startedAt: number) => this.#check(question, startedAt, { isAwaited: true });
      const { value, joined } = await this.#flights.join(name, minCheckedAt, check, waitUntil);
      const { startedAt, logPosition } = value;
      const answer =
        value.answer.kind === 'no-session'
          ? await this.#refusals.proveAsWanted(question, value.answer, startedAt)
          : value.answer;
      if (answer.kind === 'fault') return this.#serveDespite(question, answer, forwarded);
      const recheckReason = await this.#guard.recheckReason(name, value, waitUntil);
      if (recheckReason === undefined) {
        const taken = { startedAt, logPosition, now: now() };
        const isShared = joined || startedAt < minCheckedAt; // a refusal from a moment ago
        return toResolution(answer, { ...taken, forwarded, joined: isShared, lifetimes });
      }
      if (recheckReason === 'revocation-log') {
        if (requirement.minCheckedAt > 0) return unknown(recheckReason, undefined, forwarded);
        return this.#serveDespite(question, { ...UNUSABLE, detail: recheckReason }, forwarded);
      }
      minCheckedAt = startedAt + 1;
    }
    return unknown('revoked-meanwhile', undefined, forwarded);
  }

  /**
   * Serves a cached session although the store failed, if it is usable after that failed call. The answer says so.
   */
  async #serveDespite(
    { name, requirement, waitUntil }: Question,
    fault: Extract<StoreAnswer, { kind: 'fault' }>,
    forwarded: 'miss' | 'stale' | 'request',
  ): Promise<Resolution> {
    const { now, lifetimes, revocation } = this.#options;
    await revocation.refresh(now(), waitUntil);
    const checked = this.#memory.read(name)?.checked;
    const { minCheckedAt } = requirement;
    if (checked === undefined || this.#usability(name, checked, minCheckedAt) === 'unusable') {
      return unknown(fault.detail, fault.retryAfterSeconds, forwarded);
    }
    return fromTier(checked, { tier: 'memory', now: now(), lifetimes, fault: fault.detail });
  }

  /** Makes one check at the store, and remembers or removes entries accordingly. */
  async #check(
    question: Question,
    startedAt: number,
    { isAwaited }: { readonly isAwaited: boolean },
  ): Promise<TimedAnswer> {
    const { name, credential, waitUntil } = question;
    const { store, revocation, now } = this.#options;
    const logPosition = revocation.position(); // read before the call: the store may not know marks written during it
    const refusal = this.#refusals.read(name, startedAt);
    if (refusal !== undefined)
      return { answer: refusal, startedAt: refusal.checkedAt, logPosition };
    const answer = await this.#askStore(question, startedAt, () => store.check(credential));
    this.#health.note(answer, now());
    switch (answer.kind) {
      case 'session': {
        const { session, body, cacheForSeconds, setCookies } = answer;
        const checked = { session, body, checkedAt: startedAt, logPosition, cacheForSeconds };
        const hasUndeliveredCookie = !isAwaited && setCookies.length > 0;
        // The new result must not be cached (the store's limit, revoked or expired), so the old entry goes too.
        if (this.#usability(name, checked) === 'unusable') {
          this.#memory.forget(name, startedAt, waitUntil);
        } else
          this.#memory.remember(name, credential, { checked, hasUndeliveredCookie }, waitUntil);
        break;
      }
      case 'no-session':
        this.#memory.refuse(name, { ...answer, checkedAt: startedAt }, waitUntil);
        break;
      case 'insufficient':
        this.#memory.forget(name, startedAt, waitUntil);
        break;
      case 'rejected': // Kratos never rejects whoami without a template: the store is another product
        return { answer: { ...UNUSABLE, detail: 'store-400' }, startedAt, logPosition };
      case 'fault':
        break;
    }
    return { answer, startedAt, logPosition };
  }

  /** Asks the store. A refusal of a credential that was valid moments ago needs more evidence. */
  #askStore(
    question: Question,
    startedAt: number,
    check: () => Promise<StoreAnswer>,
  ): Promise<ConfirmedAnswer> {
    const isWarm = async () => {
      const prior = await this.#priorOf(question);
      if (prior === undefined || startedAt >= prior.session.expiresAt) return false;
      return this.#usability(question.name, prior) !== 'unusable';
    };
    return askConfirmed(check, this.#options.readiness, { isWarm, waitUntil: question.waitUntil });
  }

  /** The session that was known before this check. Reads KV only for requests that skipped KV to get a new check. */
  async #priorOf(question: Question) {
    const known = this.#memory.read(question.name);
    if (known !== undefined || question.requirement.minCheckedAt === 0) return known?.checked;
    return (await this.#readKv(question))?.checked;
  }

  #readKv({ name, credential, waitUntil }: Question): Promise<RememberedSession | undefined> {
    const isUsable = (checked: CheckedSession) => this.#usability(name, checked) !== 'unusable';
    return this.#memory.readKv(name, credential, isUsable, waitUntil);
  }

  #usability(name: CredentialName, checked: CheckedSession, minCheckedAt = 0) {
    const now = this.#options.now(); // read again: the clock moves while tiers and store are awaited
    const lastMark = this.#guard.lastMark(name, checked);
    const trustedSince = this.#options.revocation.trustedSince(now);
    const context = { now, minCheckedAt, lastMark, trustedSince };
    return usabilityOf(checked, context, this.#options.lifetimes);
  }
}

import type { Credential } from '../credentials/credential.ts';
import { nameCredential } from '../credentials/credential-name.ts';
import type { StoreAnswer } from '../providers/session-store.ts';
import { LATE, within } from '../runtime/deadline.ts';
import type { SharedPlace } from '../runtime/shared-bytes.ts';
import { SingleFlight, type WaitUntil } from '../runtime/single-flight.ts';
import { type Comparing, compareBehind } from './compare-behind.ts';
import type { CacheRequirement } from './freshness.ts';
import { KvRace, NO_RACE } from './kv-race.ts';
import { RefusalWaves } from './refusal-waves.ts';
import { type Question, Refusals } from './refusals.ts';
import type { CheckedSession, Resolution } from './resolution.ts';
import { RevocationGuard, type TimedAnswer } from './revocation-guard.ts';
import { type RememberedSession, SessionMemory } from './session-memory.ts';
import type { SessionsOptions } from './sessions-options.ts';
import { StoreChecks } from './store-checks.ts';
import { StoreHealth } from './store-health.ts';
import { FIND_DEADLINE_MS } from './store-readiness.ts';
import { fromTier, notCached, toResolution, unknown } from './to-resolution.ts';

const UNUSABLE = { kind: 'fault', scope: 'answer', retryAfterSeconds: undefined } as const;
/** A check at the store that takes longer than this may be overtaken by a read of KV. */
const KV_READ_AFTER_MS = 50;
/** Maximum number of checks for one request, if revocations keep overtaking them. */
const MAX_ATTEMPTS = 3;

/**
 * Resolves credentials to sessions: from memory, then the location's cache, then KV, then the store. Each answer is checked before it is used:
 * freshness, expiry, the requirement of the request, the revocation view. The store's own answer is checked too, because
 * a revocation may have overtaken its check.
 *
 * Guarantees:
 * - A session is never served at or after its expiry.
 * - A failing store is never read as "signed out": a refusal counts only if the store is ready, and not in a wave.
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
  readonly #checks: StoreChecks;
  readonly #comparing: Comparing;

  constructor(options: SessionsOptions) {
    this.#options = options;
    const { shared, lifetimes, memoryLimits: limits, readiness, revocation, now } = options;
    const guard = new RevocationGuard(revocation, lifetimes, now);
    this.#guard = guard;
    this.#memory = new SessionMemory({
      shared,
      isUsable: (name, checked) => guard.usability(name, checked) !== 'unusable',
      limits,
      now,
    });
    const waves = new RefusalWaves({ lifetimes, report: options.report });
    this.#refusals = new Refusals({ memory: this.#memory, readiness, waves, now });
    this.#checks = new StoreChecks({
      ...options,
      memory: this.#memory,
      guard,
      refusals: this.#refusals,
      health: this.#health,
    });
    // The longest check: the store is asked, its readiness is asked for, and the store is asked again.
    const deadlineMs = 3 * options.storeTimeoutMs + FIND_DEADLINE_MS;
    this.#flights = new SingleFlight({ deadlineMs, now });
    const parts = { checks: this.#checks, flights: this.#flights, guard, health: this.#health };
    this.#comparing = { ...options, ...parts, refusals: this.#refusals };
  }

  /** Resolves a credential from memory, if nothing has to be awaited; otherwise returns `undefined`. */
  recall(
    credential: Credential,
    requirement: CacheRequirement,
    waitUntil: WaitUntil,
  ): Resolution | undefined {
    const inMemory = this.#memory.read(credential);
    if (inMemory === undefined) return undefined;
    const { revocation } = this.#options;
    const now = this.#options.now();
    // A view that is too old is for `resolve()`, which waits for the new one.
    if (revocation.trustedSince(now) > 0) return undefined;
    if (revocation.refresh(now, waitUntil) !== undefined) return undefined;
    const { name } = inMemory;
    return this.#serve({ credential, name, requirement, waitUntil }, inMemory, 'memory', now);
  }

  /** Resolves a credential from any tier or the store. Never throws because of the credential. */
  async resolve(
    credential: Credential,
    requirement: CacheRequirement,
    waitUntil: WaitUntil,
  ): Promise<Resolution> {
    const { id } = this.#options.store;
    const known = this.#memory.read(credential)?.name;
    const name = known ?? (await nameCredential(credential, id));
    const resolution = await this.#resolve({ credential, name, requirement, waitUntil });
    return this.#refusals.keepCookieInDoubt(name, resolution);
  }

  async #resolve(question: Question): Promise<Resolution> {
    const { name, credential, waitUntil } = question;
    const refreshed = this.#options.revocation.refresh(this.#options.now(), waitUntil);
    if (refreshed !== undefined) await refreshed;
    const inMemory = this.#memory.read(credential);
    const known =
      (inMemory && this.#serve(question, inMemory, 'memory')) ??
      (await this.#serveInWave(question)) ??
      (await this.#refusals.recall(question)) ??
      (await this.#recallShared(question, 'location'));
    if (known !== undefined) return known;
    const remembered = this.#memory.read(credential)?.checked;
    const revocationLagMs = this.#guard.firstRefusalLagMs(name, remembered);
    const resolution = await this.#askBesideKv(question);
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
    const name = await nameCredential(credential, store.id);
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
      const answer = await this.#checks.ask(question, startedAt, check);
      // A failed template says nothing about plain checks, and a client could make it fail at will.
      if (options.tokenizeAs === undefined) this.#health.note(answer, now());
      this.#checks.dismiss(question, answer, startedAt);
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

  /** Answers from a shared place. */
  async #recallShared(question: Question, place: SharedPlace): Promise<Resolution | undefined> {
    if (!this.#memory.isWorthReading(place, question)) return undefined;
    const remembered = await this.#memory.readShared(place, question);
    return remembered && this.#serve(question, remembered, place);
  }

  /**
   * Asks the store, and reads KV beside it if the store takes long or fails. The first usable answer is the request's; a
   * check that comes second goes on behind it. So KV never delays an answer of the store.
   */
  async #askBesideKv(question: Question): Promise<Resolution> {
    const isWorthReading = this.#memory.isWorthReading('kv', question);
    const race = new KvRace(async () =>
      isWorthReading ? this.#recallShared(question, 'kv') : undefined,
    );
    if (question.requirement.onlyIfCached) return (await race.read()) ?? notCached();
    const asking = this.#ask(question, race);
    const isFailing = this.#health.failure(this.#options.now()) !== undefined;
    if (!isWorthReading) return asking;
    const early = await within(isFailing ? 0 : KV_READ_AFTER_MS, asking);
    if (early !== LATE) return early;
    question.waitUntil(asking);
    const fromKv = race.read().then((found) => (found && race.claim('kv') ? found : asking));
    return Promise.race([asking, fromKv]);
  }

  /** Answers from a tier, and starts a background refresh if one is due. */
  #serve(
    question: Question,
    remembered: RememberedSession,
    tier: 'memory' | SharedPlace,
    now = this.#options.now(), // read again: the clock moves while tiers are awaited
  ): Resolution | undefined {
    const { checked, hasUndeliveredCookie } = remembered;
    const { minCheckedAt } = question.requirement;
    const usability = this.#guard.usability(question.name, checked, minCheckedAt, now);
    if (usability === 'unusable') return undefined;
    const place = { tier, now, ttlSeconds: this.#guard.ttlSeconds(checked, now) };
    if (usability !== 'if-error' && !hasUndeliveredCookie) {
      if (usability === 'revalidate') this.#revalidateBehind(question);
      if (this.#options.sampledHits?.isNextDue()) {
        const hit = { ...place, question, served: checked };
        question.waitUntil(compareBehind(hit, this.#comparing));
      }
      return fromTier(checked, place);
    }
    // An earlier failure of the store says nothing about later revocations.
    const isVouchedFor = checked.checkedAt >= this.#options.revocation.trustedSince(place.now);
    const failure = isVouchedFor ? this.#health.failure(place.now) : undefined;
    if (failure === undefined) return undefined;
    this.#revalidateBehind(question);
    return fromTier(checked, { ...place, fault: failure });
  }

  /** Serves a session that a wave of refusals removed, for as long as it would be served without the wave. */
  async #serveInWave(question: Question): Promise<Resolution | undefined> {
    const { name, requirement, waitUntil } = question;
    const { revocation, now } = this.#options;
    const checked = this.#refusals.displacedByWave(name);
    if (checked === undefined || requirement.minCheckedAt > 0) return undefined;
    await revocation.refresh(now(), waitUntil); // a mark may be newer than the check that found the refusal
    const usability = this.#guard.usability(name, checked);
    if (usability !== 'fresh' && usability !== 'revalidate') return undefined;
    this.#revalidateBehind(question);
    return this.#despiteFault(checked, 'refusal-wave');
  }

  #revalidateBehind(question: Question): void {
    if (this.#flights.has(question.name) || !this.#health.mayRetry(this.#options.now())) return;
    const check = (startedAt: number) => this.#checks.check(question, startedAt, () => false);
    question.waitUntil(this.#flights.join(question.name, 0, check, question.waitUntil));
  }

  /** Checks a credential at the store in a shared call, and repeats the check if a revocation overtook it. */
  async #ask(question: Question, race = NO_RACE): Promise<Resolution> {
    const { name, credential, requirement, waitUntil } = question;
    const { now } = this.#options;
    const hadCandidate = this.#memory.read(credential) !== undefined;
    const forwarded = !hadCandidate ? 'miss' : requirement.minCheckedAt > 0 ? 'request' : 'stale';
    const isAwaited = () => race.claim('store');
    let minCheckedAt = requirement.minCheckedAt;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const check = (startedAt: number) => this.#checks.check(question, startedAt, isAwaited);
      const { value, joined } = await this.#flights.join(name, minCheckedAt, check, waitUntil);
      const { startedAt, logPosition } = value;
      const answer =
        value.answer.kind === 'no-session'
          ? await this.#refusals.proveAsWanted(question, value.answer, startedAt)
          : value.answer;
      if (answer.kind === 'fault') {
        const found = await race.read();
        return found ?? this.#serveDespite(question, answer, forwarded);
      }
      const served = answer.kind === 'no-session' ? await this.#serveInWave(question) : undefined;
      if (served !== undefined) return served;
      const recheckReason = await this.#guard.recheckReason(name, value, waitUntil);
      if (recheckReason === undefined) {
        const taken = { startedAt, logPosition, now: now() };
        const isShared = joined || startedAt < minCheckedAt; // a refusal from a moment ago
        const ttlOf = (checked: CheckedSession) => this.#guard.ttlSeconds(checked);
        return toResolution(answer, { ...taken, forwarded, joined: isShared, ttlOf });
      }
      if (recheckReason === 'revocation-log') {
        if (requirement.minCheckedAt > 0) return unknown(recheckReason, undefined, forwarded);
        return this.#serveDespite(question, { ...UNUSABLE, detail: recheckReason }, forwarded);
      }
      minCheckedAt = startedAt + 1;
    }
    return unknown('revoked-meanwhile', undefined, forwarded);
  }

  /** Serves a cached session although the store failed, if it is usable after that failed call. The answer says so. */
  async #serveDespite(
    { name, credential, requirement, waitUntil }: Question,
    fault: Extract<StoreAnswer, { kind: 'fault' }>,
    forwarded: 'miss' | 'stale' | 'request',
  ): Promise<Resolution> {
    const { now, revocation } = this.#options;
    await revocation.refresh(now(), waitUntil);
    const checked = this.#memory.read(credential)?.checked;
    const { minCheckedAt } = requirement;
    if (
      checked === undefined ||
      this.#guard.usability(name, checked, minCheckedAt) === 'unusable'
    ) {
      return unknown(fault.detail, fault.retryAfterSeconds, forwarded);
    }
    return this.#despiteFault(checked, fault.detail);
  }

  /** Answers from memory, with the fault because of which the store's answer is not used. */
  #despiteFault(checked: CheckedSession, fault: string): Resolution {
    const ttlSeconds = this.#guard.ttlSeconds(checked);
    return fromTier(checked, { tier: 'memory', now: this.#options.now(), ttlSeconds, fault });
  }
}

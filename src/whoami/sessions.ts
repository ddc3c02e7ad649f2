import type { Credential } from '../credentials/credential.ts';
import type { SessionStore, StoreAnswer } from '../providers/session-store.ts';
import type { RevocationView } from '../revocation/revocation-view.ts';
import type { CheckedSession } from './checked-session.ts';
import { concludeAnswer, fromTier, notCached, refusalFromMemory, unknown } from './conclusions.ts';
import { type CredentialName, nameCredential } from './credential-name.ts';
import { judge, type Lifetimes, type Moment } from './freshness.ts';
import type { KvTier } from './kv-tier.ts';
import type { MemoryTierLimits } from './memory-tier.ts';
import type { Resolution } from './resolution.ts';
import { RevocationGuard, type TimedAnswer } from './revocation-guard.ts';
import { type RememberedSession, SessionMemory } from './session-memory.ts';
import { type Anchor, SingleFlight } from './single-flight.ts';
import { StoreHealth } from './store-health.ts';

export interface SessionsOptions {
  readonly store: SessionStore;
  /** `undefined`: memory and the store only. */
  readonly kv: KvTier | undefined;
  readonly revocation: RevocationView;
  readonly lifetimes: Lifetimes;
  readonly memoryLimits: MemoryTierLimits;
  readonly kvWriteIntervalSeconds: number;
  readonly storeTimeoutMs: number;
  readonly now: () => number;
}

/** What a requester asks of the answer. */
export interface Demand {
  /** Nothing checked before this will do, in milliseconds since the epoch; 0 for no demand. */
  readonly asOf: number;
  readonly onlyIfCached: boolean;
}

/** Takes any answer that freshness allows. */
export const NO_DEMAND: Demand = Object.freeze({ asOf: 0, onlyIfCached: false });

interface Question {
  readonly credential: Credential;
  readonly name: CredentialName;
  readonly demand: Demand;
  readonly anchor: Anchor;
}

/** The store is asked, asked whether it is ready, and asked again: the longest a check can take. */
const CALLS_PER_CHECK = 3;
const UNUSABLE = { kind: 'fault', scope: 'answer', retryAfterSeconds: undefined } as const;
/** Checks overtaken by a revocation are made again, not for ever. */
const MAX_ATTEMPTS = 3;

/**
 * Credential to session, remembered: memory, then KV, then the store, each answer held against freshness,
 * expiry, the requester's demand and the revocation view before it is given. So is the store's own answer: by
 * the time it arrives, the check that it is the result of may have been overtaken.
 *
 * Guarantees: nothing is served at or past the session's expiry; a failing store is never read as "signed
 * out"; a check that started before a revocation neither answers nor is kept; one store call at a time per
 * credential in this isolate, however many ask.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #memory: SessionMemory;
  readonly #flights: SingleFlight<TimedAnswer>;
  readonly #guard: RevocationGuard;
  readonly #health = new StoreHealth();

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#memory = new SessionMemory({ ...options, limits: options.memoryLimits });
    this.#guard = new RevocationGuard(options.revocation, options.now);
    const deadlineMs = CALLS_PER_CHECK * options.storeTimeoutMs;
    this.#flights = new SingleFlight({ deadlineMs, now: options.now });
  }

  /** Who a credential is, by whichever tier may answer. Never throws on account of the credential. */
  async resolve(credential: Credential, demand: Demand, anchor: Anchor): Promise<Resolution> {
    const name = this.#memory.nameOf(credential) ?? (await this.#name(credential));
    const question: Question = { credential, name, demand, anchor };
    const refreshed = this.#options.revocation.refresh(this.#options.now(), anchor);
    if (refreshed !== undefined) await refreshed;
    const known = this.#recall(question) ?? (await this.#recallFromKv(question));
    if (known !== undefined) return known;
    const remembered = this.#memory.read(name)?.checked;
    const revocationLagMs = this.#guard.firstRefusalLagMs(name, remembered);
    const resolution = demand.onlyIfCached ? notCached() : await this.#ask(question);
    if (revocationLagMs === undefined) return resolution;
    return { ...resolution, provenance: { ...resolution.provenance, revocationLagMs } };
  }

  /**
   * Who a credential is, by the store alone, with nothing kept: for `tokenize_as`, whose answers are minted
   * for one requester, and for clients that said `no-store`. What was kept before and is now denied is
   * forgotten all the same.
   */
  async resolveUnstored(
    credential: Credential,
    anchor: Anchor,
    options: { readonly tokenizeAs?: string } = {},
  ): Promise<Resolution> {
    const { store, now } = this.#options;
    const name = await this.#name(credential);
    await this.#options.revocation.refresh(now(), anchor);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const startedAt = now();
      const check = () => store.check(credential, options);
      const demand = { asOf: startedAt, onlyIfCached: false };
      const logPosition = this.#options.revocation.position();
      const answer = await this.#lookTwice({ credential, name, demand, anchor }, startedAt, check);
      // A template that fails says nothing of plain checks, and who asks for it chooses when it fails.
      if (options.tokenizeAs === undefined) this.#noteHealth(answer);
      if (answer.kind === 'no-session' || answer.kind === 'insufficient') {
        this.#memory.forget(name, startedAt, anchor);
      }
      const doubt = await this.#guard.doubt(name, { answer, startedAt, logPosition }, anchor);
      if (doubt === undefined) {
        const taken = { startedAt, logPosition, now: now() };
        return concludeAnswer(answer, { ...taken, forwarded: 'bypass' });
      }
      if (doubt === 'revocation-log') return unknown(doubt, undefined, 'bypass');
    }
    return unknown('revoked-meanwhile', undefined, 'bypass');
  }

  #name(credential: Credential): Promise<CredentialName> {
    return nameCredential(credential, this.#options.store.id);
  }

  /** What memory can answer by itself, with whatever that sets off behind the answer. */
  #recall(question: Question): Resolution | undefined {
    const { name, demand } = question;
    const remembered = this.#memory.read(name);
    if (remembered !== undefined) return this.#serve(question, remembered, 'memory');
    const refusal = this.#memory.readRefusal(name, demand.asOf);
    return refusal && refusalFromMemory(refusal, this.#options.now());
  }

  async #recallFromKv(question: Question): Promise<Resolution | undefined> {
    const { name, demand } = question;
    // KV is written seldom, so it is rarely younger than memory; and who wants the present does not want KV.
    const isWorthReading =
      this.#memory.read(name) === undefined && demand.asOf < this.#options.now();
    if (!isWorthReading) return undefined;
    const remembered = await this.#readKv(question);
    return remembered && this.#serve(question, remembered, 'kv');
  }

  #serve(
    question: Question,
    remembered: RememberedSession,
    tier: 'memory' | 'kv',
  ): Resolution | undefined {
    const { checked, owesCookie } = remembered;
    const usability = this.#judge(question.name, checked, question.demand.asOf);
    if (usability === 'unusable') return undefined;
    const place = { tier, now: this.#options.now(), lifetimes: this.#options.lifetimes };
    if (usability !== 'if-error' && !owesCookie) {
      if (usability === 'revalidate') this.#revalidateBehind(question);
      return fromTier(checked, place);
    }
    const failure = this.#health.failure(this.#options.now());
    if (failure === undefined) return undefined;
    this.#revalidateBehind(question);
    return fromTier(checked, { ...place, fault: failure });
  }

  #revalidateBehind(question: Question): void {
    if (this.#flights.has(question.name) || !this.#health.mayRetry(this.#options.now())) return;
    const check = (startedAt: number) => this.#check(question, startedAt, { isAwaited: false });
    question.anchor(this.#flights.join(question.name, 0, check, question.anchor));
  }

  /** Asks the store together with everyone who is asking the same, until the answer outlasts every mark. */
  async #ask(question: Question): Promise<Resolution> {
    const { name, demand, anchor } = question;
    const { now, lifetimes } = this.#options;
    const hadCandidate = this.#memory.read(name) !== undefined;
    const forwarded = !hadCandidate ? 'miss' : demand.asOf > 0 ? 'request' : 'stale';
    let asOf = demand.asOf;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const check = (startedAt: number) => this.#check(question, startedAt, { isAwaited: true });
      const { value, joined } = await this.#flights.join(name, asOf, check, anchor);
      const { answer, startedAt, logPosition } = value;
      if (answer.kind === 'fault') return this.#serveDespite(question, answer, forwarded);
      const doubt = await this.#guard.doubt(name, value, anchor);
      if (doubt === undefined) {
        const taken = { startedAt, logPosition, now: now() };
        return concludeAnswer(answer, { ...taken, forwarded, joined, lifetimes });
      }
      if (doubt === 'revocation-log') {
        if (demand.asOf > 0) return unknown(doubt, undefined, forwarded);
        return this.#serveDespite(question, { ...UNUSABLE, detail: doubt }, forwarded);
      }
      asOf = startedAt + 1;
    }
    return unknown('revoked-meanwhile', undefined, forwarded);
  }

  /** The store failed: a session that is remembered well enough is served, and says so. */
  #serveDespite(
    { name, demand }: Question,
    fault: Extract<StoreAnswer, { kind: 'fault' }>,
    forwarded: 'miss' | 'stale' | 'request',
  ): Resolution {
    const { now, lifetimes } = this.#options;
    const checked = this.#memory.read(name)?.checked;
    if (checked === undefined || this.#judge(name, checked, demand.asOf) === 'unusable') {
      return unknown(fault.detail, fault.retryAfterSeconds, forwarded);
    }
    return fromTier(checked, { tier: 'memory', now: now(), lifetimes, fault: fault.detail });
  }

  /** One check at the store, and everything that is to be remembered or forgotten on account of it. */
  async #check(
    question: Question,
    startedAt: number,
    { isAwaited }: { readonly isAwaited: boolean },
  ): Promise<TimedAnswer> {
    const { name, credential, anchor } = question;
    const { store, revocation } = this.#options;
    const logPosition = revocation.position(); // before the call: what is marked during it may be unknown to the store
    const answer = await this.#lookTwice(question, startedAt, () => store.check(credential));
    this.#noteHealth(answer);
    switch (answer.kind) {
      case 'session': {
        const { session, body, cacheForSeconds, setCookies } = answer;
        const checked = { session, body, checkedAt: startedAt, logPosition, cacheForSeconds };
        const owesCookie = !isAwaited && setCookies.length > 0;
        // Not to be kept, by the store's word, a mark or its expiry: then what was kept before is not either.
        if (this.#judge(name, checked, 0) === 'unusable') {
          this.#memory.forget(name, startedAt, anchor);
        } else this.#memory.remember(name, credential, { checked, owesCookie }, anchor);
        break;
      }
      case 'no-session':
        this.#memory.refuse(name, { checkedAt: startedAt, body: answer.body }, anchor);
        break;
      case 'insufficient':
        this.#memory.forget(name, startedAt, anchor);
        break;
      case 'rejected': // whoami without a template has nothing to refuse: not Kratos, or not as we know it
        return { answer: { ...UNUSABLE, detail: 'store-400' }, startedAt, logPosition };
      case 'fault':
        break;
    }
    return { answer, startedAt, logPosition };
  }

  /**
   * Kratos answers 401 when its own database fails. So a "no" about a credential that was good moments ago
   * is believed only if the store says that it is ready, and says no again.
   */
  async #lookTwice(
    question: Question,
    startedAt: number,
    check: () => Promise<StoreAnswer>,
  ): Promise<StoreAnswer> {
    const answer = await check();
    if (answer.kind !== 'no-session') return answer;
    const prior = await this.#priorOf(question);
    const isSudden =
      prior !== undefined &&
      startedAt < prior.session.expiresAt &&
      this.#judge(question.name, prior, 0) !== 'unusable';
    if (!isSudden) return answer;
    if (await this.#options.store.isReady()) return check();
    return { ...UNUSABLE, scope: 'store', detail: 'store-not-ready' };
  }

  /** What was known before the store was asked; from KV only for who passed it by, wanting the present. */
  async #priorOf(question: Question) {
    const remembered = this.#memory.read(question.name);
    if (remembered !== undefined || question.demand.asOf === 0) return remembered?.checked;
    return (await this.#readKv(question))?.checked;
  }

  #readKv({ name, credential, anchor }: Question): Promise<RememberedSession | undefined> {
    const isUsable = (checked: CheckedSession) => this.#judge(name, checked, 0) !== 'unusable';
    return this.#memory.readKv(name, credential, isUsable, anchor);
  }

  #noteHealth(answer: StoreAnswer): void {
    if (answer.kind === 'fault') {
      if (answer.scope === 'answer') return;
      this.#health.noteFailure(answer.detail, this.#options.now(), answer.retryAfterSeconds);
    } else {
      this.#health.noteSuccess();
    }
  }

  #judge(name: CredentialName, checked: CheckedSession, asOf: number) {
    const now = this.#options.now(); // taken anew: the clock moves while tiers and store are awaited
    const moment: Moment = {
      now,
      asOf,
      notBefore: this.#guard.notBefore(name, checked),
      trustedSince: this.#options.revocation.trustedSince(now),
    };
    return judge(checked, moment, this.#options.lifetimes);
  }
}

import type { Readiness, SessionStore } from '../providers/session-store.ts';
import { LATE, within } from '../runtime/deadline.ts';
import type { Report } from '../runtime/report.ts';
import { SingleFlight, type WaitUntil } from '../runtime/single-flight.ts';

/** The store's answer to one readiness check. Plain data, shared between requests. */
export interface ReadinessFinding {
  readonly readiness: Readiness;
  /** The number of the readiness check in this isolate, from 1. */
  readonly question: number;
  /** When the readiness check was sent, in milliseconds since the epoch. */
  readonly sentAt: number;
}

/**
 * The arrival of a refusal: by the clock, and by its order among readiness checks. The order is needed because the
 * clock of a Worker stands still between two calls.
 */
export interface RefusalMoment {
  readonly at: number;
  /** The number of readiness checks that had been sent by then. */
  readonly questions: number;
}

/**
 * - `recent`: the readiness check was sent after the refusal arrived, or at most two seconds before;
 * - `after`: the readiness check was sent after the refusal arrived.
 */
export type Evidence = 'recent' | 'after';

export interface StoreReadinessOptions {
  readonly store: Pick<SessionStore, 'readiness'>;
  readonly now: () => number;
  /** Takes one event if the store publishes no readiness. */
  readonly report: Report;
}

/** The note to the operator about a store whose failures look like its refusals. */
export const UNPUBLISHED_READINESS =
  'The session store does not answer /health/ready as Kratos does, so its 401 is believed even if its database fails, and no cookie is cleared. Expected: 200 {"status":"ok"} or 503. Let the path through to Kratos.';

/** Minimum time between two readiness checks of one isolate. */
const INTERVAL_MS = 1000;
/** A readiness check counts for a refusal if it was sent at most this long before the refusal arrived. */
const RECENT_MS = 2000;
/** Maximum wait for the answer to a readiness check. */
const WAIT_MS = 1000;
/** The longest time that one readiness check takes; see the store's own deadline. */
const QUESTION_DEADLINE_MS = 2000;
const QUESTION = 'readiness';

/** The longest time that {@link StoreReadiness.find} takes: a readiness check may have to wait for its turn. */
export const FIND_DEADLINE_MS = INTERVAL_MS + WAIT_MS;

/**
 * Asks whether the store is ready, once for all requests of this isolate. It sends at most one readiness check a
 * second, however many refusals need one.
 */
export class StoreReadiness {
  readonly #options: StoreReadinessOptions;
  readonly #flights: SingleFlight<ReadinessFinding>;
  #latest: ReadinessFinding | undefined;
  #latestFailure: ReadinessFinding | undefined;
  #questions = 0;
  #askedAt = -Infinity;
  #isUnpublished = false;

  constructor(options: StoreReadinessOptions) {
    this.#options = options;
    this.#flights = new SingleFlight({ deadlineMs: QUESTION_DEADLINE_MS, now: options.now });
  }

  /** The present moment. Call this when a refusal has arrived. */
  moment(): RefusalMoment {
    return { at: this.#options.now(), questions: this.#questions };
  }

  /** Whether a readiness check sent after that moment has failed: the store said "not ready" or did not answer. */
  hasFailedSince({ questions }: RefusalMoment): boolean {
    return this.#latestFailure !== undefined && this.#latestFailure.question > questions;
  }

  /** Whether the last readiness check before a refusal failed. The refusal may then be part of the failure. */
  wasFailing({ at, questions }: RefusalMoment): boolean {
    const failure = this.#latestFailure;
    return failure?.question === questions && at - failure.sentAt <= RECENT_MS;
  }

  /** Whether the store may be failing, so that a refusal that has just arrived may not count. */
  async mayBeFailing(waitUntil: WaitUntil): Promise<boolean> {
    const moment = this.moment();
    const finding = await this.find(moment, 'recent', waitUntil);
    return (finding?.readiness ?? 'not-ready') === 'not-ready' || this.wasFailing(moment);
  }

  /** Finds a readiness check that counts for a refusal of that moment. If there is no such check, sends a new one. */
  async find(
    moment: RefusalMoment,
    evidence: Evidence,
    waitUntil: WaitUntil,
  ): Promise<ReadinessFinding | undefined> {
    const known = this.#known(moment, evidence);
    if (known !== undefined) return known;
    const waiter = { isGone: false };
    // A readiness check under way is recent, but was not sent after the refusal.
    const turnInMs = evidence === 'recent' ? this.#turnInMs() : this.#untilNextMs();
    try {
      const asked = this.#ask(moment, evidence, waitUntil, waiter);
      const finding = await within(WAIT_MS + turnInMs, asked);
      return finding === LATE ? undefined : finding;
    } finally {
      waiter.isGone = true;
    }
  }

  #known(moment: RefusalMoment, evidence: Evidence): ReadinessFinding | undefined {
    const latest = this.#latest;
    return latest !== undefined && counts(latest, moment, evidence) ? latest : undefined;
  }

  async #ask(
    moment: RefusalMoment,
    evidence: Evidence,
    waitUntil: WaitUntil,
    waiter: { readonly isGone: boolean },
  ): Promise<ReadinessFinding | undefined> {
    while (!waiter.isGone) {
      const turnInMs = this.#turnInMs();
      if (turnInMs > 0) await sleep(turnInMs);
      const known = this.#known(moment, evidence);
      if (known !== undefined) return known;
      if (this.#turnInMs() > 0 || waiter.isGone) continue;
      const { value } = await this.#flights.join(QUESTION, 0, () => this.#question(), waitUntil);
      if (counts(value, moment, evidence)) return value;
    }
    return undefined;
  }

  async #question(): Promise<ReadinessFinding> {
    const { store, now, report } = this.#options;
    this.#questions += 1;
    const question = this.#questions;
    const sentAt = now();
    this.#askedAt = sentAt;
    const readiness = await store.readiness();
    const finding = { readiness, question, sentAt };
    if (question > (this.#latest?.question ?? 0)) this.#latest = finding;
    if (readiness === 'not-ready') {
      if (question > (this.#latestFailure?.question ?? 0)) this.#latestFailure = finding;
    } else if (readiness === 'unpublished' && !this.#isUnpublished) {
      this.#isUnpublished = true;
      report({ event: 'store-readiness-unpublished', message: UNPUBLISHED_READINESS });
    }
    return finding;
  }

  /** Milliseconds until a readiness check may be joined or sent; 0 while one is under way. */
  #turnInMs(): number {
    return this.#flights.has(QUESTION) ? 0 : this.#untilNextMs();
  }

  #untilNextMs(): number {
    const sinceAskedMs = this.#options.now() - this.#askedAt;
    // If the clock was set back, requests must not wait longer.
    return sinceAskedMs < 0 ? 0 : Math.max(0, INTERVAL_MS - sinceAskedMs);
  }
}

/** Whether a readiness check counts for a refusal. A failed check from *before* the refusal does not count. */
function counts(
  { readiness, question, sentAt }: ReadinessFinding,
  moment: RefusalMoment,
  evidence: Evidence,
): boolean {
  if (question > moment.questions) return true;
  const ageMs = moment.at - sentAt;
  const isRecent = ageMs >= 0 && ageMs <= RECENT_MS; // below 0: the clock was set back
  return evidence === 'recent' && isRecent && readiness !== 'not-ready';
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

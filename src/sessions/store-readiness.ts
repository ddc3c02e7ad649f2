import type { Readiness, SessionStore } from '../providers/session-store.ts';
import { LATE, within } from '../runtime/deadline.ts';
import { type Anchor, SingleFlight } from '../runtime/single-flight.ts';

/** What the store answered to one question about its readiness; plain data, shared between requests. */
export interface ReadinessFinding {
  readonly readiness: Readiness;
  /** Which question of this isolate it answers, from 1. */
  readonly question: number;
  /** When the question was sent, in milliseconds since the epoch. */
  readonly sentAt: number;
}

/** When a refusal arrived: by the clock, and by its order among the questions, for the clock stands still between two calls. */
export interface RefusalMoment {
  readonly at: number;
  /** Questions about readiness that had been sent by then. */
  readonly questions: number;
}

/**
 * - `recent`: the question was sent after the refusal arrived, or at most two seconds before;
 * - `after`: it was sent after the refusal arrived.
 */
export type Evidence = 'recent' | 'after';

export interface StoreReadinessOptions {
  readonly store: Pick<SessionStore, 'readiness'>;
  readonly now: () => number;
  /** Told once that the store publishes no readiness. */
  readonly onUnpublished: () => void;
}

/** Between two questions of one isolate. */
const INTERVAL_MS = 1000;
/** How long before a refusal the question may have been sent that the refusal is believed on. */
const RECENT_MS = 2000;
/** The longest that anybody waits for an answer. */
const WAIT_MS = 1000;
/** No question takes longer; see the store's own deadline. */
const QUESTION_DEADLINE_MS = 2000;
const QUESTION = 'readiness';

/** The longest that {@link StoreReadiness.find} takes: a question may have to wait for its turn. */
export const FIND_DEADLINE_MS = INTERVAL_MS + WAIT_MS;

/**
 * Whether the store is ready, asked for every request of this isolate together: at most once a second, however
 * many refusals are to be confirmed.
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

  /** To be taken down when a refusal has arrived. */
  moment(): RefusalMoment {
    return { at: this.#options.now(), questions: this.#questions };
  }

  /** Whether the store has said, or been too silent to say, that it is not ready, by a question sent after that moment. */
  hasFailedSince({ questions }: RefusalMoment): boolean {
    return this.#latestFailure !== undefined && this.#latestFailure.question > questions;
  }

  /** Whether the store was not ready by the last question sent before a refusal, which may then be no more than that. */
  wasFailing({ at, questions }: RefusalMoment): boolean {
    const failure = this.#latestFailure;
    return failure?.question === questions && at - failure.sentAt <= RECENT_MS;
  }

  /** Whether a refusal that has just arrived may come of the store's own failure. */
  async mayBeFailing(anchor: Anchor): Promise<boolean> {
    const moment = this.moment();
    const finding = await this.find(moment, 'recent', anchor);
    return (finding?.readiness ?? 'not-ready') === 'not-ready' || this.wasFailing(moment);
  }

  /**
   * What is known of the store's readiness that counts for a refusal of that moment; asked for when nothing is.
   *
   * @returns `undefined` when it could not be found out within {@link FIND_DEADLINE_MS}
   */
  async find(
    moment: RefusalMoment,
    evidence: Evidence,
    anchor: Anchor,
  ): Promise<ReadinessFinding | undefined> {
    const known = this.#known(moment, evidence);
    if (known !== undefined) return known;
    const waiter = { isGone: false };
    // The question under way is recent, but it was not sent after.
    const turnInMs = evidence === 'recent' ? this.#turnInMs() : this.#untilNextMs();
    try {
      const asked = this.#ask(moment, evidence, anchor, waiter);
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
    anchor: Anchor,
    waiter: { readonly isGone: boolean },
  ): Promise<ReadinessFinding | undefined> {
    while (!waiter.isGone) {
      const turnInMs = this.#turnInMs();
      if (turnInMs > 0) await sleep(turnInMs);
      const known = this.#known(moment, evidence);
      if (known !== undefined) return known;
      if (this.#turnInMs() > 0 || waiter.isGone) continue;
      const { value } = await this.#flights.join(QUESTION, 0, () => this.#question(), anchor);
      if (counts(value, moment, evidence)) return value;
    }
    return undefined;
  }

  async #question(): Promise<ReadinessFinding> {
    const { store, now, onUnpublished } = this.#options;
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
      onUnpublished();
    }
    return finding;
  }

  /** How long until a question may be joined or sent; 0 while one is under way. */
  #turnInMs(): number {
    return this.#flights.has(QUESTION) ? 0 : this.#untilNextMs();
  }

  #untilNextMs(): number {
    const sinceAskedMs = this.#options.now() - this.#askedAt;
    // A clock that was set back must not keep anybody waiting.
    return sinceAskedMs < 0 ? 0 : Math.max(0, INTERVAL_MS - sinceAskedMs);
  }
}

/** Whether a finding says something of a refusal. That the store was not ready *before* says nothing of it. */
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

import type { SharedPlace } from '../runtime/shared-bytes.ts';
import type { ConfirmedAnswer } from './confirmed-answer.ts';
import type { CheckedSession } from './resolution.ts';

/** A cached answer that was served, and the store's own answer from right after it. */
export interface ComparedHit {
  readonly served: CheckedSession;
  readonly tier: 'memory' | SharedPlace;
  /** The age of the served check, in milliseconds. */
  readonly ageMs: number;
  readonly answer: ConfirmedAnswer;
  /** When the check began that gave the store's answer, and when it was known, in milliseconds since the epoch. */
  readonly askedAt: number;
  readonly answeredAt: number;
  /**
   * The time before the serving from which on a change of the store may be unknown here, in milliseconds: the age, or less
   * if the store tells of its changes.
   */
  readonly unseenMs: number;
  /** Whether the store had told of its changes since before the served check. */
  readonly isTold: boolean;
  /** Reads the log. */
  readonly refresh: () => Promise<void>;
  /** Whether a mark that this isolate knows by now revokes the served check. */
  readonly isRevoked: () => boolean;
  /** The time until which all changes of the store since the served check are known by now. */
  readonly changesKnownUntil: () => number | undefined;
}

export interface SampledHitsOptions {
  /** The number of hits of which one is compared. */
  readonly oneIn: number;
  readonly maxPerSecond: number;
  /** From 0 to 1, and never 1. */
  readonly random: () => number;
  readonly now: () => number;
  readonly compare: (hit: ComparedHit) => Promise<void>;
}

/** Chooses the hits that are compared with the store. The hot path only counts down a number. */
export class SampledHits {
  readonly compare: SampledHitsOptions['compare'];
  readonly #options: SampledHitsOptions;
  #hitsLeft: number;
  #secondBeganAt = -Infinity;
  #inSecond = 0;

  constructor(options: SampledHitsOptions) {
    this.#options = options;
    this.compare = options.compare;
    this.#hitsLeft = this.#drawGap();
  }

  /** Counts a hit. Returns whether it is to be compared. */
  isNextDue(): boolean {
    this.#hitsLeft -= 1;
    return this.#hitsLeft <= 0 && this.#takeTurn();
  }

  #takeTurn(): boolean {
    this.#hitsLeft = this.#drawGap();
    const { now, maxPerSecond } = this.#options;
    const sinceBegin = now() - this.#secondBeganAt;
    if (sinceBegin >= 1000 || sinceBegin < 0) {
      this.#secondBeganAt = now();
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    return this.#inSecond <= maxPerSecond;
  }

  /** Draws the number of hits until the next comparison. Every hit has the same chance, whatever came before it. */
  #drawGap(): number {
    const { oneIn, random } = this.#options;
    return Math.max(1, Math.ceil(Math.log(1 - random()) / Math.log(1 - 1 / oneIn)));
  }
}

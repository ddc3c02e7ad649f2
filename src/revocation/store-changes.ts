// Pure: no I/O; the clock is a parameter.
import type { Watermark } from './log-protocol.ts';

/** When a page was asked for and when it arrived, in milliseconds since the epoch, by the isolate's clock. */
export interface PageTimes {
  readonly sentAt: number;
  readonly arrivedAt: number;
}

/** A time in which every change that was committed in the store left a mark that the view has. */
interface KnownChanges {
  readonly since: number;
  /** The earliest time at which it can have begun, by the same page. */
  readonly sinceEarliest: number;
  readonly until: number;
  /** When the read was sent that proved it. */
  readonly sentAt: number;
}

/**
 * Maximum clock difference between two isolates. It matters for checks that another isolate made just when the channel
 * began.
 */
const CLOCK_SKEW_MS = 1000;

/**
 * The store's changes that a view knows, by the isolate's own clock. The log makes its answer at some time between the
 * sending of the read and the arrival of the page. So the known changes end at the earliest time that the durations of
 * the watermark allow, and begin at the latest. What a page proves stays true after the channel breaks: its changes have
 * their marks, and later changes are unknown.
 */
export class StoreChanges {
  #known: KnownChanges | undefined;
  /** The changes that were known before the last break. They confirm the checks that are older than the break. */
  #knownBefore: KnownChanges | undefined;

  /** Notes the watermark of a page, after its marks and all before them are in the view. */
  note({ ageMs, unbrokenForMs }: Watermark, { sentAt, arrivedAt }: PageTimes): void {
    const last = this.#known;
    const isLastValid = last !== undefined && last.sentAt <= arrivedAt; // else the clock was set back
    const began = {
      since: arrivedAt - unbrokenForMs,
      sinceEarliest: sentAt - unbrokenForMs,
    };
    // A break does not move back. If it seems so, the clock of the log was set forward.
    const isForged = isLastValid && began.since + CLOCK_SKEW_MS < last.sinceEarliest;
    const { since, sinceEarliest } = isForged ? last : began;
    const noted = { since, sinceEarliest, until: sentAt - ageMs, sentAt };
    if (isLastValid && noted.until <= last.until) return; // of a read that was overtaken
    if (isLastValid && last.since < last.until && last.until < noted.since)
      this.#knownBefore = last;
    this.#known = noted;
  }

  /** Forgets all changes, because the log was replaced. */
  forget(): void {
    this.#known = undefined;
    this.#knownBefore = undefined;
  }

  /**
   * The time until which every change since a check is known. `undefined` if the channel was not unbroken since before
   * the check.
   */
  knownUntil(checkedAt: number, now: number): number | undefined {
    const known = this.#known;
    const before = this.#knownBefore;
    if (known !== undefined && covers(known, checkedAt, now)) return known.until;
    return before !== undefined && covers(before, checkedAt, now) ? before.until : undefined;
  }
}

/** Whether changes are known since before a check. If they are from the future, the clock was set back. */
function covers({ since, sentAt }: KnownChanges, checkedAt: number, now: number): boolean {
  return since + CLOCK_SKEW_MS <= checkedAt && sentAt <= now;
}

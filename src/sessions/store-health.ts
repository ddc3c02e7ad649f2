// Pure: no I/O; the clock is an argument.
import type { ConfirmedAnswer } from './confirmed-answer.ts';

/** After a failure, how long stale answers are given without asking the store first. */
const RETRY_MS = 1000;
/** After the next attempt is due, how long it may take to tell; longer than the longest check. */
const BELIEVED_MS = 30_000;

/**
 * Whether the store failed a moment ago. While it did, whoever can be served from what is remembered is not
 * made to wait for the store's deadline; one attempt per interval goes on behind the answers. Those
 * nothing is remembered of are always asked about.
 */
export class StoreHealth {
  #failedAt = -Infinity;
  #quietUntil = -Infinity;
  #detail = '';

  /** A failure that one credential alone may have caused says nothing of the store. */
  note(answer: ConfirmedAnswer, now: number): void {
    if (answer.kind !== 'fault') this.noteSuccess();
    else if (answer.scope === 'store') {
      this.noteFailure(answer.detail, now, answer.retryAfterSeconds);
    }
  }

  noteFailure(detail: string, now: number, retryAfterSeconds: number | undefined): void {
    this.#failedAt = now;
    this.#detail = detail;
    this.#quietUntil = now + (retryAfterSeconds ?? RETRY_MS / 1000) * 1000;
  }

  noteSuccess(): void {
    this.#failedAt = -Infinity;
    this.#quietUntil = -Infinity;
  }

  /**
   * The last failure's detail, while nothing has succeeded since. A failure that nobody has looked into since
   * is over: it says nothing of the store of today.
   */
  failure(now: number): string | undefined {
    const isRecent = now >= this.#failedAt && now < this.#quietUntil + BELIEVED_MS;
    return isRecent ? this.#detail : undefined;
  }

  /** Whether it is time to ask again. */
  mayRetry(now: number): boolean {
    return now >= this.#quietUntil || now < this.#failedAt;
  }
}

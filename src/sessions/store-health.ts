// Pure: no I/O; the clock is an argument.
import type { ConfirmedAnswer } from './confirmed-answer.ts';

/** For this long after a failure, stale sessions are served without asking the store first. */
const RETRY_MS = 1000;
/**
 * A failure counts for this long after the next attempt is due. The longest check is shorter, so it can finish in
 * time.
 */
const BELIEVED_MS = 30_000;

/**
 * Remembers whether the store failed a moment ago. While it fails, a request with a cached session does not wait for
 * the store's deadline. It gets the cached session, and one attempt per interval runs in the background. A credential
 * without a cached session is always checked at the store.
 */
export class StoreHealth {
  #failedAt = -Infinity;
  #quietUntil = -Infinity;
  #detail = '';

  /**
   * Notes the result of a check. A failure that one credential alone may have caused says nothing about the store.
   */
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
   * The detail of the last failure, if no call has succeeded since. A failure expires if no request asks the store
   * again, because an old failure says nothing about the store now.
   */
  failure(now: number): string | undefined {
    const isRecent = now >= this.#failedAt && now < this.#quietUntil + BELIEVED_MS;
    return isRecent ? this.#detail : undefined;
  }

  /** Whether the next attempt is due. */
  mayRetry(now: number): boolean {
    return now >= this.#quietUntil || now < this.#failedAt;
  }
}

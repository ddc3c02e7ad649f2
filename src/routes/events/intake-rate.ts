// Pure: no I/O; the clock is an argument.

/** Messages one isolate takes in a second, with a burst of as many again. */
const MESSAGES_PER_SECOND = 50;

/**
 * A token bucket for one intake: so many proven messages are written to the log. What cannot be proven takes none of
 * it, or whoever sends enough of that could keep a revocation from being heard.
 */
export class IntakeRate {
  #tokens = 2 * MESSAGES_PER_SECOND;
  #filledAt = 0;

  admit(now: number): boolean {
    const gained = Math.max(0, ((now - this.#filledAt) * MESSAGES_PER_SECOND) / 1000);
    this.#tokens = Math.min(2 * MESSAGES_PER_SECOND, this.#tokens + gained);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

// Pure: no I/O; the clock is an argument.

/** Messages per second that one isolate accepts. A burst may have twice as many. */
const MESSAGES_PER_SECOND = 50;

/**
 * Rate limit of one intake, for verified messages (a token bucket). Unverified messages do not use it up, so a flood of
 * them cannot keep a revocation from being recorded.
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

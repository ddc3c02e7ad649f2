// Pure: no I/O; the clock is an argument.

/** Messages one isolate takes in a second, with a burst of as many again. Proving one costs more than sending it. */
const MESSAGES_PER_SECOND = 50;

/** A token bucket for one intake: so many messages are looked at, whoever sends them. */
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

// Pure: no I/O, no clock.

/**
 * Keeps values by object for as long as they are read now and then: at least for `forMs` after a value was kept or read
 * last, and less than three times as long while other values are read. A value also goes with its object.
 */
export class BriefMemory<Key extends WeakKey, Value> {
  readonly #forMs: number;
  /** Values that were kept or read since the last turn. */
  #current = new WeakMap<Key, Value>();
  /** Values that were kept or read between the last turn and the one before it. */
  #previous = new WeakMap<Key, Value>();
  #turnedAt = -Infinity;

  constructor(forMs: number) {
    this.#forMs = forMs;
  }

  /** @param now milliseconds since the epoch */
  read(key: Key, now: number): Value | undefined {
    this.#turnIfDue(now);
    const value = this.#current.get(key);
    if (value !== undefined) return value;
    const older = this.#previous.get(key);
    if (older !== undefined) this.#current.set(key, older);
    return older;
  }

  /** @param now milliseconds since the epoch */
  keep(key: Key, value: Value, now: number): void {
    this.#turnIfDue(now);
    this.#current.set(key, value);
  }

  #turnIfDue(now: number): void {
    const sinceTurn = now - this.#turnedAt;
    if (sinceTurn >= 0 && sinceTurn < this.#forMs) return; // below 0: the clock was set back
    this.#previous = sinceTurn < 2 * this.#forMs ? this.#current : new WeakMap();
    this.#current = new WeakMap();
    this.#turnedAt = now;
  }
}

// Pure: no I/O, no clock.

/** What a response says of a reason: the status, what was wrong, and what to do. It never repeats input. */
export interface Explanation {
  readonly status: number;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

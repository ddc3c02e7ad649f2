// Pure: no I/O, no clock.

/** The explanation of a reason in a response: the status, the problem and the next step. It never repeats input. */
export interface Explanation {
  readonly status: number;
  readonly message: string;
  /** The next step. */
  readonly hint: string;
}

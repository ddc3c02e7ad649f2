/**
 * Behaviour of one kind of call to the log.
 * - `ok`: it works.
 * - `throw`: it rejects, and the log never hears of it.
 * - `throw-definite`: as `throw`, for appends that hold a definite mark alone.
 * - `lost`: the log does as it was told, and the answer is lost.
 * - `hang`: it never settles.
 * - `delayMs`: it works, after so many milliseconds of real time.
 * - `answer`: it answers this, and the log never hears of it.
 */
export type LogFault =
  | 'ok'
  | 'throw'
  | 'throw-definite'
  | 'lost'
  | 'hang'
  | { readonly delayMs: number }
  | { readonly answer: unknown };

/** Every member left out is as on a healthy log; setting replaces the whole. */
export interface LogFaults {
  readonly read?: LogFault;
  readonly append?: LogFault;
  /** Reads with which an isolate sends its sums, in place of `read`. */
  readonly readWithSums?: LogFault;
  /** What operators are told. */
  readonly status?: LogFault;
  /** Both calls about the leases of refreshes. */
  readonly leases?: LogFault;
}

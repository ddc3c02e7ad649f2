// Pure: no I/O, no clock.
import * as v from 'valibot';

/** An id in a claim. The pattern is strict because ids go into headers and log lines. */
export const id = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/));

/** The time of a token's verification, and the end of its validity. */
export interface VerifiedTimes {
  readonly now: number;
  readonly expiresAt: number;
  /** The token itself. It identifies a session if the token names none. */
  readonly compact: string;
}

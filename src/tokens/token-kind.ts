// Pure: no I/O, no clock.
import * as v from 'valibot';

/** An id in a claim: it goes into headers and log lines. */
export const id = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/));

/** When a token was proven and until when it is. */
export interface VerifiedTimes {
  readonly now: number;
  readonly expiresAt: number;
  /** The token itself, for one that names no session. */
  readonly compact: string;
}

// Pure: no I/O, no clock.
import { failed, type Result, success } from '../runtime/result.ts';
import { byWriter, type ClaimedPlace } from '../session/authorship.ts';

/** An administrator's or the store's word does not fit, and an origin must not take a missing header for a *no*. */
export interface Unfit {
  readonly reason: 'identity_too_large';
  /** The name of the header or claim that did not fit, for the log. */
  readonly detail: string;
}

/** Places in a session, by the name each is sent under. */
export interface FittedTable {
  readonly places: Readonly<Record<string, string>>;
  readonly claimed: readonly ClaimedPlace[] | undefined;
  /** Stands before a name in the log: `claim `, or the empty text. */
  readonly prefix: string;
}

/**
 * Fits places in the order configured: those of the store and of administrators first, which fit whole or not at all, and
 * then those the person wrote.
 *
 * @param fit takes a place when there is room for it. A value of more levels than the stack takes (Kratos takes 10,000,
 *   Go's encoding/json) counts as too large.
 * @returns names of the person's places that did not fit
 */
export function fitByWriter(
  { places, claimed, prefix }: FittedTable,
  fit: (name: string, path: string) => boolean,
): Result<readonly string[], Unfit> {
  const { administered, written } = byWriter(places, claimed);
  const fits = ([name, path]: readonly [string, string]): boolean => {
    try {
      return fit(name, path);
    } catch (error) {
      if (error instanceof RangeError) return false; // JSON.stringify() goes down by recursion
      throw error;
    }
  };
  const unfit = administered.find((entry) => !fits(entry));
  if (unfit !== undefined) {
    return failed({ reason: 'identity_too_large', detail: `no room for ${prefix}${unfit[0]}` });
  }
  return success(written.filter((entry) => !fits(entry)).map(([name]) => name));
}

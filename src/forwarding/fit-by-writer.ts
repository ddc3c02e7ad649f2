// Pure: no I/O, no clock.
import { failed, type Result, success } from '../runtime/result.ts';
import { byWriter, type ClaimedPlace } from '../session/authorship.ts';

/**
 * A value that the store or an administrator wrote does not fit. This is a fault, because an origin must not take a
 * missing header for a *no*.
 */
export interface Unfit {
  readonly reason: 'identity_too_large';
  /** The name of the header or claim that did not fit, for the log. */
  readonly detail: string;
}

/** Places in a session, each under the name of its header or claim. */
export interface FittedTable {
  readonly places: Readonly<Record<string, string>>;
  readonly claimed: readonly ClaimedPlace[] | undefined;
  /** Stands before a name in the log: `claim `, or the empty text. */
  readonly prefix: string;
}

/**
 * Fits places in the configured order. Values of the store and of administrators come first: all of them fit, or the
 * whole table fails. Values that the person wrote come after them.
 *
 * @param fit takes a place and returns whether there was room for it. A value that is nested deeper than the stack
 *   allows counts as too large.
 * @returns the names of the person's places that did not fit
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

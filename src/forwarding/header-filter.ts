// Pure: no I/O, no clock.
import { foldHeaderName } from '../http/header-names.ts';
import { UNTRUSTED_NAMES, UNTRUSTED_PREFIXES, UNTRUSTED_SUFFIXES } from './untrusted-names.ts';

/**
 * Tells the headers that may pass from those that may not, by folded name, so that `X_User_Id`, `X.User.Id`
 * and `x-user-id` are one name here as they are at the origin.
 */
export class HeaderFilter {
  readonly #ours: ReadonlySet<string>;

  /** @param ownNames headers Postern itself sets on the request to the origin */
  constructor(ownNames: Iterable<string>) {
    this.#ours = new Set(Array.from(ownNames, foldHeaderName));
  }

  /** Whether a header of this name is believed only when Postern set it. */
  isUntrusted(name: string): boolean {
    const folded = foldHeaderName(name);
    return (
      this.#ours.has(folded) ||
      UNTRUSTED_NAMES.has(folded) ||
      UNTRUSTED_PREFIXES.some((prefix) => folded.startsWith(prefix)) ||
      UNTRUSTED_SUFFIXES.some((suffix) => folded.endsWith(suffix))
    );
  }
}

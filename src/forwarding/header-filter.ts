// No I/O, no clock.
import { foldBelievedName } from '../http/header-names.ts';
import { isAboutRequest, isIdentity as isIdentityName } from './believed-headers.ts';

/** What a header's name says to some origin. */
export interface NameMeaning {
  readonly folded: string;
  /** It says who somebody is, which an origin has no business telling clients. */
  readonly isIdentity: boolean;
  /** An origin may believe it only when Postern set it. */
  readonly isUntrusted: boolean;
}

/** Enough for every name in common use; a client that makes names up fills no memory. */
const MAX_KNOWN_NAMES = 1000;
const MAX_KNOWN_LENGTH = 64;

/**
 * Tells the headers that may pass from those that may not, by folded name, so that `X_User_Id`, `X.User.Id`
 * and `x-user-id` are one name here as they are at the origin.
 *
 * Credentials of an application's own (`X-Api-Key`, `X-CSRF-Token`) are none of these: whoever sends one
 * has to know it, while the headers here are believed for merely being there.
 */
export class HeaderFilter {
  readonly #ours: ReadonlySet<string>;
  /** Clients send the same few names over and over. */
  readonly #known = new Map<string, NameMeaning>();

  /** @param ownNames headers Postern itself sets on the request to the origin */
  constructor(ownNames: Iterable<string>) {
    this.#ours = new Set(Array.from(ownNames, foldBelievedName));
  }

  meaningOf(name: string): NameMeaning {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const folded = foldBelievedName(name);
    const isIdentity = this.#ours.has(folded) || isIdentityName(folded);
    const meaning = { folded, isIdentity, isUntrusted: isIdentity || isAboutRequest(folded) };
    if (this.#known.size < MAX_KNOWN_NAMES && name.length <= MAX_KNOWN_LENGTH) {
      this.#known.set(name, meaning);
    }
    return meaning;
  }
}

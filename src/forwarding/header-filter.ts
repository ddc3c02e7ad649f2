// No I/O, no clock.
import { foldBelievedName } from '../http/header-names.ts';
import { isAboutRequest, isIdentity as isIdentityName } from './believed-headers.ts';

/** The meaning that a header's name has for some origin. */
export interface HeaderClass {
  readonly folded: string;
  /** Whether the header identifies a user or a client. An origin should not send such a header to clients. */
  readonly isIdentity: boolean;
  /** Whether an origin may trust the header only when Postern set it. */
  readonly isUntrusted: boolean;
}

/** This is enough for every name in common use. A client that invents names cannot fill the memory. */
const MAX_KNOWN_NAMES = 1000;
const MAX_KNOWN_LENGTH = 64;

/**
 * Decides by folded name which headers may pass. `X_User_Id`, `X.User.Id` and `x-user-id` are one name here, as they
 * are at the origin.
 *
 * An application's own credentials (`X-Api-Key`, `X-CSRF-Token`) are not filtered: a client has to know their value.
 * The filtered headers are trusted whenever they are present.
 */
export class HeaderFilter {
  readonly #ours: ReadonlySet<string>;
  /** Meanings by name. Clients send the same few names again and again. */
  readonly #known = new Map<string, HeaderClass>();

  /** @param ownNames headers that Postern itself sets on the request to the origin */
  constructor(ownNames: Iterable<string>) {
    this.#ours = new Set(Array.from(ownNames, foldBelievedName));
  }

  classifyHeader(name: string): HeaderClass {
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

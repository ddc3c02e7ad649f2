import type { JsonObject } from '../runtime/json.ts';
import type { ClaimedPlace } from './authorship.ts';

/** The person or program a session belongs to. */
export interface Identity {
  readonly id: string;
}

/** A session that the store confirmed or a signature proved. It is constructed only after that. */
export interface Session {
  /** The provider's id of the session. */
  readonly id: string;
  readonly identity: Identity;
  /** Milliseconds since the epoch; from this moment on the session is not served. */
  readonly expiresAt: number;
  /** The whole document, frozen, in the provider's own shape. */
  readonly document: JsonObject;
  /** Places of the document that a token's claims filled; absent for a session from the store. */
  readonly claimed?: readonly ClaimedPlace[];
}

/**
 * Returns whether two sessions are of one person. Issuers may give the same id to different people, so the issuers have to
 * be the same too (OpenID Connect Core, section 5.7).
 */
export function isOnePerson(a: Session, b: Session): boolean {
  return a.identity.id === b.identity.id && a.document.issuer === b.document.issuer;
}

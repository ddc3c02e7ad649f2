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

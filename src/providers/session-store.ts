import type { Credential } from '../credentials/credential.ts';
import type { Session } from '../session/session.ts';

/**
 * What a session store said. Three outcomes are never mixed: there is a session, there is none, or we could
 * not find out (`fault`). Plain data throughout, so that it may be shared between requests.
 */
export type StoreAnswer =
  | {
      readonly kind: 'session';
      readonly session: Session;
      /** The bytes of the answer, for clients that expect the provider's own. */
      readonly body: string;
      /** For the one request that caused the check; never stored, never replayed. */
      readonly setCookies: readonly string[];
      /** Seconds the provider allows the answer to be kept; `undefined` when it named none. */
      readonly cacheForSeconds: number | undefined;
    }
  /** To be believed only of a store that is ready: Kratos answers so, whoever is asked about, when its database fails. */
  | { readonly kind: 'no-session'; readonly body: string | undefined }
  /** A session exists but not at the assurance level the store asks for. Never remembered. */
  | { readonly kind: 'insufficient'; readonly body: string }
  /** The request to the store was wrong, such as an unknown `tokenize_as` template. */
  | { readonly kind: 'rejected'; readonly status: number; readonly body: string }
  | {
      readonly kind: 'fault';
      /**
       * `store`: the store is down, late, failing or limiting, whoever is asked about. `answer`: this one answer
       * could not be used, which a client may have caused (a credential that some firewall takes exception to).
       */
      readonly scope: 'store' | 'answer';
      /** Fit for `Cache-Status` and the log, such as `store-503`; never any text of the store's. */
      readonly detail: string;
      readonly retryAfterSeconds: number | undefined;
    };

/**
 * - `ready`: the store says that its parts work;
 * - `not-ready`: it says that they do not, or says nothing;
 * - `unpublished`: it does not say such things here, or not to us.
 */
export type Readiness = 'ready' | 'not-ready' | 'unpublished';

/** A session system that can be asked about a credential. Implementations never throw. */
export interface SessionStore {
  /** Tells one store from another in cache keys. */
  readonly id: string;
  check(credential: Credential, options?: { readonly tokenizeAs?: string }): Promise<StoreAnswer>;
  /** Asks the store whether its parts work. */
  readiness(): Promise<Readiness>;
}

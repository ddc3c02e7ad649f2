import type { Credential } from '../credentials/credential.ts';
import type { CompactText } from '../session/compact-text.ts';
import type { Session } from '../session/session.ts';

/**
 * The answer of a session store. Three outcomes are never mixed: there is a session, there is no session, or Postern
 * could not find out (`fault`). The answer is plain data, so that requests can share it.
 */
export type StoreAnswer =
  | {
      readonly kind: 'session';
      readonly session: Session;
      /** The body of the answer, for clients that expect the provider's own. */
      readonly body: CompactText;
      /** Cookies for the one request that caused the check. They are never stored and never sent again. */
      readonly setCookies: readonly string[];
      /** For this many seconds the provider allows caching the answer; `undefined` when it names no time. */
      readonly cacheForSeconds: number | undefined;
    }
  /** Counts only when the store is ready: when its database fails, Kratos gives this answer for every credential. */
  | {
      readonly kind: 'no-session';
      readonly body: string | undefined;
      /** As for a session. */
      readonly cacheForSeconds?: number | undefined;
    }
  /** A session exists, but not at the assurance level that the store asks for. Never cached. */
  | { readonly kind: 'insufficient'; readonly body: string }
  /** The request to the store was wrong, for example with an unknown `tokenize_as` template. */
  | { readonly kind: 'rejected'; readonly status: number; readonly body: string }
  | {
      readonly kind: 'fault';
      /**
       * `store`: the store is down, late, failing or rate limiting, for every credential. `answer`: only this answer
       * could not be used. A client may have caused that, with a credential that a firewall refuses.
       */
      readonly scope: 'store' | 'answer';
      /** A code fit for `Cache-Status` and the log, such as `store-503`. It never contains text of the store. */
      readonly detail: string;
      readonly retryAfterSeconds: number | undefined;
    };

/**
 * - `ready`: the store reports that its parts work;
 * - `not-ready`: the store reports that they do not work, or does not answer;
 * - `unpublished`: the store does not report its readiness here, or not to Postern.
 */
export type Readiness = 'ready' | 'not-ready' | 'unpublished';

/** A session system that Postern can ask about a credential. Implementations never throw. */
export interface SessionStore {
  /** Tells one store from another in cache keys. */
  readonly id: string;
  check(credential: Credential, options?: { readonly tokenizeAs?: string }): Promise<StoreAnswer>;
  /** Asks the store whether its parts work. */
  readiness(): Promise<Readiness>;
}

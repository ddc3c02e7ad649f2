import type { DenialReason, FaultReason } from '../errors/reasons.ts';
import type { LogPosition } from '../revocation/log-protocol.ts';
import type { Session } from '../session/session.ts';

/** Where an answer came from, for `Age` and `Cache-Status`. */
export interface Provenance {
  /** `signature`: a token, verified for this answer. */
  readonly tier: 'memory' | 'kv' | 'store' | 'signature' | 'none';
  /** Why the store was asked (RFC 9211 section 2.2); `undefined` for an answer from a tier alone. */
  readonly forwarded: 'miss' | 'stale' | 'request' | 'bypass' | undefined;
  readonly ageSeconds: number;
  /** Seconds the answer stays fresh, negative when stale; `undefined` when it is not kept. */
  readonly ttlSeconds: number | undefined;
  /** The answer is another request's, which asked the store at the same time. */
  readonly collapsed: boolean;
  /**
   * What was remembered was refused on account of a mark for the first time in this isolate: how long ago the
   * mark was written, in milliseconds.
   */
  readonly revocationLagMs?: number;
  /** What the store's failure was, when a stale answer or none is given because of it. */
  readonly fault: string | undefined;
}

/** Of an answer for which no tier and no store was asked. */
export const NOTHING_ASKED: Provenance = Object.freeze({
  tier: 'none',
  forwarded: undefined,
  ageSeconds: 0,
  ttlSeconds: undefined,
  collapsed: false,
  fault: undefined,
});

/**
 * Who a credential turned out to be: signed in, not signed in, or cannot tell. Everything that decides
 * on a session decides on this.
 */
export type Resolution =
  | {
      readonly outcome: 'signed-in';
      readonly session: Session;
      /** The store's own bytes. */
      readonly body: string;
      /** How far the revocation log was known when the check started: a mark beyond it ends what this allowed. */
      readonly logPosition: LogPosition;
      readonly setCookies: readonly string[];
      /** Seconds for which the store lets this answer be kept from now on. */
      readonly cacheForSeconds: number | undefined;
      readonly provenance: Provenance;
    }
  /**
   * For certain: nothing was presented, or what was presented can be no credential, or its refusal is confirmed. A
   * refusal of the store's that is not confirmed is `unknown`, so another credential may be tried after this one.
   */
  | {
      readonly outcome: 'not-signed-in';
      readonly reason: Exclude<DenialReason, 'session_aal2_required'>;
      /** The store's own bytes, when the store was asked and sent some. */
      readonly body: string | undefined;
      /** The credential is known to be dead for good, so that a cookie which holds it may be cleared. */
      readonly mayClearCookie: boolean;
      readonly provenance: Provenance;
    }
  /** Signed in, at a lower assurance level than the store asks for. */
  | { readonly outcome: 'insufficient'; readonly body: string; readonly provenance: Provenance }
  /** The store refused the question (an unknown `tokenize_as` template). */
  | {
      readonly outcome: 'rejected';
      readonly status: number;
      readonly body: string;
      readonly provenance: Provenance;
    }
  | { readonly outcome: 'not-cached'; readonly provenance: Provenance }
  | {
      readonly outcome: 'unknown';
      readonly reason: Extract<FaultReason, 'store_unavailable' | 'issuer_keys_unavailable'>;
      readonly retryAfterSeconds: number | undefined;
      readonly provenance: Provenance;
    };

import type { DenialReason, FaultReason } from '../errors/reasons.ts';
import type { LogPosition } from '../revocation/log-protocol.ts';
import type { SharedPlace } from '../runtime/shared-bytes.ts';
import type { CompactText } from '../session/compact-text.ts';
import type { Session } from '../session/session.ts';

/** A session that the store confirmed, with the time of the check. It is a fact, not a verdict. */
export interface CheckedSession {
  readonly session: Session;
  /** The body of the store's answer, unchanged. */
  readonly body: CompactText;
  /** When the check *started*, in milliseconds since the epoch. Later changes are not in this session. */
  readonly checkedAt: number;
  /**
   * The log position that the isolate knew when the check started. The check covers every mark up to this position.
   */
  readonly logPosition: LogPosition;
  /** Seconds for which the store allows caching; `undefined` if the store named no limit. */
  readonly cacheForSeconds: number | undefined;
}

/** The source of an answer, for `Age` and `Cache-Status`. */
export interface Provenance {
  /** `signature`: a token that was verified for this answer. */
  readonly tier: 'memory' | SharedPlace | 'store' | 'signature' | 'none';
  /** The reason why the store was asked (RFC 9211 section 2.2); `undefined` for an answer from a tier alone. */
  readonly forwarded: 'miss' | 'stale' | 'request' | 'bypass' | undefined;
  readonly ageSeconds: number;
  /** Seconds until the answer is stale, negative after that; `undefined` if the answer is not cached. */
  readonly ttlSeconds: number | undefined;
  /** The answer comes from another request's store call, which ran at the same time. */
  readonly collapsed: boolean;
  /**
   * The age of the mark that revoked a cached session, in milliseconds. Set only when this mark revokes something for
   * the first time in this isolate.
   */
  readonly revocationLagMs?: number;
  /** The store's failure, if it caused a stale answer or no answer. */
  readonly fault: string | undefined;
}

/** The provenance of an answer for which no tier and no store was asked. */
export const NOTHING_ASKED: Provenance = Object.freeze({
  tier: 'none',
  forwarded: undefined,
  ageSeconds: 0,
  ttlSeconds: undefined,
  collapsed: false,
  fault: undefined,
});

/**
 * The result of resolving a credential: signed in, not signed in, or unknown. Every decision about a session is based
 * on a resolution.
 */
export type Resolution =
  | {
      readonly outcome: 'signed-in';
      readonly session: Session;
      /** The body of the store's answer, unchanged. */
      readonly body: CompactText;
      /**
       * The log position that the isolate knew when the check started. A mark beyond this position ends what the
       * answer allowed.
       */
      readonly logPosition: LogPosition;
      readonly setCookies: readonly string[];
      /** Seconds from now for which the store allows caching this answer. */
      readonly cacheForSeconds: number | undefined;
      /** The JWT that proves the session; `undefined` for a session of the store. */
      readonly token?: string;
      readonly provenance: Provenance;
    }
  /**
   * Certainly not signed in: the request has no credential, the credential is invalid by its form, or the refusal is
   * confirmed. Another credential may then be tried. A refusal that is not confirmed is `unknown`.
   */
  | {
      readonly outcome: 'not-signed-in';
      readonly reason: Exclude<DenialReason, 'session_aal2_required'>;
      /** The body of the store's answer, unchanged, if the store was asked and sent one. */
      readonly body: string | undefined;
      /** Seconds from now for which the store allows caching this answer. */
      readonly cacheForSeconds?: number | undefined;
      /** The credential will certainly never be valid again, so a cookie with this credential may be cleared. */
      readonly mayClearCookie: boolean;
      readonly provenance: Provenance;
    }
  /** Signed in, but at a lower assurance level than the store requires. */
  | { readonly outcome: 'insufficient'; readonly body: string; readonly provenance: Provenance }
  /** The store rejected the request, for example for an unknown `tokenize_as` template. */
  | {
      readonly outcome: 'rejected';
      readonly status: number;
      readonly body: string;
      readonly provenance: Provenance;
    }
  | { readonly outcome: 'not-cached'; readonly provenance: Provenance }
  | {
      readonly outcome: 'unknown';
      readonly reason: Extract<
        FaultReason,
        'store_unavailable' | 'issuer_keys_unavailable' | 'sign_in_unavailable'
      >;
      readonly retryAfterSeconds: number | undefined;
      readonly provenance: Provenance;
    };

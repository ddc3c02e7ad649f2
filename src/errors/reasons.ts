// Pure: no I/O, no clock.
import type { AdmissionReason } from '../http/admit.ts';
import type { TokenDenialReason } from './token-reasons.ts';

/** Reasons for a refusal: the request itself cannot be served. */
export type RefusalReason =
  | AdmissionReason
  | 'host_unknown'
  | 'headers_too_large'
  | 'length_required'
  | 'origin_not_allowed'
  | 'redirect_loop'
  | 'proxy_not_trusted'
  | 'original_request_not_valid'
  | 'method_not_allowed'
  | 'credential_conflicting'
  | 'parameter_not_valid'
  | 'body_not_valid'
  | 'body_too_long'
  | 'media_type_not_supported'
  | 'cross_site_change'
  | 'form_not_current'
  | 'session_not_listed'
  | 'sign_out_not_possible'
  | 'sign_in_not_valid'
  | 'sign_in_declined'
  | 'not_found';

/** Reasons for a denial: the session is missing, not valid, or too weak. */
export type DenialReason =
  | 'credential_missing'
  | 'credential_malformed'
  | 'credential_ambiguous'
  | 'session_inactive'
  | 'session_aal2_required'
  | TokenDenialReason;

/** Reasons to deny a valid session: it does not meet the path's rule. */
export type ShortfallReason =
  | 'session_refresh_required'
  | 'insufficient_scope'
  | 'exchange_not_possible'
  | 'exchange_refused'
  | 'condition_not_met'
  | 'condition_not_evaluable';

/** The reason to refuse a caller that did not pass the guard of a route. */
export type GuardReason = 'caller_not_authorized';

/** Reasons to reject a message about revocations. */
export type ReceiverReason =
  | 'event_unauthenticated'
  | 'event_expired'
  | 'event_malformed'
  | 'event_too_long'
  | 'event_rate_exceeded';

/** Reasons for a fault: Postern, the session store, an issuer or the origin failed. A fault is never a verdict. */
export type FaultReason =
  | 'store_unavailable'
  | 'issuer_keys_unavailable'
  | 'issuer_metadata_unavailable'
  | 'exchange_unavailable'
  | 'sign_in_unavailable'
  | 'sign_in_failed'
  | 'sign_in_too_large'
  | 'not_cached'
  | 'revocation_log_unavailable'
  | 'revocation_unrecorded'
  | 'origin_unreachable'
  | 'origin_timeout'
  | 'origin_not_valid'
  | 'upstream_unreachable'
  | 'upstream_timeout'
  | 'upstream_not_valid'
  | 'upstream_rate_limited'
  | 'guard_unavailable'
  | 'loop_detected'
  | 'assertion_unavailable'
  | 'identity_too_large'
  | 'verdict_changed'
  | 'configuration_invalid'
  | 'internal_error';

/** Every reason to answer with something other than what was requested. */
export type Reason =
  | RefusalReason
  | DenialReason
  | ShortfallReason
  | GuardReason
  | ReceiverReason
  | FaultReason;

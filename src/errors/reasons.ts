// Pure: no I/O, no clock.
import type { AdmissionReason } from '../http/admit.ts';
import type { TokenDenialReason } from './token-reasons.ts';

/** The request itself is refused: it could be read in more than one way, or asks for what is not here. */
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
  | 'not_found';

/** A verdict of *no*: nobody is signed in, or not strongly enough. */
export type DenialReason =
  | 'credential_missing'
  | 'credential_malformed'
  | 'credential_ambiguous'
  | 'session_inactive'
  | 'session_aal2_required'
  | TokenDenialReason;

/** Who it is is proven, and it is not enough for what the path's rule asks. */
export type ShortfallReason =
  | 'session_refresh_required'
  | 'condition_not_met'
  | 'condition_not_evaluable';

/** The caller of a guarded route did not prove to be one who may. */
export type GuardReason = 'caller_not_authorized';

/** What somebody sent about revocations is not acted upon. */
export type IntakeReason =
  | 'event_unauthenticated'
  | 'event_expired'
  | 'event_malformed'
  | 'event_too_long'
  | 'event_rate_exceeded';

/** Something of ours, of the session store's, of an issuer's or of the origin's failed. Never a verdict. */
export type FaultReason =
  | 'store_unavailable'
  | 'issuer_keys_unavailable'
  | 'not_cached'
  | 'revocation_log_unavailable'
  | 'revocation_unrecorded'
  | 'origin_unreachable'
  | 'origin_timeout'
  | 'origin_not_valid'
  | 'upstream_unreachable'
  | 'upstream_timeout'
  | 'upstream_not_valid'
  | 'guard_unavailable'
  | 'loop_detected'
  | 'assertion_unavailable'
  | 'identity_too_large'
  | 'verdict_changed'
  | 'configuration_invalid'
  | 'internal_error';

/** Every way in which Postern answers something other than what was asked for. */
export type Reason =
  | RefusalReason
  | DenialReason
  | ShortfallReason
  | GuardReason
  | IntakeReason
  | FaultReason;

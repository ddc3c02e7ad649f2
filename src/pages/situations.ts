// No I/O, no clock.
import type { Reason } from '../errors/reasons.ts';
import type { TokenDenialReason } from '../errors/token-reasons.ts';
import type { TextKey } from './texts.ts';

/** What a person has to know of an error. Many reasons are one situation for a person; the log tells them apart. */
export type Situation = {
  [Key in TextKey]: `${Key}Title` extends TextKey ? Key : never;
}[TextKey];

/** Returns the situation of a reason. */
export function situationOf(reason: Reason): Situation {
  const situations: Readonly<Partial<Record<Reason, Situation>>> = SITUATIONS;
  return situations[reason] ?? 'signedOut'; // a refused token
}

const SITUATIONS: Readonly<Record<Exclude<Reason, TokenDenialReason>, Situation>> = {
  store_unavailable: 'checkFailed',
  issuer_keys_unavailable: 'checkFailed',
  issuer_metadata_unavailable: 'checkFailed',
  exchange_unavailable: 'checkFailed',
  guard_unavailable: 'checkFailed',
  assertion_unavailable: 'checkFailed',
  verdict_changed: 'checkFailed',
  not_cached: 'checkFailed',
  internal_error: 'wentWrong',
  origin_unreachable: 'siteDown',
  origin_timeout: 'siteDown',
  origin_not_valid: 'wentWrong',
  sign_in_unavailable: 'signInDown',
  upstream_unreachable: 'serviceDown',
  upstream_timeout: 'serviceDown',
  upstream_not_valid: 'wentWrong',
  upstream_rate_limited: 'busy',
  event_rate_exceeded: 'busy',
  revocation_log_unavailable: 'unchanged',
  revocation_unrecorded: 'unsure',
  configuration_invalid: 'misconfigured',
  loop_detected: 'misconfigured',
  proxy_not_trusted: 'misconfigured',
  original_request_not_valid: 'misconfigured',
  sign_in_failed: 'signInFailed',
  sign_in_too_large: 'accountTooLarge',
  identity_too_large: 'accountTooLarge',
  credential_missing: 'signedOut',
  credential_malformed: 'signedOut',
  credential_ambiguous: 'signedOut',
  session_inactive: 'signedOut',
  sign_in_declined: 'declined',
  sign_in_not_valid: 'signInOver',
  redirect_loop: 'loop',
  session_aal2_required: 'signInAgain',
  session_refresh_required: 'signInAgain',
  condition_not_met: 'noAccess',
  condition_not_evaluable: 'noAccess',
  insufficient_scope: 'noAccess',
  exchange_not_possible: 'noAccess',
  exchange_refused: 'noAccess',
  not_found: 'notFound',
  path_not_canonical: 'badAddress',
  query_not_canonical: 'badAddress',
  target_too_long: 'badAddress',
  parameter_not_valid: 'badAddress',
  credential_conflicting: 'notForBrowsers',
  headers_too_large: 'tooMuchData',
  host_not_valid: 'unknownHost',
  host_unknown: 'unknownHost',
  method_not_allowed: 'notForBrowsers',
  length_required: 'notForBrowsers',
  media_type_not_supported: 'notForBrowsers',
  caller_not_authorized: 'notForBrowsers',
  origin_not_allowed: 'notForBrowsers',
  event_unauthenticated: 'notForBrowsers',
  event_expired: 'notForBrowsers',
  event_malformed: 'notForBrowsers',
  event_too_long: 'notForBrowsers',
  body_not_valid: 'formOver',
  body_too_long: 'formOver',
  cross_site_change: 'formOver',
  form_not_current: 'formOver',
  session_not_listed: 'notListed',
  sign_out_not_possible: 'notForBrowsers',
};

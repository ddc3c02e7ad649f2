// Pure: no I/O, no clock.
import type { Explanation } from './explanation.ts';
import type { FaultReason } from './reasons.ts';

/** Explanations of faults. Their statuses are 5xx, or 429 for a system that asks to wait. They say nothing about the session. */
export const FAULT_EXPLANATIONS: Readonly<Record<FaultReason, Explanation>> = {
  loop_detected: {
    status: 508,
    message: 'The request has come back to where it was sent from.',
    hint: 'An address in the configuration leads back to this service. Operator: check KRATOS_PUBLIC_URL, ORIGIN_URL and ORIGINS.',
  },
  upstream_unreachable: {
    status: 502,
    message: 'The session system could not be reached.',
    hint: 'The connection failed. A change may or may not have been made. Try again; if it lasts, tell the operator.',
  },
  upstream_timeout: {
    status: 504,
    message: 'The session system did not answer in time.',
    hint: 'A change may or may not have been made. Try again; if it lasts, tell the operator.',
  },
  upstream_not_valid: {
    status: 502,
    message: 'The session system gave an answer that cannot be used.',
    hint: 'Try again; if it lasts, tell the operator.',
  },
  upstream_rate_limited: {
    status: 429,
    message: 'The session system gets too many requests at once.',
    hint: 'Nothing was changed. Try again after the time in Retry-After.',
  },
  guard_unavailable: {
    status: 503,
    message: 'Whether this caller may use this route could not be checked.',
    hint: 'The keys of the access service, or the record of earlier secrets, could not be read. Try again after the time in Retry-After.',
  },
  store_unavailable: {
    status: 503,
    message: 'The session could not be checked.',
    hint: 'The session store did not give a usable answer. This says nothing about the session: try again after the time in Retry-After.',
  },
  issuer_keys_unavailable: {
    status: 503,
    message: 'The token could not be checked.',
    hint: 'The signing keys of its issuer could not be fetched. This says nothing about the token: try again after the time in Retry-After.',
  },
  issuer_metadata_unavailable: {
    status: 503,
    message: 'The metadata of the authorization server could not be fetched.',
    hint: 'Try again after the time in Retry-After, or ask the authorization server itself.',
  },
  exchange_unavailable: {
    status: 503,
    message: 'The token that is needed here could not be fetched.',
    hint: 'The issuer did not exchange the token. This says nothing about the token: try again after the time in Retry-After.',
  },
  sign_in_unavailable: {
    status: 503,
    message: 'Signing in is not possible at the moment.',
    hint: 'The authorization server did not give a usable answer. Try again after the time in Retry-After.',
  },
  sign_in_failed: {
    status: 502,
    message: 'The sign-in did not succeed.',
    hint: 'The authorization server does not accept this site, or issued a token that this site does not accept. Tell the operator of the site: the log has the reason.',
  },
  sign_in_too_large: {
    status: 502,
    message: 'The sign-in does not fit into the browser.',
    hint: 'The tokens of this account are too large for three cookies. Tell the operator of the site: the authorization server has to issue smaller tokens.',
  },
  not_cached: {
    status: 504,
    message: 'No stored answer satisfies the request.',
    hint: 'The request said only-if-cached. Leave that directive out to have it checked.',
  },
  revocation_log_unavailable: {
    status: 503,
    message: 'Nothing was changed: the revocation log could not be written.',
    hint: 'A change is recorded before it is made. Send the request again after the time in Retry-After.',
  },
  revocation_unrecorded: {
    status: 503,
    message: 'The change could not be recorded in the revocation log.',
    hint: 'The change may have been made, and is not known everywhere yet. Send the same request again until it succeeds.',
  },
  origin_unreachable: {
    status: 502,
    message: 'The site behind this gate could not be reached.',
    hint: 'The connection to the site failed. Try again; if it lasts, tell its operator.',
  },
  origin_timeout: {
    status: 504,
    message: 'The site behind this gate did not answer in time.',
    hint: 'Try again; if it lasts, tell its operator.',
  },
  origin_not_valid: {
    status: 502,
    message: 'The site behind this gate sent an answer that is not valid HTTP.',
    hint: 'Its status is outside 200 to 599. Tell the operator of the site; trying again may help.',
  },
  assertion_unavailable: {
    status: 503,
    message: 'The identity assertion could not be signed.',
    hint: 'The signing key could not be used. Try again after the time in Retry-After.',
  },
  identity_too_large: {
    status: 503,
    message: 'Your account data does not fit into the identity headers.',
    hint: 'An administrator has to shorten the data of this account, or raise IDENTITY_HEADERS_MAX_BYTES. The log of Postern names what did not fit.',
  },
  verdict_changed: {
    status: 503,
    message: 'The session changed while the request was answered.',
    hint: 'Send the request again.',
  },
  configuration_invalid: {
    status: 500,
    message: 'This service is not configured correctly.',
    hint: 'Operator: the log names every wrong setting.',
  },
  internal_error: {
    status: 503,
    message: 'The request could not be handled.',
    hint: 'Something failed here. Try again after the time in Retry-After.',
  },
};

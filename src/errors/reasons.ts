// Pure: no I/O, no clock.
import { explainToken, isTokenReason, type TokenDenialReason } from './token-reasons.ts';

/** The request itself is refused: it could be read in more than one way, or asks for what is not here. */
export type RefusalReason =
  | 'path_not_canonical'
  | 'query_not_canonical'
  | 'host_not_valid'
  | 'method_not_allowed'
  | 'credential_conflicting'
  | 'not_found';

/** A verdict of *no*: nobody is signed in, or not strongly enough. */
export type DenialReason =
  | 'credential_missing'
  | 'credential_malformed'
  | 'credential_ambiguous'
  | 'session_inactive'
  | 'session_aal2_required'
  | TokenDenialReason;

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
  | 'revocation_unrecorded'
  | 'origin_unreachable'
  | 'origin_timeout'
  | 'configuration_invalid'
  | 'internal_error';

/** Every way in which Postern answers something other than what was asked for. */
export type Reason = RefusalReason | DenialReason | IntakeReason | FaultReason;

/** What a client is told: the status, what was wrong, and what to do. No input is ever echoed. */
export interface Explanation {
  readonly status: number;
  readonly message: string;
  readonly reason: string;
}

/** The wire form of a reason. The switch stops compiling when a reason is added without one. */
export function explain(reason: Reason): Explanation {
  if (isTokenReason(reason)) return { status: 401, ...explainToken(reason) };
  switch (reason) {
    case 'path_not_canonical':
      return {
        status: 400,
        message: 'The request path could be read in more than one way.',
        reason:
          'Send the path in its normal form: no dot segments, no backslash, "//" or ";", no escapes of dot, slash, backslash, percent or control characters, and everything outside visible ASCII percent-encoded as UTF-8.',
      };
    case 'query_not_canonical':
      return {
        status: 400,
        message: 'The request query holds characters that must be percent-encoded.',
        reason: 'Percent-encode everything outside visible ASCII in the query.',
      };
    case 'host_not_valid':
      return {
        status: 400,
        message: 'The Host header is not a host.',
        reason: 'Send one Host header with a host name and, if needed, a port.',
      };
    case 'method_not_allowed':
      return {
        status: 405,
        message: 'The request method is not allowed here.',
        reason: 'Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.',
      };
    case 'credential_conflicting':
      return {
        status: 400,
        message: 'The request presents its session credential more than once.',
        reason:
          'Send one Authorization or X-Session-Token header, and cookies in one Cookie header.',
      };
    case 'not_found':
      return {
        status: 404,
        message: 'The requested resource could not be found.',
        reason: 'There is nothing at this path. Check the path against the documentation.',
      };
    case 'credential_missing':
    case 'session_inactive':
      return {
        status: 401,
        message: 'request does not have a valid authentication session',
        reason: 'No active session was found in this request.',
      };
    case 'credential_malformed':
      return {
        status: 401,
        message: 'request does not have a valid authentication session',
        reason:
          'The session credential is not one: expected 16 to 4096 characters without white space, quotes, commas, semicolons or backslashes. Sign in again.',
      };
    case 'credential_ambiguous':
      return {
        status: 401,
        message: 'request does not have a valid authentication session',
        reason:
          'The request carries several session cookies and they do not belong to one person. Clear the cookies of this site and sign in again.',
      };
    case 'session_aal2_required':
      return {
        status: 403,
        message: 'Session does not fulfill the requested Authenticator Assurance Level',
        reason:
          'An active session was found but it does not fulfill the requested Authenticator Assurance Level. Please verify yourself with a second factor to resolve this issue.',
      };
    case 'store_unavailable':
      return {
        status: 503,
        message: 'The session could not be checked.',
        reason:
          'The session store did not give a usable answer. This says nothing about the session: try again after the time in Retry-After.',
      };
    case 'issuer_keys_unavailable':
      return {
        status: 503,
        message: 'The token could not be checked.',
        reason:
          'The keys of its issuer could not be had. This says nothing about the token: try again after the time in Retry-After.',
      };
    case 'not_cached':
      return {
        status: 504,
        message: 'No stored answer satisfies the request.',
        reason: 'The request said only-if-cached. Leave that directive out to have it checked.',
      };
    case 'revocation_unrecorded':
      return {
        status: 503,
        message: 'The change could not be made known everywhere.',
        reason:
          'The revocation log could not be written. Whatever was changed stays changed; send the request again until it succeeds.',
      };
    case 'event_unauthenticated':
      return {
        status: 401,
        message: 'The message could not be shown to come from a known sender.',
        reason: 'Sign it with a configured secret, over its id, timestamp and exact body.',
      };
    case 'event_expired':
      return {
        status: 400,
        message: 'The message was signed too long ago, or in the future.',
        reason: 'Check the clock of the sender, and sign the message anew each time it is sent.',
      };
    case 'event_malformed':
      return {
        status: 400,
        message: 'The message does not say whose sessions it is about.',
        reason: 'Send JSON with 1 to 100 ids and no members other than the documented ones.',
      };
    case 'event_too_long':
      return {
        status: 413,
        message: 'The message is too long.',
        reason: 'Send it in several parts.',
      };
    case 'event_rate_exceeded':
      return {
        status: 429,
        message: 'Too many messages at once.',
        reason: 'Send it again after the time in Retry-After.',
      };
    case 'origin_unreachable':
      return {
        status: 502,
        message: 'The site behind this gate could not be reached.',
        reason: 'The connection to the site failed. Try again; if it lasts, tell its operator.',
      };
    case 'origin_timeout':
      return {
        status: 504,
        message: 'The site behind this gate did not answer in time.',
        reason: 'Try again; if it lasts, tell its operator.',
      };
    case 'configuration_invalid':
      return {
        status: 500,
        message: 'This service is not configured correctly.',
        reason: 'Its operator finds every wrong setting named in the log.',
      };
    case 'internal_error':
      return {
        status: 503,
        message: 'The request could not be handled.',
        reason: 'Something failed here. Try again after the time in Retry-After.',
      };
  }
}

// Pure: no I/O, no clock.
import type { Reason } from './reasons.ts';
import { explainToken, isTokenReason } from './token-reasons.ts';

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
    case 'target_too_long':
      return {
        status: 414,
        message: 'The request URL is too long.',
        reason: 'Path and query may take 16 KiB together.',
      };
    case 'host_not_valid':
      return {
        status: 400,
        message: 'The Host header is not a host.',
        reason: 'Send one Host header with a host name and, if needed, a port.',
      };
    case 'host_unknown':
      return {
        status: 421,
        message: 'This host is not served here.',
        reason: 'Its operator finds the hosts that are in PUBLIC_URL and HOSTS.',
      };
    case 'headers_too_large':
      return {
        status: 431,
        message: 'The request headers are too large.',
        reason:
          'Cookies may take 16 KiB and all headers 64 KiB together, and there may be 100 headers with those the gate adds. Clear the cookies of this site and try again.',
      };
    case 'length_required':
      return {
        status: 411,
        message: 'The length of the request body is not declared.',
        reason: 'Send the body of a GET or HEAD request with Content-Length, or send none.',
      };
    case 'origin_not_allowed':
      return {
        status: 403,
        message: 'WebSockets are not opened here for pages of that origin.',
        reason: 'Open it from a page of this site.',
      };
    case 'redirect_loop':
      return {
        status: 403,
        message: 'Signing in goes in circles.',
        reason:
          'Signing in leads back here without success. Clear the cookies of this site and try again; if it lasts, tell its operator.',
      };
    case 'proxy_not_trusted':
      return {
        status: 401,
        message: 'The proxy in front did not say who it is.',
        reason: 'Send one of FORWARD_AUTH_SECRETS in Postern-Proxy-Secret.',
      };
    case 'original_request_not_valid':
      return {
        status: 400,
        message: 'The original request cannot be told from what the proxy sent.',
        reason:
          'Send each header that describes the original request once; docs/forward-auth.md has the configuration for each proxy.',
      };
    case 'method_not_allowed':
      return {
        status: 405,
        message: 'The request method is not allowed here.',
        reason: 'The Allow header has the methods that are.',
      };
    case 'credential_conflicting':
      return {
        status: 400,
        message: 'The request presents its session credential more than once.',
        reason:
          'Send one Authorization or X-Session-Token header, and cookies in one Cookie header.',
      };
    case 'parameter_not_valid':
      return {
        status: 400,
        message: 'A parameter of the request is not valid.',
        reason: 'Check ids, paging and filters of the request against the documentation.',
      };
    case 'body_not_valid':
      return {
        status: 400,
        message: 'The request body is not valid.',
        reason: 'Check the body against the documentation.',
      };
    case 'body_too_long':
      return {
        status: 413,
        message: 'The request body is too long.',
        reason: 'Send at most 64 KiB; divide long lists over several requests.',
      };
    case 'media_type_not_supported':
      return {
        status: 415,
        message: 'The media type of the request body is not supported.',
        reason: 'Send JSON, with Content-Type: application/json.',
      };
    case 'form_not_current':
      return {
        status: 403,
        message: 'The form is not of a page made for this session.',
        reason: 'Open the page again, and use the form that is on it.',
      };
    case 'session_not_listed':
      return {
        status: 404,
        message: 'There is no list for this session.',
        reason: 'It is a token, which stands in no list. Sign in with a session cookie.',
      };
    case 'cross_site_change':
      return {
        status: 403,
        message: 'The change was asked for by a page of another site.',
        reason:
          'Sessions are changed with a cookie only by pages of this origin. Call from one of them, or with a session token in a header.',
      };
    case 'loop_detected':
      return {
        status: 508,
        message: 'The request has come back to where it was sent from.',
        reason:
          'An address in the configuration leads back to this service. Its operator has to change it: KRATOS_PUBLIC_URL or ORIGIN_URL.',
      };
    case 'caller_not_authorized':
      return {
        status: 401,
        message: 'The request is not authorized to use this route.',
        reason: 'Send the credential that guards this route.',
      };
    case 'upstream_unreachable':
      return {
        status: 502,
        message: 'The session system could not be reached.',
        reason:
          'The connection failed. A change may or may not have been made. Try again; if it lasts, tell the operator.',
      };
    case 'upstream_timeout':
      return {
        status: 504,
        message: 'The session system did not answer in time.',
        reason:
          'A change may or may not have been made. Try again; if it lasts, tell the operator.',
      };
    case 'upstream_not_valid':
      return {
        status: 502,
        message: 'The session system gave an answer that cannot be used.',
        reason: 'Try again; if it lasts, tell the operator.',
      };
    case 'guard_unavailable':
      return {
        status: 503,
        message: 'Whether this caller may use this route could not be checked.',
        reason: 'The keys to check with could not be had. Try again after the time in Retry-After.',
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
    case 'session_refresh_required':
      return {
        status: 403,
        message: 'The session is too old for this.',
        reason: 'Signing in was too long ago for what was asked. Sign in once more.',
      };
    case 'condition_not_met':
    case 'condition_not_evaluable':
      return {
        status: 403,
        message: 'This account is not allowed here.',
        reason: 'The session is good, and it does not have what this path asks for.',
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
    case 'revocation_log_unavailable':
      return {
        status: 503,
        message: 'Nothing was changed: the revocation log could not be written.',
        reason:
          'A change is recorded before it is made. Send the request again after the time in Retry-After.',
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
    case 'origin_not_valid':
      return {
        status: 502,
        message: 'The site behind this gate sent an answer that is not valid HTTP.',
        reason:
          'Its status is outside 200 to 599. Tell the operator of the site; trying again may help.',
      };
    case 'assertion_unavailable':
      return {
        status: 503,
        message: 'The request could not be vouched for.',
        reason: 'The signing key could not be used. Try again after the time in Retry-After.',
      };
    case 'identity_too_large':
      return {
        status: 503,
        message: 'The site cannot be told who you are: your account holds more than fits.',
        reason:
          'An administrator of the site has to shorten what is recorded about this account, or make more room for it. Postern’s log names what did not fit.',
      };
    case 'verdict_changed':
      return {
        status: 503,
        message: 'The session changed while the request was answered.',
        reason: 'Send the request again.',
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

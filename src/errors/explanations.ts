// Pure: no I/O, no clock.
import type { Explanation } from './explanation.ts';
import { FAULT_EXPLANATIONS } from './fault-explanations.ts';
import type { FaultReason, Reason } from './reasons.ts';
import { TOKEN_EXPLANATIONS, type TokenDenialReason } from './token-reasons.ts';

/** Returns the status and the texts of a reason. */
export function explain(reason: Reason): Explanation {
  return EXPLANATIONS[reason];
}

/** Whether a text is one of the reasons. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(EXPLANATIONS, text);
}

const REFUSAL_EXPLANATIONS: Readonly<
  Record<Exclude<Reason, FaultReason | TokenDenialReason>, Explanation>
> = {
  path_not_canonical: {
    status: 400,
    message: 'The request path could be read in more than one way.',
    hint: 'Send the path in its normal form: no dot segments, no backslash, "//" or ";", no escapes of dot, slash, backslash, percent or control characters, and everything outside visible ASCII percent-encoded as UTF-8.',
  },
  query_not_canonical: {
    status: 400,
    message: 'The request query holds characters that must be percent-encoded.',
    hint: 'Percent-encode everything outside visible ASCII in the query.',
  },
  target_too_long: {
    status: 414,
    message: 'The request URL is too long.',
    hint: 'Path and query may take 16 KiB together.',
  },
  host_not_valid: {
    status: 400,
    message: 'The Host header is not a host.',
    hint: 'Send one Host header with a host name and, if needed, a port.',
  },
  host_unknown: {
    status: 421,
    message: 'This host is not configured here.',
    hint: 'Operator: check PUBLIC_URL and HOSTS.',
  },
  headers_too_large: {
    status: 431,
    message: 'The request headers are too large.',
    hint: 'Cookies may take 16 KiB and all headers 64 KiB together, and there may be 100 headers with those the gate adds. Clear the cookies of this site and try again.',
  },
  length_required: {
    status: 411,
    message: 'The length of the request body is not declared.',
    hint: 'Send the body of a GET or HEAD request with Content-Length, or send none.',
  },
  origin_not_allowed: {
    status: 403,
    message: 'Pages of that origin may not open WebSockets here.',
    hint: 'Open the WebSocket from a page of this site.',
  },
  redirect_loop: {
    status: 403,
    message: 'Signing in leads back here again and again.',
    hint: 'You came back from sign-in several times without a session. Clear the cookies of this site and try again. If it happens again, tell the operator of the site.',
  },
  proxy_not_trusted: {
    status: 401,
    message: 'The proxy did not prove who it is.',
    hint: 'Send one of FORWARD_AUTH_SECRETS in the header Postern-Proxy-Secret.',
  },
  original_request_not_valid: {
    status: 400,
    message: 'The headers do not describe one original request.',
    hint: 'Send each header that describes the original request once; docs/forward-auth.md has the configuration for each proxy.',
  },
  method_not_allowed: {
    status: 405,
    message: 'The request method is not allowed here.',
    hint: 'The Allow header has the methods that are.',
  },
  credential_conflicting: {
    status: 400,
    message: 'The request presents its session credential more than once.',
    hint: 'Send one Authorization or X-Session-Token header, and cookies in one Cookie header.',
  },
  parameter_not_valid: {
    status: 400,
    message: 'A parameter of the request is not valid.',
    hint: 'Check the ids and parameters of the request against the documentation.',
  },
  body_not_valid: {
    status: 400,
    message: 'The request body is not valid.',
    hint: 'Open the page again and use the form on it.',
  },
  body_too_long: {
    status: 413,
    message: 'The request body is too long.',
    hint: 'Send at most 64 KiB; divide long lists over several requests.',
  },
  media_type_not_supported: {
    status: 415,
    message: 'The media type of the request body is not supported.',
    hint: 'Send JSON, with Content-Type: application/json.',
  },
  form_not_current: {
    status: 403,
    message: 'The form does not belong to this session.',
    hint: 'Open the page again and use the form on it.',
  },
  session_not_listed: {
    status: 404,
    message: 'The sessions of this sign-in are not listed.',
    hint: 'Only sessions of Kratos, and of Keycard users, are listed. Operator: with KEYCARD_API_URL and a service account, the gate can list a zone.',
  },
  sign_out_not_possible: {
    status: 400,
    message: 'This page signs out browsers only.',
    hint: 'It ends the sessions of cookies, and the request has its credential in a header. End a session token with DELETE /self-service/logout/api.',
  },
  sign_in_not_valid: {
    status: 400,
    message: 'This sign-in cannot be completed.',
    hint: 'It was not begun in this browser, was completed already, or took longer than 10 minutes. Open the page that you want to see, and sign in again.',
  },
  sign_in_declined: {
    status: 403,
    message: 'You are not signed in.',
    hint: 'The sign-in was cancelled, or this account may not use this site. Open the page that you want to see to try again.',
  },
  cross_site_change: {
    status: 403,
    message: 'A page of another site asked for the change.',
    hint: 'With a cookie, only pages of this origin may change sessions. Call from such a page, or send a session token in a header.',
  },
  caller_not_authorized: {
    status: 401,
    message: 'The request is not authorized to use this route.',
    hint: 'Send the credential that guards this route.',
  },
  not_found: {
    status: 404,
    message: 'The requested resource could not be found.',
    hint: 'There is nothing at this path. Check the path against the documentation.',
  },
  credential_missing: {
    status: 401,
    message: 'request does not have a valid authentication session',
    hint: 'No active session was found in this request.',
  },
  session_inactive: {
    status: 401,
    message: 'request does not have a valid authentication session',
    hint: 'No active session was found in this request.',
  },
  credential_malformed: {
    status: 401,
    message: 'request does not have a valid authentication session',
    hint: 'The session credential is malformed: expected 16 to 4096 characters without white space, quotes, commas, semicolons or backslashes. Sign in again.',
  },
  credential_ambiguous: {
    status: 401,
    message: 'request does not have a valid authentication session',
    hint: 'The request carries several session cookies and they do not belong to one person. Clear the cookies of this site and sign in again.',
  },
  session_aal2_required: {
    status: 403,
    message: 'Session does not fulfill the requested Authenticator Assurance Level',
    hint: 'An active session was found but it does not fulfill the requested Authenticator Assurance Level. Please verify yourself with a second factor to resolve this issue.',
  },
  session_refresh_required: {
    status: 403,
    message: 'The last sign-in was too long ago for this page.',
    hint: 'Sign in once more.',
  },
  insufficient_scope: {
    status: 403,
    message: 'The session does not have a scope that is needed here.',
    hint: 'Send a token with the scopes that WWW-Authenticate names. Only tokens have scopes, other sessions have none.',
  },
  exchange_not_possible: {
    status: 403,
    message: 'Your session cannot be exchanged for the token that is needed here.',
    hint: 'The site needs a token for another resource, which only some issuers give. Send a token of such an issuer. Operator: check exchange in RULES, and client_id in ISSUERS.',
  },
  exchange_refused: {
    status: 403,
    message: 'The issuer of your token gave no token for the resource that is needed here.',
    hint: 'Your account may have no access to it, or its session has ended: sign in again, or ask the operator. Operator: the log has the error of the issuer.',
  },
  condition_not_met: {
    status: 403,
    message: 'This account is not allowed here.',
    hint: 'You are signed in, but this account has no access to what was asked for.',
  },
  condition_not_evaluable: {
    status: 403,
    message: 'This account is not allowed here.',
    hint: 'You are signed in, but this account has no access to what was asked for.',
  },
  event_unauthenticated: {
    status: 401,
    message: 'The message could not be shown to come from a known sender.',
    hint: 'Sign it with a configured secret, over its id, timestamp and exact body.',
  },
  event_expired: {
    status: 400,
    message: 'The message was signed too long ago, or in the future.',
    hint: 'Check the clock of the sender, and sign the message anew each time it is sent.',
  },
  event_malformed: {
    status: 400,
    message: 'The message names no sessions or people.',
    hint: 'Send JSON with 1 to 100 ids and no members other than the documented ones.',
  },
  event_too_long: {
    status: 413,
    message: 'The message is too long.',
    hint: 'Send it in several parts.',
  },
  event_rate_exceeded: {
    status: 429,
    message: 'Too many messages at once.',
    hint: 'Send it again after the time in Retry-After.',
  },
};

/** The explanation of every reason. A reason without one does not compile. */
const EXPLANATIONS: Readonly<Record<Reason, Explanation>> = {
  ...REFUSAL_EXPLANATIONS,
  ...FAULT_EXPLANATIONS,
  ...TOKEN_EXPLANATIONS,
};

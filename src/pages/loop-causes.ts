// No I/O, no clock.
import type { DenialReason, Reason, ShortfallReason } from '../errors/reasons.ts';
import type { TokenDenialReason } from '../errors/token-reasons.ts';

/** Returns why a sign-in that goes in circles usually fails, for the operator of the site. */
export function usualCause(cause: Reason): string {
  return CAUSES.get(cause) ?? BAD_TOKEN;
}

const BAD_TOKEN =
  'A cookie holds a token that is not valid. Clearing the cookies of this site helps.';

/** The usual cause of each reason when it persists after a sign-in. The other reasons with a sign-in are about tokens. */
const CAUSES: ReadonlyMap<Reason, string> = new Map<
  Exclude<DenialReason | ShortfallReason, TokenDenialReason>,
  string
>([
  [
    'credential_missing',
    'Your browser did not send the session cookie. For the operator of this site: look at its domain, path and SameSite.',
  ],
  [
    'credential_malformed',
    'The session cookie holds something else. Clearing the cookies of this site helps.',
  ],
  [
    'credential_ambiguous',
    'Your browser sent session cookies of more than one person. Clearing the cookies of this site helps.',
  ],
  [
    'session_inactive',
    'The session is not active. For its operator: sign-in and this gate may use different session stores or cookie names.',
  ],
  ['session_aal2_required', 'A second factor is asked for and was not given.'],
  [
    'session_refresh_required',
    'Signing in again did not renew the time of sign-in. For its operator: the sign-in page must honour refresh=true.',
  ],
]);

// Pure: no I/O, no clock.
import * as v from 'valibot';
import type { Mark } from '../../revocation/mark.ts';
import { jsonObject } from '../../tokens/proven-session.ts';
import type { EventProfile, VerifiedEvent } from './event-issuers.ts';
import { endOfSecond, marksFor } from './named-by-issuer.ts';

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(255));

const CLAIMS = v.pipe(
  v.object({
    sub: v.optional(id),
    sid: v.optional(id),
    jti: id,
    events: v.looseObject({ [LOGOUT_EVENT]: jsonObject }),
  }),
  v.check(({ sub, sid }) => sub !== undefined || sid !== undefined, 'sub, sid or both'),
);

type LogoutClaims = v.InferOutput<typeof CLAIMS>;

/**
 * The checks of a logout token (OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.6). A token with a `nonce`
 * could be an ID token. A token without `exp` could be sent again for ever.
 */
export const LOGOUT_PROFILE: EventProfile<LogoutClaims> = {
  types: ['logout+jwt', 'jwt', undefined],
  required: ['iss', 'aud', 'iat', 'exp', 'jti', 'events'],
  forbidden: ['nonce'],
  maxLifetimeSeconds: 3600,
  claims: CLAIMS,
};

/** The marks for the logout of one session, or of all of a person's sessions at that issuer. */
export function marksOfLogout(
  { claims, issuer }: VerifiedEvent<LogoutClaims>,
  issuedAt: number,
): Mark[] {
  const { sid: sessionId, sub: identityId } = claims;
  return marksFor({ sessionId, identityId }, { issuer, issuedBefore: endOfSecond(issuedAt) });
}

import * as v from 'valibot';
import { failed, success } from '../../runtime/result.ts';
import type { IssuerKeys } from '../../tokens/issuer-keys.ts';
import { type TokenProfile, verifyToken } from '../../tokens/verify-token.ts';
import type { AccessVerifier } from './guard.ts';

export interface AccessOptions {
  /** `https://<team>.cloudflareaccess.com`, exactly as in the assertion's `iss`. */
  readonly teamUrl: string;
  /** Application Audience tags. The assertion has to carry one of them. */
  readonly audience: readonly string[];
  readonly keys: IssuerKeys;
}

/** The path of a team's keys on the team's URL. */
export const ACCESS_KEYS_PATH = '/cdn-cgi/access/certs';
export const ACCESS_ALGORITHMS = ['RS256'] as const;

/** Access sessions last a month at most. */
const MAX_LIFETIME_SECONDS = 31 * 24 * 3600;
const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * Verifies `Cf-Access-Jwt-Assertion`: the team's signature, the issuer, the application and the time. An assertion for
 * another application of the same team is refused.
 */
export function createAccessVerifier({ teamUrl, audience, keys }: AccessOptions): AccessVerifier {
  const profile: TokenProfile<object> = {
    issuer: teamUrl,
    audience,
    keys,
    algorithms: ACCESS_ALGORITHMS,
    types: [undefined, 'jwt'],
    requiresKeyId: true,
    required: ['exp', 'iat'],
    forbidden: [],
    markers: {},
    clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS,
    maxLifetimeSeconds: MAX_LIFETIME_SECONDS,
    claims: v.object({}),
  };
  return async function verifyAccess(assertion, now, waitUntil) {
    const verified = await verifyToken(assertion, profile, { now, waitUntil });
    if (verified.ok) return success(undefined);
    return failed(
      verified.failure.kind === 'cannot-tell' ? 'guard_unavailable' : 'caller_not_authorized',
    );
  };
}

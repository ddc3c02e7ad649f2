// Pure: no I/O, no clock.

import { explain } from '../errors/explanations.ts';
import type { DenialReason, ShortfallReason } from '../errors/reasons.ts';
import { isTokenReason } from '../errors/token-reasons.ts';

export interface BearerChallengeOptions {
  /** Where the protected resource's metadata is (RFC 9728); `undefined` when there is none. */
  readonly resourceMetadataUrl: string | undefined;
  /** How recent a sign-in has to be; only for `session_refresh_required`. */
  readonly maxAgeSeconds?: number | undefined;
}

/**
 * The `WWW-Authenticate` value of a denial: RFC 6750 section 3 for a credential that is missing or bad (an error is
 * named only when one was presented), RFC 9470 for a session that has to be proven more strongly or more lately,
 * with `resource_metadata` (RFC 9728 section 5.1). `undefined` for a denial that no credential would change.
 */
export function bearerChallenge(
  reason: DenialReason | ShortfallReason,
  { resourceMetadataUrl, maxAgeSeconds = 0 }: BearerChallengeOptions,
): string | undefined {
  const asked = parametersOf(reason, maxAgeSeconds);
  if (asked === undefined) return undefined;
  const metadata =
    resourceMetadataUrl === undefined ? [] : [`resource_metadata="${resourceMetadataUrl}"`];
  const parameters = [...asked, ...metadata];
  return parameters.length === 0 ? 'Bearer' : `Bearer ${parameters.join(', ')}`;
}

function parametersOf(
  reason: DenialReason | ShortfallReason,
  maxAgeSeconds: number,
): string[] | undefined {
  if (isTokenReason(reason)) {
    return ['error="invalid_token"', `error_description="${explain(reason).message}"`];
  }
  switch (reason) {
    case 'credential_missing':
      return [];
    case 'credential_malformed':
    case 'credential_ambiguous':
    case 'session_inactive':
      return ['error="invalid_token"'];
    case 'session_aal2_required':
      return ['error="insufficient_user_authentication"', 'acr_values="aal2"'];
    case 'session_refresh_required':
      return ['error="insufficient_user_authentication"', `max_age="${maxAgeSeconds}"`];
    case 'condition_not_met':
    case 'condition_not_evaluable':
      return undefined;
  }
}

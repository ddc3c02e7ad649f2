// Pure: no I/O, no clock.

import { explain } from '../errors/explanations.ts';
import type { DenialReason, ShortfallReason } from '../errors/reasons.ts';
import { isTokenReason } from '../errors/token-reasons.ts';

export interface BearerChallengeOptions {
  /** The URL of the protected resource's metadata (RFC 9728); `undefined` when there is none. */
  readonly resourceMetadataUrl: string | undefined;
  /** The longest time since the last sign-in, in seconds; only for `session_refresh_required`. */
  readonly maxAgeSeconds?: number | undefined;
  /** The scopes that the path needs. */
  readonly scopes?: ReadonlySet<string>;
}

/**
 * Returns the `WWW-Authenticate` value of a denial. RFC 6750 section 3 defines it for a missing or bad credential; an
 * error is named only when the request presented a credential. RFC 9470 defines it for a session that needs a stronger
 * or more recent sign-in. `scope` has all scopes that the path needs, also before the first token, so that a client gets
 * the right one at once (RFC 6750 section 3). `resource_metadata` is added (RFC 9728 section 5.1). Returns `undefined` for
 * a denial that another credential would not change.
 */
export function bearerChallenge(
  reason: DenialReason | ShortfallReason,
  { resourceMetadataUrl, maxAgeSeconds = 0, scopes = new Set() }: BearerChallengeOptions,
): string | undefined {
  const asked = parametersOf(reason, maxAgeSeconds);
  if (asked === undefined) return undefined;
  const scope = scopes.size === 0 ? [] : [`scope="${[...scopes].join(' ')}"`];
  const metadata =
    resourceMetadataUrl === undefined ? [] : [`resource_metadata="${resourceMetadataUrl}"`];
  const parameters = [...asked, ...scope, ...metadata];
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
    case 'insufficient_scope':
      return ['error="insufficient_scope"'];
    case 'exchange_not_possible':
    case 'exchange_refused':
    case 'condition_not_met':
    case 'condition_not_evaluable':
      return undefined;
  }
}

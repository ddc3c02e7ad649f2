// Pure: no I/O, no clock.
import type { Reason } from './reasons.ts';
import { explainToken, isTokenReason } from './token-reasons.ts';

/**
 * The `WWW-Authenticate` value of a 401. Names an error only when a token was presented and refused
 * (RFC 6750 section 3.1), and where the protected resource's metadata is when there is any
 * (RFC 9728 section 5.1).
 */
export function bearerChallenge(reason: Reason, resourceMetadataUrl: string | undefined): string {
  const parameters = [
    ...(isTokenReason(reason)
      ? ['error="invalid_token"', `error_description="${explainToken(reason).message}"`]
      : []),
    ...(resourceMetadataUrl === undefined ? [] : [`resource_metadata="${resourceMetadataUrl}"`]),
  ];
  return parameters.length === 0 ? 'Bearer' : `Bearer ${parameters.join(', ')}`;
}

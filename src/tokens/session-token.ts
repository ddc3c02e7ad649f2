// Pure: no I/O, no clock.
import type { IssuerSettings } from '../config/config.ts';
import { isTokenForm } from '../credentials/token-form.ts';
import type { JsonObject, JsonValue } from '../session/session.ts';
import { isObject } from './proven-session.ts';
import { problemOfAudience } from './registered-claims.ts';

/**
 * Tells the tokens of configured issuers by what they say of themselves. Whether they are good takes no part, and a token is read
 * leniently: what would be refused here may be a credential to a verifier that is less strict.
 */
export interface OwnTokens {
  /** A configured issuer's, whatever its audience. */
  isIssuers(value: string): boolean;
  /** A session here, by issuer and audience. */
  isSession(value: string): boolean;
}

/** @param issuers those whose tokens are sessions here */
export function createOwnTokens(
  issuers: readonly Pick<IssuerSettings, 'issuer' | 'audience'>[],
): OwnTokens {
  const named = (claims: JsonObject | undefined) =>
    issuers.find(({ issuer }) => issuer === claims?.iss);
  return {
    isIssuers: (value) => issuers.length > 0 && named(readClaims(value)) !== undefined,
    isSession(value) {
      const claims = issuers.length === 0 ? undefined : readClaims(value);
      const issuer = named(claims);
      return issuer !== undefined && problemOfAudience(claims?.aud, issuer.audience) === undefined;
    },
  };
}

function readClaims(value: string): JsonObject | undefined {
  if (!isTokenForm(value)) return undefined;
  const payload = value.split('.', 2)[1] ?? '';
  try {
    const bytes = atob(payload.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, ''));
    const text = new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
    const claims: JsonValue = JSON.parse(text);
    return isObject(claims) ? claims : undefined;
  } catch {
    return undefined; // an encrypted token, or no token at all
  }
}

// Pure: no I/O, no clock.
import { isTokenForm, type TokenClassifier } from '../credentials/token-form.ts';
import { decodeLenientBase64 } from '../runtime/base64url.ts';
import type { JsonObject, JsonValue } from '../runtime/json.ts';
import { isObject } from '../runtime/json.ts';
import { problemOfAudience } from './registered-claims.ts';
import type { IssuerSettings } from './trusted-issuer.ts';

/** @param issuers the issuers whose tokens count as sessions */
export function createTokenClassifier(
  issuers: readonly Pick<IssuerSettings, 'issuer' | 'audience'>[],
): TokenClassifier {
  const named = (claims: JsonObject | undefined) =>
    issuers.find(({ issuer }) => issuer === claims?.iss);
  return {
    isIssuers: (value) => issuers.length > 0 && named(readUnverifiedClaims(value)) !== undefined,
    isSession(value) {
      const claims = issuers.length === 0 ? undefined : readUnverifiedClaims(value);
      const issuer = named(claims);
      return issuer !== undefined && problemOfAudience(claims?.aud, issuer.audience) === undefined;
    },
  };
}

/** Reads the claims of a text in the form of a JWT, without a check of any kind; `undefined` for any other text. */
export function readUnverifiedClaims(value: string): JsonObject | undefined {
  if (!isTokenForm(value)) return undefined;
  const bytes = decodeLenientBase64(value.split('.')[1] ?? '');
  if (bytes === undefined) return undefined;
  try {
    const text = new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
    const claims: JsonValue = JSON.parse(text);
    return isObject(claims) ? claims : undefined;
  } catch {
    return undefined; // an encrypted token, or not a token
  }
}

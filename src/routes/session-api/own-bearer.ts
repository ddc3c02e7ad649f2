import { isTokenForm } from '../../credentials/token-form.ts';
import { isB64Token } from '../../http/bearer.ts';
import type { JsonValue } from '../../runtime/json.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';
import type { WaitUntil } from '../../runtime/single-flight.ts';
import { readUnverifiedClaims } from '../../tokens/token-classifier.ts';
import type { Guard } from './guard.ts';

/** The reason why a caller's bearer is not sent to Keycard. */
export type BearerRefusal =
  | 'caller_not_authorized'
  | 'token_issuer_untrusted'
  | 'guard_unavailable';

/** Decides whether a caller's bearer is the caller's own at Keycard. */
export type OwnBearerCheck = (
  bearer: string,
  waitUntil: WaitUntil,
) => Promise<Result<undefined, BearerRefusal>>;

export interface OwnBearerOptions {
  /** Every secret of Postern's own configuration. */
  readonly secrets: readonly string[];
  /** `undefined`: there is no guard, and never was one with secrets. */
  readonly guard: Guard | undefined;
  /** Whether Keycard issues tokens under this `iss`. */
  readonly isKeycardIssuer: (issuer: string) => boolean;
}

/**
 * Makes the check of bearers that callers want to have sent to Keycard. A JWT with an `iss` passes if the issuer is
 * Keycard's: a token of another issuer is a credential that Keycard must not see. Only Keycard verifies the token. Any
 * other bearer may be an API key, and passes unless it is a secret of Postern's, or was one of the guard's.
 */
export function createOwnBearerCheck({
  secrets,
  guard,
  isKeycardIssuer,
}: OwnBearerOptions): OwnBearerCheck {
  return async (bearer, waitUntil) => {
    if (!isB64Token(bearer) || matchesSecret(bearer, secrets)) {
      return failed('caller_not_authorized');
    }
    if (isTokenForm(bearer)) {
      const claims = readUnverifiedClaims(bearer);
      return claims !== undefined && isKeycardsOwn(claims.iss, isKeycardIssuer)
        ? success(undefined)
        : failed('token_issuer_untrusted');
    }
    const former = await guard?.hadSecret(bearer, waitUntil);
    if (former === undefined) return success(undefined);
    if (!former.ok) return former;
    return former.value ? failed('caller_not_authorized') : success(undefined);
  };
}

function isKeycardsOwn(
  issuer: JsonValue | undefined,
  isKeycardIssuer: (issuer: string) => boolean,
): boolean {
  return issuer === undefined || (typeof issuer === 'string' && isKeycardIssuer(issuer));
}

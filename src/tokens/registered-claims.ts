// Pure: no I/O; the clock is an argument.

import type { TokenDenialReason } from '../errors/token-reasons.ts';
import { isObject, type JsonObject, type JsonValue } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { audiencesOf, isSameAudience } from './audience.ts';

/** The claims that one kind of token of one issuer must have. */
export interface ClaimRules {
  /** Must equal `iss` exactly. */
  readonly issuer: string;
  /** `aud` must name one of these. `false`: tokens must have no `aud`; `markers` must then tell them apart. */
  readonly audience: readonly string[] | false;
  readonly required: readonly string[];
  /** Claims that identify another kind of token (RFC 8725 section 3.12). */
  readonly forbidden: readonly string[];
  /** Claims that must have exactly this value. */
  readonly markers: Readonly<Record<string, string | number | boolean>>;
  /** Allowed clock difference, in seconds. */
  readonly clockToleranceSeconds: number;
  /**
   * Seconds for which a token is still accepted after `exp`.
   *
   * @default clockToleranceSeconds
   */
  readonly expiryToleranceSeconds?: number;
  /** Measured from `iat` to `exp`. For a token without `exp`: from `iat` to now. */
  readonly maxLifetimeSeconds: number;
}

/** The times of a token, in milliseconds since the epoch. */
export interface TokenTimes {
  /** `undefined` if the token has no `iat` and the rules do not require it. */
  readonly issuedAt: number | undefined;
  readonly expiresAt: number | undefined;
}

/**
 * The upper limit of a NumericDate in seconds (year 2242; RFC 7519 section 2). A greater number is not a plausible
 * time.
 */
const NUMERIC_DATE_LIMIT = 2 ** 33;

/**
 * Checks the claims that RFC 7519 section 4.1 registers, and that required claims are present and forbidden claims
 * absent.
 */
export function checkRegisteredClaims(
  claims: JsonObject,
  rules: ClaimRules,
  now: number,
): Result<TokenTimes, TokenDenialReason> {
  if (claims.iss !== rules.issuer) return failed('token_issuer_untrusted');
  if (rules.forbidden.some((name) => Object.hasOwn(claims, name))) {
    return failed('token_claim_forbidden');
  }
  if (rules.required.some((name) => !Object.hasOwn(claims, name))) {
    return failed('token_claim_missing');
  }
  if (claims.cnf !== undefined && !isObject(claims.cnf)) return failed('token_claim_invalid'); // RFC 7800 section 3.1
  const problem = problemOfAudience(claims.aud, rules.audience) ?? problemOfMarkers(claims, rules);
  return problem === undefined ? checkTimes(claims, rules, now) : failed(problem);
}

/** The problem with an `aud` claim; `undefined` if it names an expected audience. */
export function problemOfAudience(
  aud: JsonValue | undefined,
  expected: ClaimRules['audience'],
): TokenDenialReason | undefined {
  if (expected === false) {
    // No audience is configured, so a token with an audience is not for this site.
    return aud === undefined ? undefined : 'token_audience_mismatch';
  }
  if (aud === undefined) return 'token_claim_missing';
  const named = audiencesOf(aud);
  if (named === undefined) return 'token_claim_invalid';
  const isNamed = expected.some((name) => named.some((each) => isSameAudience(each, name)));
  return isNamed ? undefined : 'token_audience_mismatch';
}

function problemOfMarkers(
  claims: JsonObject,
  { markers }: ClaimRules,
): TokenDenialReason | undefined {
  for (const [name, value] of Object.entries(markers)) {
    if (!Object.hasOwn(claims, name)) return 'token_claim_missing';
    if (claims[name] !== value) return 'token_claim_invalid';
  }
  return undefined;
}

function checkTimes(
  claims: JsonObject,
  rules: ClaimRules,
  now: number,
): Result<TokenTimes, TokenDenialReason> {
  const [iat, nbf, exp] = [claims.iat, claims.nbf, claims.exp].map(readNumericDate);
  if (iat === 'invalid' || nbf === 'invalid' || exp === 'invalid') {
    return failed('token_claim_invalid');
  }
  const { clockToleranceSeconds, expiryToleranceSeconds = clockToleranceSeconds } = rules;
  const tolerance = clockToleranceSeconds * 1000;
  const maxLifetime = rules.maxLifetimeSeconds * 1000;
  if (Math.max(iat ?? 0, nbf ?? 0) > now + tolerance) return failed('token_not_yet_valid');
  if (exp !== undefined) {
    if (iat !== undefined && exp <= iat) return failed('token_claim_invalid');
    if (now >= exp + expiryToleranceSeconds * 1000) return failed('token_expired');
    if (exp - (iat ?? now) > maxLifetime) return failed('token_lifetime_too_long');
  } else if (iat !== undefined && now - iat > maxLifetime + tolerance) {
    return failed('token_expired');
  }
  return success({ issuedAt: iat, expiresAt: exp });
}

/** Converts a NumericDate to milliseconds. */
function readNumericDate(value: JsonValue | undefined): number | undefined | 'invalid' {
  if (value === undefined) return undefined;
  const isTime = typeof value === 'number' && value > 0 && value < NUMERIC_DATE_LIMIT;
  return isTime ? Math.floor(value * 1000) : 'invalid';
}

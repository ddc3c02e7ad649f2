import { compactVerify, errors } from 'jose';
import * as v from 'valibot';
import type { TokenDenialReason } from '../errors/token-reasons.ts';
import type { JsonObject } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { Anchor } from '../runtime/single-flight.ts';
import { type Algorithm, isAlgorithm, isSameAlgorithm } from './algorithms.ts';
import { openToken, type UnverifiedJws, type UnverifiedToken } from './compact-jws.ts';
import type { IssuerKeys, KeyAnswer } from './issuer-keys.ts';
import type { IssuerKey } from './key-set.ts';
import { type ClaimRules, checkRegisteredClaims, type TokenTimes } from './registered-claims.ts';

/**
 * One kind of token of one issuer: session tokens, Access tokens, logout tokens and security events are each a
 * profile of their own, so that none passes for another (RFC 8725 section 3.12).
 */
export interface TokenProfile<Claims> extends ClaimRules {
  readonly keys: IssuerKeys;
  readonly algorithms: readonly Algorithm[];
  /** Values of `typ`, lower case, without `application/`; `undefined` among them: it may be left out. */
  readonly types: readonly (string | undefined)[];
  readonly requiresKeyId: boolean;
  /** The closed list of claims that go on, each with its form. */
  readonly claims: v.GenericSchema<unknown, Claims>;
}

/** A token whose signature and claims were proven. Nothing but `verifyToken` makes one. */
export interface VerifiedToken<Claims> extends TokenTimes {
  /** What the profile's schema lets through. */
  readonly claims: Claims;
  /** Every claim, frozen; to be read by name only, never merged into anything. */
  readonly everyClaim: JsonObject;
  readonly key: IssuerKey;
}

/** Refused: the token proves nothing. Cannot tell: the keys could not be had, and it may well be good. */
export type TokenFailure =
  | { readonly kind: 'refused'; readonly reason: TokenDenialReason }
  | {
      readonly kind: 'cannot-tell';
      readonly reason: 'issuer_keys_unavailable';
      /** Fit for `Cache-Status` and the log. */
      readonly detail: string;
      readonly retryAfterSeconds: number | undefined;
    };

export interface VerifyOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Keeps a look at the issuer's keys going after this request is gone. */
  readonly anchor: Anchor;
}

/**
 * Proves a compact JWT against a profile: strict form, type and algorithm, issuer, then the signature by a key
 * the issuer publishes for that algorithm, then every claim. Never throws on account of the token. Only a
 * token that names the profile's issuer causes a look at its keys.
 */
export async function verifyToken<Claims>(
  compact: string,
  profile: TokenProfile<Claims>,
  options: VerifyOptions,
): Promise<Result<VerifiedToken<Claims>, TokenFailure>> {
  const opened = openToken(compact);
  return opened.ok ? verifyOpened(opened.value, profile, options) : refused(opened.failure);
}

/** The same for a token that was opened before, to see whose it says it is. */
export async function verifyOpened<Claims>(
  { jws, claims }: UnverifiedToken,
  profile: TokenProfile<Claims>,
  { now, anchor }: VerifyOptions,
): Promise<Result<VerifiedToken<Claims>, TokenFailure>> {
  if (claims.iss !== profile.issuer) return refused('token_issuer_untrusted');
  const algorithm = allowedAlgorithm(jws, profile);
  if (!algorithm.ok) return refused(algorithm.failure);
  const { kid } = jws.header;
  const answer = await profile.keys.find({ kid, algorithm: algorithm.value }, anchor);
  if (answer.kind !== 'key') return withoutKey(answer);
  const verified = await verifySignature(jws, answer.key);
  if (!verified.ok) return verified;
  const times = checkRegisteredClaims(claims, profile, now);
  if (!times.ok) return refused(times.failure);
  const parsed = v.safeParse(profile.claims, claims);
  if (!parsed.success) return refused('token_claim_invalid');
  return success({
    ...times.value,
    claims: parsed.output,
    everyClaim: claims,
    key: answer.key,
  });
}

/** What of the header can be judged before there is a key. */
function allowedAlgorithm(
  { header }: UnverifiedJws,
  profile: Pick<TokenProfile<unknown>, 'algorithms' | 'types' | 'requiresKeyId'>,
): Result<Algorithm, TokenDenialReason> {
  const { alg, kid, typ } = header;
  if (!isAlgorithm(alg) || !profile.algorithms.some((allowed) => isSameAlgorithm(allowed, alg))) {
    return failed('token_algorithm_refused');
  }
  if (!profile.types.includes(typ)) return failed('token_type_refused');
  if (profile.requiresKeyId && kid === undefined) return failed('token_key_unknown');
  return success(alg);
}

/** Proves that a JWS was signed with this key, under the key's own algorithm. */
export async function verifySignature(
  { compact, header }: UnverifiedJws,
  { cryptoKey }: IssuerKey,
): Promise<Result<undefined, TokenFailure>> {
  try {
    await compactVerify(compact, cryptoKey, { algorithms: [header.alg] });
    return success(undefined);
  } catch (error) {
    const reason = error instanceof errors.JOSEError ? reasonOf(error.code) : undefined;
    return reason === undefined ? cannotTell('verification-failed') : refused(reason);
  }
}

/** jose's own names for what can be wrong with a token (`util/errors`). */
function reasonOf(code: string): TokenDenialReason | undefined {
  switch (code) {
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'token_signature_invalid';
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
    case 'ERR_JOSE_NOT_SUPPORTED':
      return 'token_algorithm_refused';
    case 'ERR_JWS_INVALID':
      return 'token_malformed';
    default:
      return undefined;
  }
}

function withoutKey(answer: Exclude<KeyAnswer, { kind: 'key' }>): Result<never, TokenFailure> {
  return answer.kind === 'unknown-key'
    ? refused('token_key_unknown')
    : cannotTell(answer.detail, answer.retryAfterSeconds);
}

function refused(reason: TokenDenialReason): {
  readonly ok: false;
  readonly failure: TokenFailure;
} {
  return failed({ kind: 'refused', reason });
}

function cannotTell(
  detail: string,
  retryAfterSeconds?: number,
): { readonly ok: false; readonly failure: TokenFailure } {
  const reason = 'issuer_keys_unavailable';
  return failed({ kind: 'cannot-tell', reason, detail, retryAfterSeconds });
}

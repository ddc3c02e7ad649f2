import * as v from 'valibot';
import type { TokenDenialReason } from '../errors/token-reasons.ts';
import { decodeBase64Url } from '../runtime/base64url.ts';
import type { JsonObject } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { SIGNATURE_ALGORITHMS } from '../runtime/signatures.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import { type Algorithm, isAlgorithm, isSameAlgorithm } from './algorithms.ts';
import { openToken, type UnverifiedJws, type UnverifiedToken } from './compact-jws.ts';
import type { IssuerKeys, KeyAnswer } from './issuer-keys.ts';
import type { IssuerKey } from './key-set.ts';
import { type ClaimRules, checkRegisteredClaims, type TokenTimes } from './registered-claims.ts';

/**
 * The rules for one kind of token of one issuer. Session tokens, Access tokens, logout tokens and security events
 * each have their own profile, so that one kind is never accepted as another (RFC 8725 section 3.12).
 */
export interface TokenProfile<Claims> extends ClaimRules {
  readonly keys: IssuerKeys;
  readonly algorithms: readonly Algorithm[];
  /** Allowed values of `typ`, in lower case, without `application/`. `undefined` in the list: `typ` may be absent. */
  readonly types: readonly (string | undefined)[];
  readonly requiresKeyId: boolean;
  /** The complete list of claims that are read, each with its form. */
  readonly claims: v.GenericSchema<unknown, Claims>;
}

/** A token whose signature and claims were verified. Only `verifyToken` and `verifyOpened` create one. */
export interface VerifiedToken<Claims> extends TokenTimes {
  /** The claims that the profile's schema accepts. */
  readonly claims: Claims;
  /** Every claim. Read claims by name only, and never merge this object into another. */
  readonly everyClaim: JsonObject;
  readonly key: IssuerKey;
}

/**
 * The reason why a token is not accepted. `refused`: the token is invalid. `cannot-tell`: the keys could not be
 * fetched, and the token may be valid.
 */
export type TokenFailure =
  | { readonly kind: 'refused'; readonly reason: TokenDenialReason }
  | {
      readonly kind: 'cannot-tell';
      readonly reason: 'issuer_keys_unavailable';
      /** Safe for `Cache-Status` and the log. */
      readonly detail: string;
      readonly retryAfterSeconds: number | undefined;
    };

export interface VerifyOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Keeps a refresh of the issuer's keys running after this request has ended. */
  readonly waitUntil: WaitUntil;
}

/**
 * Verifies a compact JWT against a profile: strict form, issuer, type and algorithm, then the signature, then every
 * claim. The signature's key must be one that the issuer publishes for that algorithm. Never throws because of the
 * token. The issuer's keys are looked up only if the token's `iss` is the profile's issuer.
 */
export async function verifyToken<Claims>(
  compact: string,
  profile: TokenProfile<Claims>,
  options: VerifyOptions,
): Promise<Result<VerifiedToken<Claims>, TokenFailure>> {
  const opened = openToken(compact);
  return opened.ok ? verifyOpened(opened.value, profile, options) : refused(opened.failure);
}

/** Verifies a token that was already opened to read its issuer. */
export async function verifyOpened<Claims>(
  { jws, claims }: UnverifiedToken,
  profile: TokenProfile<Claims>,
  { now, waitUntil }: VerifyOptions,
): Promise<Result<VerifiedToken<Claims>, TokenFailure>> {
  if (claims.iss !== profile.issuer) return refused('token_issuer_untrusted');
  const algorithm = allowedAlgorithm(jws, profile);
  if (!algorithm.ok) return refused(algorithm.failure);
  const { kid } = jws.header;
  const answer = await profile.keys.find({ kid, algorithm: algorithm.value }, waitUntil);
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

/** Checks the parts of the header that need no key. */
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

const encoder = new TextEncoder();

/**
 * Verifies that a JWS was signed with this key, under the key's own algorithm (RFC 7515 section 5.2, step 8). A signature
 * of another length than the algorithm's is invalid (RFC 7518 section 3.4, RFC 8032 section 5.1.7): the runtime would
 * throw an error for some of them, and an error is a fault.
 */
export async function verifySignature(
  { compact, signature }: UnverifiedJws,
  { algorithm, cryptoKey }: Pick<IssuerKey, 'algorithm' | 'cryptoKey'>,
): Promise<Result<undefined, TokenFailure>> {
  const { parameters, signatureBytes } = SIGNATURE_ALGORITHMS[algorithm];
  const bytes = decodeBase64Url(signature);
  if (signatureBytes !== undefined && bytes.length !== signatureBytes) {
    return refused('token_signature_invalid');
  }
  const signed = encoder.encode(compact.slice(0, -signature.length - 1));
  try {
    const isSigned = await crypto.subtle.verify(parameters, cryptoKey, bytes, signed);
    return isSigned ? success(undefined) : refused('token_signature_invalid');
  } catch {
    return cannotTell('verification-failed');
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

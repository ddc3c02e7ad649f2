// Pure: no I/O, no clock.

import { decodeBase64Url, isCanonicalBase64Url } from '../runtime/base64url.ts';
import { isObject, type JsonObject, type JsonValue } from '../runtime/json.ts';
import { type Algorithm, isSameAlgorithm } from './algorithms.ts';
import { isStrongRsaKey } from './rsa-strength.ts';

/** A public key of one issuer: bound to one algorithm (RFC 8725 section 3.1), public members only. */
export interface PublicJwk {
  readonly kid: string | undefined;
  readonly algorithm: Algorithm;
  readonly jwk: Readonly<Record<string, string>>;
}

/** The reason why a key cannot be used, safe for the log. */
export type KeyProblem =
  /** Not a JWK, or its `kty` or `crv` is unknown. */
  | 'kind'
  /** `alg` is not one of the issuer's algorithms. Or `alg` is absent and more than one algorithm fits. */
  | 'algorithm'
  /** `use` or `key_ops` names a purpose other than verifying. */
  | 'purpose'
  | 'kid'
  /** A member is missing or is not base64url. */
  | 'members'
  | 'weak';

/**
 * - `usable`: may verify signatures;
 * - `unusable`: cannot be used, and is skipped;
 * - `secret`: contains secret members, which the issuer has published by mistake.
 */
export type ReadJwk =
  | { readonly kind: 'usable'; readonly key: PublicJwk }
  | {
      readonly kind: 'unusable';
      readonly kid: string | undefined;
      readonly problem: KeyProblem;
    }
  | { readonly kind: 'secret' };

/** RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

interface Kind {
  readonly algorithms: readonly Algorithm[];
  readonly members: readonly string[];
}

const RSA: Kind = {
  algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  members: ['n', 'e'],
};
const CURVES: Readonly<Record<string, Kind>> = {
  'EC P-256': { algorithms: ['ES256'], members: ['crv', 'x', 'y'] },
  'EC P-384': { algorithms: ['ES384'], members: ['crv', 'x', 'y'] },
  'EC P-521': { algorithms: ['ES512'], members: ['crv', 'x', 'y'] },
  'OKP Ed25519': { algorithms: ['EdDSA', 'Ed25519'], members: ['crv', 'x'] },
};

/**
 * Reads one key of a key set (RFC 7517). The key's own `alg` selects its algorithm. Without `alg`, the key type and
 * the issuer's allow-list must leave exactly one algorithm.
 *
 * Some serialisers write `null` or an empty string for an absent member, and pad base64. Both are accepted, because
 * only the issuer can write its key set.
 */
export function readJwk(value: JsonValue, allowed: readonly Algorithm[]): ReadJwk {
  if (!isObject(value)) return { kind: 'unusable', kid: undefined, problem: 'kind' };
  if (value.kty === 'oct' || SECRET_MEMBERS.some((name) => isPresent(value[name]))) {
    return { kind: 'secret' };
  }
  const named = typeof value.kid === 'string' && value.kid !== '' ? value.kid : undefined;
  const unusable = (problem: KeyProblem): ReadJwk => ({ kind: 'unusable', kid: named, problem });
  const kind = kindOf(value);
  if (kind === undefined) return unusable('kind');
  const algorithm = algorithmOf(value, kind, allowed);
  if (algorithm === undefined) return unusable('algorithm');
  if (!isForVerifying(value)) return unusable('purpose');
  if (isPresent(value.kid) && named === undefined) return unusable('kid');
  const jwk = publicMembers(value, kind);
  if (jwk === undefined) return unusable('members');
  return isStrong(jwk) ? { kind: 'usable', key: { kid: named, algorithm, jwk } } : unusable('weak');
}

/** Whether an optional member is present. `null`, an empty string and an empty list count as absent. */
function isPresent(value: JsonValue | undefined): value is Exclude<JsonValue, null> {
  const isEmpty = Array.isArray(value) ? value.length === 0 : value === '';
  return value !== undefined && value !== null && !isEmpty;
}

function kindOf({ kty, crv }: JsonObject): Kind | undefined {
  if (kty === 'RSA') return RSA;
  const name = `${kty} ${crv}`;
  return Object.hasOwn(CURVES, name) ? CURVES[name] : undefined;
}

function algorithmOf(
  { alg }: JsonObject,
  { algorithms }: Kind,
  allowed: readonly Algorithm[],
): Algorithm | undefined {
  const possible = algorithms.filter((one) => allowed.some((other) => isSameAlgorithm(one, other)));
  const [only, ...others] = possible;
  if (isPresent(alg)) return possible.find((one) => one === alg);
  if (only === undefined) return undefined;
  return others.every((other) => isSameAlgorithm(only, other)) ? only : undefined;
}

function isForVerifying({ use, key_ops: operations }: JsonObject): boolean {
  const isSignatureUse = !isPresent(use) || use === 'sig';
  const isVerifying =
    !isPresent(operations) || (Array.isArray(operations) && operations.includes('verify'));
  return isSignatureUse && isVerifying;
}

function publicMembers(value: JsonObject, kind: Kind): Record<string, string> | undefined {
  const members: Record<string, string> = { kty: String(value.kty) };
  for (const name of kind.members) {
    const text = value[name];
    if (typeof text !== 'string' || text === '') return undefined;
    const member = name === 'crv' ? text : withoutPadding(text);
    if (name !== 'crv' && !isCanonicalBase64Url(member)) return undefined;
    members[name] = member;
  }
  return members;
}

/**
 * Converts base64 to base64url without padding (RFC 7515 section 2). The input may use either alphabet, padding and
 * line breaks.
 */
function withoutPadding(text: string): string {
  return text
    .replace(/\s+/g, '')
    .replace(/={1,2}$/, '')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

function isStrong({ kty, n = '', e = '' }: Record<string, string>): boolean {
  return kty !== 'RSA' || isStrongRsaKey(decodeBase64Url(n), decodeBase64Url(e));
}

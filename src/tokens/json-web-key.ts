// Pure: no I/O, no clock.
import type { JsonObject, JsonValue } from '../session/session.ts';
import { type Algorithm, isSameAlgorithm } from './algorithms.ts';
import { decodeBase64Url, isCanonicalBase64Url } from './base64url.ts';
import { isStrongRsaKey } from './rsa-strength.ts';

/** A public key as one issuer may use it: bound to one algorithm (RFC 8725 section 3.1), public members only. */
export interface PublicJwk {
  readonly kid: string | undefined;
  readonly algorithm: Algorithm;
  readonly jwk: Readonly<Record<string, string>>;
}

/**
 * - `usable`: may verify signatures;
 * - `unusable`: of no use here (another kind, another purpose, too weak), and passed over;
 * - `secret`: holds what must never be published, so whoever published it made a mistake.
 */
export type ReadJwk =
  | { readonly kind: 'usable'; readonly key: PublicJwk }
  | { readonly kind: 'unusable' }
  | { readonly kind: 'secret' };

const UNUSABLE: ReadJwk = { kind: 'unusable' };
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
 * Reads one member of a key set (RFC 7517). The key's own `alg` decides what it is for; without one, its kind
 * and the issuer's allow-list must leave no choice.
 */
export function readJwk(value: JsonValue, allowed: readonly Algorithm[]): ReadJwk {
  if (!isObject(value)) return UNUSABLE;
  if (value.kty === 'oct' || SECRET_MEMBERS.some((name) => Object.hasOwn(value, name))) {
    return { kind: 'secret' };
  }
  const kind = kindOf(value);
  const algorithm = kind && algorithmOf(value, kind, allowed);
  if (kind === undefined || algorithm === undefined || !isForVerifying(value)) return UNUSABLE;
  const { kid } = value;
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) return UNUSABLE;
  const members = publicMembers(value, kind);
  if (members === undefined) return UNUSABLE;
  return { kind: 'usable', key: { kid, algorithm, jwk: members } };
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
  if (alg !== undefined) return possible.find((one) => one === alg);
  if (only === undefined) return undefined;
  return others.every((other) => isSameAlgorithm(only, other)) ? only : undefined;
}

function isForVerifying({ use, key_ops: operations }: JsonObject): boolean {
  const isSignatureUse = use === undefined || use === 'sig';
  const isVerifying =
    operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
  return isSignatureUse && isVerifying;
}

function publicMembers(value: JsonObject, kind: Kind): Record<string, string> | undefined {
  const members: Record<string, string> = { kty: String(value.kty) };
  for (const name of kind.members) {
    const text = value[name];
    if (typeof text !== 'string' || text === '') return undefined;
    if (name !== 'crv' && !isCanonicalBase64Url(text)) return undefined;
    members[name] = text;
  }
  if (kind !== RSA) return members;
  const { n = '', e = '' } = members;
  return isStrongRsaKey(decodeBase64Url(n), decodeBase64Url(e)) ? members : undefined;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

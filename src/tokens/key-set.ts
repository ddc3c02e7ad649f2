// Pure: no I/O, no clock.
import { importJWK } from 'jose';
import type { JsonObject, JsonValue } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { type Algorithm, isSameAlgorithm } from './algorithms.ts';
import { type KeyProblem, type PublicJwk, readJwk } from './json-web-key.ts';

/** A key that may verify an issuer's signatures, under exactly one algorithm. */
export interface IssuerKey extends PublicJwk {
  readonly cryptoKey: CryptoKey;
}

/** The key that a token's header asks for. */
export interface WantedKey {
  readonly kid: string | undefined;
  readonly algorithm: Algorithm;
}

/** The reason why a key set is rejected as a whole, safe for the log. */
export type KeySetProblem = 'not-a-key-set' | 'too-many-keys' | 'secret-key' | 'duplicate-key';

export const MAX_KEYS = 100;

/** Called for each key that is skipped, with its `kid` (if any) and the reason. */
export type OnPassedOver = (kid: string | undefined, problem: KeyProblem | 'import') => void;

/**
 * Reads the usable keys of a JWK set. Keys of other kinds are skipped, and repeated keys are read once.
 *
 * A set is rejected as a whole if it has a private or symmetric key. It is also rejected if two different keys have
 * the same `kid` and algorithm. Both are mistakes of the issuer that a reader cannot correct.
 */
export function readKeySet(
  document: JsonObject,
  allowed: readonly Algorithm[],
  onPassedOver: OnPassedOver = () => {},
): Result<readonly PublicJwk[], KeySetProblem> {
  const { keys } = document;
  if (!Array.isArray(keys)) return failed('not-a-key-set');
  if (keys.length > MAX_KEYS) return failed('too-many-keys');
  const usable: PublicJwk[] = [];
  for (const value of keys as readonly JsonValue[]) {
    const read = readJwk(value, allowed);
    if (read.kind === 'secret') return failed('secret-key');
    if (read.kind === 'unusable') onPassedOver(read.kid, read.problem);
    else if (!usable.some((key) => isSameKey(key, read.key))) usable.push(read.key);
  }
  const names = usable.map(({ kid, algorithm }) => kid !== undefined && `${algorithm} ${kid}`);
  const named = names.filter((name) => name !== false);
  return new Set(named).size === named.length ? success(usable) : failed('duplicate-key');
}

/**
 * Imports keys so that they can verify signatures. Skips a key that the platform rejects, for example a point off its
 * curve or an unsupported exponent. A key that is already in `known` stays the same object.
 */
export async function importKeys(
  keys: readonly PublicJwk[],
  known: readonly IssuerKey[] = [],
  onPassedOver: OnPassedOver = () => {},
): Promise<readonly IssuerKey[]> {
  const imported = await Promise.all(
    keys.map(async (key) => {
      const ready = known.find((other) => isSameKey(key, other)) ?? (await importKey(key));
      if (ready === undefined) onPassedOver(key.kid, 'import');
      return ready;
    }),
  );
  return imported.filter((key) => key !== undefined);
}

/**
 * Finds the key that a token must have been signed with. Exactly one key must fit the token's `kid` and algorithm. A
 * token without `kid` is matched by its algorithm alone. There is no default key.
 */
export function findKey(
  keys: readonly IssuerKey[],
  { kid, algorithm }: WantedKey,
): IssuerKey | undefined {
  const fitting = keys.filter(
    (key) => (kid === undefined || key.kid === kid) && isSameAlgorithm(key.algorithm, algorithm),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

async function importKey(key: PublicJwk): Promise<IssuerKey | undefined> {
  try {
    const cryptoKey = await importJWK(key.jwk, key.algorithm);
    // `importJWK` returns bytes only for symmetric keys, and a public key is never symmetric.
    return cryptoKey instanceof Uint8Array ? undefined : { ...key, cryptoKey };
  } catch {
    return undefined;
  }
}

function isSameKey(one: PublicJwk, other: PublicJwk): boolean {
  const names = Object.keys(one.jwk);
  return (
    one.kid === other.kid &&
    one.algorithm === other.algorithm &&
    names.length === Object.keys(other.jwk).length &&
    names.every((name) => one.jwk[name] === other.jwk[name])
  );
}

// Pure: no I/O, no clock.
import { importJWK } from 'jose';
import type { JsonObject, JsonValue } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { type Algorithm, isSameAlgorithm } from './algorithms.ts';
import { type KeyProblem, type PublicJwk, readJwk } from './json-web-key.ts';

/** A key that may verify an issuer's signatures, under the one algorithm it is for. */
export interface IssuerKey extends PublicJwk {
  readonly cryptoKey: CryptoKey;
}

/** What a token says of the key it was signed with. */
export interface WantedKey {
  readonly kid: string | undefined;
  readonly algorithm: Algorithm;
}

/** What is wrong with a key set, fit for the log; nothing of it is used then. */
export type KeySetProblem = 'not-a-key-set' | 'too-many-keys' | 'secret-key' | 'duplicate-key';

export const MAX_KEYS = 100;

/** Told of each key that is passed over: its `kid`, where it has one, and why. */
export type OnPassedOver = (kid: string | undefined, problem: KeyProblem | 'import') => void;

/**
 * The usable keys of a JWK set. Keys of other kinds are passed over; a set with a private or symmetric key, or
 * with two different keys of one name and algorithm, is refused whole, because its publisher made a mistake that no
 * reader can mend. A key that is there twice is there once.
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
 * Keys ready to verify with. One that the platform refuses (a point off its curve, an exponent it does not know)
 * is passed over. A key that is in `known` already stays the same object.
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
 * The one key a token may have been signed with. A token without `kid` has one only where there is no choice;
 * there is no key to fall back on.
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
    // Bytes come only from symmetric keys, which no public key is.
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

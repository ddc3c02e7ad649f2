// Pure: no I/O, no clock.
import * as v from 'valibot';
import type { JsonValue } from '../runtime/json.ts';
import type { Algorithm } from '../tokens/algorithms.ts';
import { ALGORITHMS } from '../tokens/algorithms.ts';
import type { PublicJwk } from '../tokens/json-web-key.ts';
import { type KeySetProblem, MAX_KEYS, readKeySet } from '../tokens/key-set.ts';

const KEYS = `a list of 1 to ${MAX_KEYS} public JWKs, or a JWK set`;

/**
 * Keys that are written into the configuration. The issuer's algorithms decide which keys are usable, so the value
 * is a function of the algorithms.
 */
export const inlineKeys = v.pipe(
  v.unknown(),
  v.transform(readList),
  v.array(v.record(v.string(), v.unknown(), 'a JWK'), KEYS),
  v.minLength(1, KEYS),
  v.maxLength(MAX_KEYS, KEYS),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const problem = problemOf(dataset.value);
    if (problem !== undefined) addIssue({ message: problem });
  }),
  v.transform((keys) => (algorithms: readonly Algorithm[]): readonly PublicJwk[] => {
    const read = readKeySet({ keys: asJson(keys) }, algorithms);
    return read.ok ? read.value : [];
  }),
);

/** Reads a list, the list in a JWK set (RFC 7517 section 5), or the JSON text of either. */
function readList(value: unknown): unknown {
  if (typeof value === 'string') return readText(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return 'keys' in value ? value.keys : value;
}

function readText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : readList(value);
  } catch {
    return text; // the schema then says what it expected
  }
}

function problemOf(keys: readonly Readonly<Record<string, unknown>>[]): string | undefined {
  const read = readKeySet({ keys: asJson(keys) }, ALGORITHMS);
  return read.ok ? undefined : explain(read.failure);
}

function explain(problem: KeySetProblem): string {
  switch (problem) {
    case 'secret-key':
      return 'public keys only; a private or symmetric key is among them: take it out, and consider it known';
    case 'duplicate-key':
      return 'no two keys of one kid and alg';
    case 'not-a-key-set':
    case 'too-many-keys':
      return KEYS;
  }
}

function asJson(keys: readonly Readonly<Record<string, unknown>>[]): readonly JsonValue[] {
  return JSON.parse(JSON.stringify(keys)) as readonly JsonValue[]; // settings are JSON or TOML
}

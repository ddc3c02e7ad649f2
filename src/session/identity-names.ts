// Pure: no I/O, no clock.
import type { JsonObject, JsonValue } from '../runtime/json.ts';

/** Every name of each identity, by its id. */
export type NamesById = ReadonlyMap<string, readonly string[]>;

/**
 * Reads every name of identities by their ids, which are UUIDs in lower case.
 *
 * @returns the names of those that exist; `undefined` when whoever knows them does not say
 */
export type ReadNames = (ids: readonly string[]) => Promise<NamesById | undefined>;

/**
 * The names by which one person stands in entries and in tokens, by an identity document: its id, and its external id,
 * which Kratos's tokenizer may take for the subject (`session/tokenizer.go`, `subject_source`).
 */
export function namesOf(identity: JsonValue | undefined): string[] {
  const { id, external_id: externalId } = asObject(identity);
  const names = [id, externalId].filter((name) => typeof name === 'string');
  return [...new Set(names)].filter((name) => name !== '');
}

function asObject(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject) // the one kind of JSON value that is left
    : {};
}

// Pure: no I/O, no clock.
import { isObject, type JsonValue } from '../runtime/json.ts';

/** All names of each identity, keyed by the identity's id. */
export type NamesById = ReadonlyMap<string, readonly string[]>;

/**
 * Reads all names of identities by their ids, which are UUIDs in lower case.
 *
 * @returns the names of the identities that exist; `undefined` when the source gives no usable answer
 */
export type ReadNames = (ids: readonly string[]) => Promise<NamesById | undefined>;

/**
 * Returns the names by which entries and tokens refer to one person. They come from an identity document: its id, and
 * its external id, which Kratos's tokenizer may take for the subject (`session/tokenizer.go`, `subject_source`).
 */
export function namesOf(identity: JsonValue | undefined): string[] {
  const { id, external_id: externalId } = isObject(identity) ? identity : {};
  const names = [id, externalId].filter((name) => typeof name === 'string');
  return [...new Set(names)].filter((name) => name !== '');
}

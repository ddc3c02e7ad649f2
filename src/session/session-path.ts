// Pure: no I/O, no clock.
import type { JsonValue } from '../runtime/json.ts';

const SESSION_PATH = /^[A-Za-z_][A-Za-z0-9_-]*(?:\.(?:[A-Za-z_][A-Za-z0-9_-]*|\d{1,4}))*$/;

/** Returns whether `text` names a place in a session document, such as `identity.traits.email`. */
export function isSessionPath(text: string): boolean {
  return SESSION_PATH.test(text);
}

/** The members of each path that was read. Paths come from the configuration, so they are few. */
const knownMembers = new Map<string, readonly string[]>();

/** Returns the names of the members that a path follows, from the outermost. */
export function membersOf(path: string): readonly string[] {
  const known = knownMembers.get(path);
  if (known !== undefined) return known;
  const members = path.split('.');
  knownMembers.set(path, members);
  return members;
}

/**
 * Returns the value at a place in a session document; `undefined` when the place does not exist. Only own members
 * are followed, so no path reaches `constructor` or `__proto__`.
 */
export function readSessionPath(document: JsonValue, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const member of membersOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) {
      return undefined;
    }
    if (Array.isArray(value) && member === 'length') return undefined; // an array's only own member that is not an item
    value = (value as { [name: string]: JsonValue })[member]; // arrays are read by index the same way
  }
  return value;
}

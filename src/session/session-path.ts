// Pure: no I/O, no clock.
import type { JsonValue } from '../runtime/json.ts';

const SESSION_PATH = /^[A-Za-z_][A-Za-z0-9_-]*(?:\.(?:[A-Za-z_][A-Za-z0-9_-]*|\d{1,4}))*$/;

/** Whether `text` names a place in a session document, such as `identity.traits.email`. */
export function isSessionPath(text: string): boolean {
  return SESSION_PATH.test(text);
}

/**
 * Reads a place in a session document; `undefined` when there is nothing there. Only own members are
 * followed, so no path reaches `constructor` or `__proto__`.
 */
export function readSessionPath(document: JsonValue, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const member of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) {
      return undefined;
    }
    if (Array.isArray(value) && member === 'length') return undefined; // the one own member that is no item
    value = (value as { [name: string]: JsonValue })[member]; // arrays are read by index the same way
  }
  return value;
}

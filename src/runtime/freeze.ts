// Pure: no I/O, no clock.
import type { JsonValue } from './json.ts';

/**
 * Freezes a JSON value at every level, so that no request can change a value that the next request sees. The function
 * does not recurse: the author of a document decides how deep it goes, and the stack is limited.
 */
export function deepFreeze<Value extends JsonValue>(value: Value): Value {
  const waiting: JsonValue[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue;
    Object.freeze(next);
    for (const member of Object.values(next)) waiting.push(member);
  }
  return value;
}

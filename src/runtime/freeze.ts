// Pure: no I/O, no clock.
import type { JsonValue } from './json.ts';

/**
 * Freezes a JSON value all the way down, so that no request can change what the next one sees. Without
 * recursion: how deep a document goes is for whoever wrote it to say, and the stack has an end.
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

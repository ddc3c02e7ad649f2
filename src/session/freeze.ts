// Pure: no I/O, no clock.
import type { JsonValue } from './session.ts';

/** Freezes a JSON value all the way down, so that no request can change what the next one sees. */
export function deepFreeze<Value extends JsonValue>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}

// Pure: no I/O, no clock.

/** Any value that JSON can hold (RFC 8259). */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

export type JsonObject = { readonly [name: string]: JsonValue };

/** Returns whether a value is a JSON object: not an array, not `null`. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses a JSON object; `undefined` for any other text. */
export function parseObject(text: string): JsonObject | undefined {
  const value = parse(text);
  return isObject(value) ? value : undefined;
}

/** Parses a JSON array; `undefined` for any other text. */
export function parseArray(text: string): readonly JsonValue[] | undefined {
  const value = parse(text);
  return Array.isArray(value) ? value : undefined;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue; // JSON.parse returns only JSON values
  } catch {
    return undefined;
  }
}

/** Returns a text that is not empty; `undefined` for any other value. */
export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

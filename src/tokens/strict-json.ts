// Pure: no I/O, no clock.
import type { JsonObject, JsonValue } from '../session/session.ts';

export interface JsonBounds {
  /** Objects and lists inside each other, the outermost included. */
  readonly maxDepth: number;
  /** Members of the outermost object. */
  readonly maxMembers: number;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The JSON object in these bytes, if every reader would read the same one: well-formed UTF-8 without a byte
 * order mark, a plain object, no name twice at any level (RFC 7515 section 4 and RFC 7519 section 4 let
 * parsers differ there), within bounds. Else `undefined`. Linear in the length.
 */
export function parseStrictObject(bytes: Uint8Array, bounds: JsonBounds): JsonObject | undefined {
  const text = decodeUtf8(bytes);
  return text === undefined ? undefined : parseStrictText(text, bounds);
}

/** The same for text that was decoded before. */
export function parseStrictText(text: string, bounds: JsonBounds): JsonObject | undefined {
  if (!isStrictlyNested(text, bounds.maxDepth)) return undefined;
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (Object.keys(value).length > bounds.maxMembers || hasRepeatedName(text)) return undefined;
  return value as JsonObject; // neither a list nor a scalar: an object
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined; // not UTF-8
  }
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue; // JSON.parse gives nothing but JSON values
  } catch {
    return undefined;
  }
}

/** Whether brackets go no deeper than allowed: looked at first, so that no parser is ever made to recurse. */
function isStrictlyNested(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') index = endOfString(text, index);
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > maxDepth) return false;
  }
  return true;
}

/** For text that is known to be JSON: there, a string before a colon is a name. */
function hasRepeatedName(text: string): boolean {
  const open: Set<string>[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '{' || character === '[') open.push(new Set());
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, index);
      if (isBeforeColon(text, end + 1)) {
        const name = parse(text.slice(index, end + 1)) as string; // a string literal of valid JSON
        const names = open.at(-1);
        if (names?.has(name)) return true;
        names?.add(name);
      }
      index = end;
    }
  }
  return false;
}

/** The index of the quote that ends the string begun at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index;
  }
  return text.length;
}

function isBeforeColon(text: string, start: number): boolean {
  let index = start;
  while (' \t\n\r'.includes(text[index] ?? 'end')) index += 1;
  return text[index] === ':';
}

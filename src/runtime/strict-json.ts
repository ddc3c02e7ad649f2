// Pure: no I/O, no clock.

import type { JsonObject, JsonValue } from './json.ts';
import { failed, type Result, success } from './result.ts';

export interface JsonBounds {
  /** The deepest nesting of objects and lists, the outermost included. */
  readonly maxDepth: number;
  /** The most members of the outermost object. */
  readonly maxMembers: number;
}

/** The problem of a text: `malformed` when parsers could read it differently, else the bound that it exceeds. */
export type JsonProblem = 'malformed' | 'too-deep' | 'too-many-members';

/**
 * Parses the JSON object in a text, if every parser would read the same object: a plain object within bounds, without
 * a byte order mark. No name may occur twice at any level, because RFC 7515 section 4 and RFC 7519 section 4 let parsers
 * differ there. Takes time linear in the length.
 */
export function parseStrictText(text: string, bounds: JsonBounds): Result<JsonObject, JsonProblem> {
  const plain = text.length > MAX_PLAIN_LENGTH ? undefined : parsePlain(text, bounds.maxDepth);
  const problem = plain === undefined ? findProblem(text, bounds.maxDepth) : undefined;
  if (problem !== undefined) return failed(problem);
  const value = plain ?? parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return failed('malformed');
  }
  if (Object.keys(value).length > bounds.maxMembers) return failed('too-many-members');
  return success(value as JsonObject); // neither a list nor a scalar: an object
}

/** A text of this length is parsed whatever its depth. */
const MAX_PLAIN_LENGTH = 8192;

/**
 * Parses text that is written exactly as `JSON.stringify()` writes it, as most tokens are. Such a text names no member
 * twice, because the parser keeps one of the two. `undefined` for every other text, and for one that is too deep.
 */
function parsePlain(text: string, maxDepth: number): JsonValue | undefined {
  const value = parse(text);
  if (value === undefined || isDeeperThan(maxDepth, value)) return undefined;
  return JSON.stringify(value) === text ? value : undefined;
}

function isDeeperThan(maxDepth: number, value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return maxDepth === 0 || Object.values(value).some((each) => isDeeperThan(maxDepth - 1, each));
}

/**
 * Returns whether a double holds every number of a value: `1e999` is Infinity to one parser, an error or another number
 * to others (RFC 8259 section 6). The function recurses, so the value must come from a parser of this file, which bounds
 * its depth.
 */
export function holdsFiniteNumbers(value: JsonValue): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(holdsFiniteNumbers);
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue; // JSON.parse returns only JSON values
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Finds brackets that go deeper than allowed, and an object that names a member twice. This search runs before the
 * parser, so that no text makes the parser recurse too deep. For text that is not JSON the result is arbitrary: the
 * parser refuses such text afterwards.
 */
function findProblem(text: string, maxDepth: number): JsonProblem | undefined {
  const open: Set<JsonValue | undefined>[] = [];
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case 0x7b: // {
      case 0x5b: // [
        if (open.push(new Set()) > maxDepth) return 'too-deep';
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        break;
      case QUOTE: {
        const end = endOfString(text, index);
        // In JSON, a string before a colon is a name.
        if (isBeforeColon(text, end + 1)) {
          const name = readName(text.slice(index, end + 1));
          const names = open.at(-1);
          if (names?.has(name)) return 'malformed';
          names?.add(name);
        }
        index = end;
      }
    }
  }
  return undefined;
}

/** Decodes a name in quotes: `"\u0061"` is `"a"`. */
function readName(quoted: string): JsonValue | undefined {
  return quoted.includes('\\') ? parse(quoted) : quoted.slice(1, -1);
}

/** Returns the index of the quote that ends the string begun at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

/** Returns whether an odd number of backslashes precedes the character at `index`. */
function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (index - first) % 2 === 1;
}

function isBeforeColon(text: string, start: number): boolean {
  let index = start;
  while (' \t\n\r'.includes(text[index] ?? 'end')) index += 1;
  return text[index] === ':';
}

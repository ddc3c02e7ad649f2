// No I/O, no clock.
import { failed, type Result, success } from '../../src/runtime/result.ts';

/**
 * A part of a path expression. `one` matches characters of one segment, `rest` any characters. `isExact`: whether it
 * matches every text of its kind, empty `rest` included. `[0-9]+` and `.+` match fewer.
 */
export type Token =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'one' | 'rest'; readonly isExact: boolean };

/** One way to read an expression: alternatives are spelled out. */
export type Reading = readonly Token[];

const MAX_READINGS = 64;
const QUANTIFIER = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/;
/** Classes of characters that contain no slash. */
const SHORT_CLASS = /^\\[dw]/;

/** Returns the readings of a regular expression without anchors; a failure names the part that cannot be moved. */
export function readRegExp(source: string): Result<Reading[], string> {
  try {
    const reader = new Reader(source);
    const readings = reader.alternatives();
    if (reader.rest !== '') return failed(`"${reader.rest[0]}" has no opening part`);
    return success(readings);
  } catch (error) {
    if (error instanceof NotMovable) return failed(error.message);
    throw error;
  }
}

/** Returns the readings of a glob with the separators "." and "/", as Oathkeeper compiles it. */
export function readGlob(source: string): Result<Reading[], string> {
  const [, before = '', group] = /^([^{]*)(\{.*)?$/s.exec(source) ?? [];
  const text = globText(before);
  if (!text.ok || group === undefined) return text.ok ? success([text.value]) : text;
  const end = closingBrace(group);
  if (end === -1) return failed('a brace without its end');
  const alternatives = all(splitAlternatives(group.slice(1, end)).map(readGlob));
  const tail = readGlob(group.slice(end + 1));
  if (!alternatives.ok) return alternatives;
  return tail.ok ? success(product([[text.value], alternatives.value.flat(), tail.value])) : tail;
}

function globText(source: string): Result<Token[], string> {
  if (/[?[\]{}\\]/.test(source)) return failed(`the glob "${source}"`);
  return success(
    [...source.matchAll(/\*\*|\*|[^*]/g)].map(([text]): Token => {
      if (text === '**') return { kind: 'rest', isExact: true };
      // A single star stops at dots too, so it matches fewer texts than a segment may have.
      return text === '*' ? { kind: 'one', isExact: false } : { kind: 'char', char: text };
    }),
  );
}

/** Returns the index of the brace that closes the first one; -1 if there is none. */
function closingBrace(text: string): number {
  let depth = 0;
  for (const [index, char] of [...text].entries()) {
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (depth === 0) return index;
  }
  return -1;
}

/** Splits at the commas that are in no inner group. */
function splitAlternatives(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const char of text) {
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (char === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts;
}

function all<Value>(results: readonly Result<Value, string>[]): Result<Value[], string> {
  const values: Value[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    values.push(result.value);
  }
  return success(values);
}

/** Returns a literal text as tokens. */
export function literal(text: string): Token[] {
  return [...text].map((char) => ({ kind: 'char', char }));
}

/** Returns every combination of the parts' readings, in order. */
export function product(parts: readonly (readonly Reading[])[]): Reading[] {
  return parts.reduce<Reading[]>(
    (sofar, next) => sofar.flatMap((head) => next.map((tail) => [...head, ...tail])),
    [[]],
  );
}

class NotMovable extends Error {}

class Reader {
  rest: string;

  constructor(source: string) {
    this.rest = source;
  }

  alternatives(): Reading[] {
    const readings = this.#sequence();
    while (this.#takes('|')) readings.push(...this.#sequence());
    return limited(readings);
  }

  #sequence(): Reading[] {
    const parts: Reading[][] = [];
    while (this.rest !== '' && !/^[|)]/.test(this.rest)) parts.push(this.#quantified());
    return limited(product(parts));
  }

  #quantified(): Reading[] {
    const start = this.rest;
    if (this.#takes('(?:') || (!start.startsWith('(?') && this.#takes('('))) {
      const inner = this.alternatives();
      if (!this.#takes(')')) throw new NotMovable('a group without its end');
      const times = this.#quantifier();
      if (times === '') return inner;
      if (times === '?') return [[], ...inner];
      throw new NotMovable('a repeated group');
    }
    if (start.startsWith('(?')) throw new NotMovable(`"${start.slice(0, 3)}"`);
    if (this.#takes('.')) return [[this.#anyText()]];
    const [shortClass] = SHORT_CLASS.exec(start) ?? [];
    if (shortClass !== undefined) return this.#segmentText(shortClass, false);
    const [set] = /^\[\^?\]?(?:\\.|[^\]\\])*\]/.exec(start) ?? [];
    if (set !== undefined) return this.#segmentText(set, /^\[\^(?:\\?\/)\]$/.test(set));
    return this.#character();
  }

  #anyText(): Token {
    const times = this.#quantifier();
    if (times !== '*' && times !== '+') throw new NotMovable('"." for one character');
    return { kind: 'rest', isExact: times === '*' };
  }

  #segmentText(set: string, isAnySegment: boolean): Reading[] {
    this.rest = this.rest.slice(set.length);
    const hasSlash = set.startsWith('[^') ? !set.includes('/') : set.includes('/');
    if (hasSlash || /^\[.*\\[DSWs]/.test(set)) throw new NotMovable(set);
    const times = this.#quantifier();
    // A named segment is not empty, so `[^/]*` becomes two readings.
    const one: Token = { kind: 'one', isExact: isAnySegment && /^[*+]$/.test(times) };
    return /^(?:\*|\?|\{0)/.test(times) ? [[], [one]] : [[one]];
  }

  #character(): Reading[] {
    const [, escaped, plain] = /^(?:\\([^a-zA-Z0-9])|([^\\^$.*+?()[\]{}|]))/.exec(this.rest) ?? [];
    const char = escaped ?? plain;
    if (char === undefined) throw new NotMovable(`"${this.rest.slice(0, 2)}"`);
    this.rest = this.rest.slice(escaped === undefined ? char.length : 2);
    const times = this.#quantifier();
    if (times === '') return [literal(char)];
    if (times === '?') return [[], literal(char)];
    throw new NotMovable(`a repeated "${char}"`);
  }

  /** The quantifier without its laziness, which does not change what a whole text matches. */
  #quantifier(): string {
    const [text = ''] = QUANTIFIER.exec(this.rest) ?? [];
    this.rest = this.rest.slice(text.length);
    return text.length > 1 && text.endsWith('?') ? text.slice(0, -1) : text;
  }

  #takes(text: string): boolean {
    if (!this.rest.startsWith(text)) return false;
    this.rest = this.rest.slice(text.length);
    return true;
  }
}

function limited(readings: Reading[]): Reading[] {
  if (readings.length > MAX_READINGS) throw new NotMovable('too many alternatives');
  return readings;
}

// No I/O, no clock.
import { compilePathPattern } from '../../src/rules/path-pattern.ts';
import { failed, type Result, success } from '../../src/runtime/result.ts';
import { type Reading, readRegExp, type Token } from './expression-tokens.ts';

/**
 * The relation of the patterns to the expression that they are made from: the same paths, some of them only, or others
 * too. A rule that opens paths may be narrower, and a rule that closes paths may be wider, but not the other way.
 */
export type Fit = 'same' | 'narrower' | 'wider';

/** Paths of an expression, as patterns of `RULES`. */
export interface MovedPaths {
  readonly patterns: readonly string[];
  readonly fit: Fit;
  /** The reasons why alternatives of the expression have no pattern. */
  readonly dropped: readonly string[];
}

/** Returns the patterns for the readings of an expression that matches whole paths; fails if there are none. */
export function patternsOf(readings: readonly Reading[]): Result<MovedPaths, string> {
  const moved = readings.map(patternsOfReading);
  const good = moved.flatMap((each) => (each.ok ? [each.value] : []));
  const dropped = [...new Set(moved.flatMap((each) => (each.ok ? [] : [each.failure])))];
  if (good.length === 0) return failed(dropped[0] ?? 'it matches no path');
  const fits = good.map(({ fit }) => fit);
  return success({
    patterns: [...new Set(good.flatMap(({ patterns }) => patterns))],
    fit: combine(dropped.length === 0 ? fits : [...fits, 'narrower']),
    dropped,
  });
}

/** Returns the patterns for a regular expression that may match a part of a path, such as `^/public/`. */
export function patternsOfRegExp(source: string): Result<MovedPaths, string> {
  const [, start, body = '', end] = /^(\^?)(.*?)(\$?)$/s.exec(source) ?? [];
  if (start === '') return failed('it does not begin with "^", so it matches within any path');
  if (/\\$/.test(body)) return failed('it ends with an escaped "$"');
  const readings = readRegExp(body);
  if (!readings.ok) return failed(`it has ${readings.failure}`);
  const anyEnd: Token = { kind: 'rest', isExact: true };
  return patternsOf(
    readings.value.map((reading) =>
      end === '$' || reading.at(-1)?.kind === 'rest' ? reading : [...reading, anyEnd],
    ),
  );
}

function combine(fits: readonly Fit[]): Fit {
  if (fits.includes('wider')) return 'wider';
  return fits.includes('narrower') ? 'narrower' : 'same';
}

function patternsOfReading(reading: Reading): Result<Omit<MovedPaths, 'dropped'>, string> {
  const last = reading.at(-1);
  const endsOpen = last?.kind === 'rest';
  const body = endsOpen ? reading.slice(0, -1) : reading;
  if (body.some(({ kind }) => kind === 'rest')) return failed('it has ".*" before its end');
  const segments = segmentsOf(body);
  if (segments === undefined) return failed('it does not begin with "/"');
  const texts = segments.map(textOf);
  if (texts.some((text) => text === undefined)) {
    return failed('it has a segment that is part text and part pattern');
  }
  const isWider = reading.some((token) => token.kind === 'one' && !token.isExact);
  const path = `/${texts.join('/')}`;
  if (!endsOpen) return checked([path], isWider ? 'wider' : 'same');
  if (path.endsWith('/')) return checked([`${path}*`], isWider || !last.isExact ? 'wider' : 'same');
  if (segments.at(-1)?.some(({ kind }) => kind === 'one')) {
    return failed('it has a pattern within a segment before its end');
  }
  return checked([path, `${path}/*`], isWider ? 'wider' : 'narrower');
}

/** Splits at slashes; `undefined` if there is no slash at the start. */
function segmentsOf(tokens: Reading): Token[][] | undefined {
  const segments: Token[][] = [];
  for (const token of tokens) {
    if (token.kind === 'char' && token.char === '/') segments.push([]);
    else if (segments.length === 0) return undefined;
    else segments.at(-1)?.push(token);
  }
  return segments.length === 0 ? undefined : segments;
}

/** Returns a segment in the notation of `RULES`; `undefined` if it is part text and part pattern. */
function textOf(segment: readonly Token[], index: number): string | undefined {
  if (segment.length === 1 && segment[0]?.kind === 'one') return `:part${index + 1}`;
  const chars = segment.map((token) => (token.kind === 'char' ? token.char : undefined));
  return chars.includes(undefined) ? undefined : chars.join('');
}

function checked(
  patterns: readonly string[],
  fit: Fit,
): Result<Omit<MovedPaths, 'dropped'>, string> {
  const compiled = patterns.map(compilePathPattern).find(({ ok }) => !ok);
  return compiled?.ok === false
    ? failed(`its path ${compiled.failure}`)
    : success({ patterns, fit });
}

/** Says which paths narrower patterns leave out. */
export function narrowness(dropped: readonly string[]): string {
  return dropped.length > 0
    ? `of some alternatives, ${dropped.join('; ')}`
    : 'those that go on within the last segment';
}

/** Compares two patterns by how special they are: a literal segment before `:name`, and `:name` before `*`. */
export function bySpeciality(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = rank(left[index]) - rank(right[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function rank(segment: string | undefined): number {
  if (segment === '*') return 2;
  return segment?.startsWith(':') === true ? 1 : 0;
}

// Pure: no I/O, no clock.
import { failed, type Result, success } from '../runtime/result.ts';

/** A path pattern, compiled when the configuration is read. */
export interface PathPattern {
  readonly source: string;
  readonly segments: readonly Segment[];
}

/** `any-one` matches one segment that is not empty. `any-rest` matches one or more segments, empty ones too. */
export type Segment = { readonly literal: string } | 'any-one' | 'any-rest';

const NAMED_SEGMENT = /^:[A-Za-z_][A-Za-z0-9_]*$/;
const CUSTOM_SYNTAX = /[(){}\\?+;#]|%(?:2f|5c|25)/i;

/**
 * Compiles a path in the part of URLPattern's syntax that needs no regular expression: literal segments, `:name` for
 * exactly one segment, and a final `*` for everything below. `/docs/*` matches `/docs/` and below, but not `/docs` or
 * `/docsearch`, as in URLPattern.
 *
 * @returns the pattern, or a text for the operator: the problem and what was expected
 */
export function compilePathPattern(source: string): Result<PathPattern, string> {
  if (!source.startsWith('/')) return failed('must begin with "/"');
  if (CUSTOM_SYNTAX.test(source)) {
    return failed('may use literal segments, ":name" and a final "*", no other pattern syntax');
  }
  const segments: Segment[] = [];
  const texts = source.slice(1).split('/');
  for (const [index, text] of texts.entries()) {
    const segment = readSegment(text, index === texts.length - 1);
    if (!segment.ok) return segment;
    segments.push(segment.value);
  }
  return success({ source, segments });
}

function readSegment(text: string, isLast: boolean): Result<Segment, string> {
  if (text === '*') {
    return isLast ? success('any-rest') : failed('may have "*" only as its last segment');
  }
  if (text.includes('*')) return failed('may have "*" only as a whole segment');
  if (NAMED_SEGMENT.test(text)) return success('any-one');
  if (text.includes(':')) return failed('may have ":name" only as a whole segment');
  if (text === '.' || text === '..') return failed('may not hold dot segments');
  try {
    return success({ literal: decodeURIComponent(text) });
  } catch {
    return failed('holds a percent-escape that is not UTF-8');
  }
}

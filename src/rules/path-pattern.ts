// Pure: no I/O, no clock.

/** A path pattern, read once when the configuration is. */
export interface PathPattern {
  readonly source: string;
  readonly segments: readonly Segment[];
}

/** `any-one` is one segment that is not empty, `any-rest` one segment or more, of any kind. */
export type Segment = { readonly literal: string } | 'any-one' | 'any-rest';

const NAMED_SEGMENT = /^:[A-Za-z_][A-Za-z0-9_]*$/;
const CUSTOM_SYNTAX = /[(){}\\?+;#]|%(?:2f|5c|25)/i;

/**
 * Reads a path in URLPattern syntax, as far as it needs no regular expression: literal segments, `:name` for
 * exactly one segment, and a final `*` for everything below. `/docs/*` matches `/docs/` and below but not
 * `/docs` and never `/docsearch`, just as URLPattern has it.
 *
 * @returns the pattern, or what is wrong with it and what was expected, for the operator
 */
export function compilePathPattern(source: string): PathPattern | { readonly problem: string } {
  if (!source.startsWith('/')) return { problem: 'must begin with "/"' };
  if (CUSTOM_SYNTAX.test(source)) {
    return {
      problem: 'may use literal segments, ":name" and a final "*", no other pattern syntax',
    };
  }
  const segments: Segment[] = [];
  const texts = source.slice(1).split('/');
  for (const [index, text] of texts.entries()) {
    const segment = readSegment(text, index === texts.length - 1);
    if (typeof segment === 'object' && 'problem' in segment) return segment;
    segments.push(segment);
  }
  return { source, segments };
}

function readSegment(text: string, isLast: boolean): Segment | { problem: string } {
  if (text === '*') {
    return isLast ? 'any-rest' : { problem: 'may have "*" only as its last segment' };
  }
  if (text.includes('*')) return { problem: 'may have "*" only as a whole segment' };
  if (NAMED_SEGMENT.test(text)) return 'any-one';
  if (text.includes(':')) return { problem: 'may have ":name" only as a whole segment' };
  if (text === '.' || text === '..') return { problem: 'may not hold dot segments' };
  try {
    return { literal: decodeURIComponent(text) };
  } catch {
    return { problem: 'holds a percent-escape that is not UTF-8' };
  }
}

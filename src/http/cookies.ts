// No I/O, no clock. Names and values are never percent-decoded: Kratos decodes neither.

/** One `name=value` pair of a `Cookie` header, its value without the quotes it may have been sent in. */
export interface CookiePair {
  readonly name: string;
  readonly value: string;
}

/**
 * Reads a `Cookie` header the way RFC 6265 section 5.4 writes it: pairs parted by `;`, the first `=`
 * ends the name, white space around either is dropped, the value is bare. A part without `=` or without a
 * name is passed over. Repeated names are all kept, in the order sent. Never throws.
 */
export function readCookies(header: string | null): CookiePair[] {
  if (header === null) return [];
  return header.split(';').flatMap((part) => {
    const equals = part.indexOf('=');
    if (equals < 1) return [];
    const name = trimWhitespace(part.slice(0, equals));
    return name === '' ? [] : [{ name, value: bareValue(part.slice(equals + 1)) }];
  });
}

/**
 * A cookie's value without the white space and the one pair of quotes around it. The quotes are spelling
 * (RFC 6265 section 4.1.1, `cookie-value`): Go's `net/http`, and with it Kratos, takes them off, and Python's
 * `http.cookies` puts them around every value that holds `=`.
 */
export function bareValue(spelling: string): string {
  const value = trimWhitespace(spelling);
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  return isQuoted ? value.slice(1, -1) : value;
}

/**
 * The same `Cookie` header without the pairs whose name `isDropped` says yes to, every other byte
 * as sent; `undefined` when nothing is left. A comma parts pairs too: workerd joins two `Cookie` lines
 * with one, and a pair behind it would otherwise pass for the end of another's value.
 */
export function withoutCookies(
  header: string,
  isDropped: (name: string) => boolean,
): string | undefined {
  const keepPair = (pair: string) => (isDropped(nameOf(pair)) ? undefined : pair);
  const joined = withoutParts(header, ';', (part) => withoutParts(part, ',', keepPair));
  if (joined === header) return header;
  const trimmed = trimWhitespace(joined ?? '');
  return trimmed === '' ? undefined : trimmed;
}

/** The name of a `name=value` pair; empty when there is none. */
function nameOf(pair: string): string {
  return trimWhitespace(pair.slice(0, Math.max(0, pair.indexOf('='))));
}

/** `text` with each part between separators replaced or, where `keep` gives nothing, left out. */
function withoutParts(
  text: string,
  separator: string,
  keep: (part: string) => string | undefined,
): string | undefined {
  const kept = text.split(separator).flatMap((part) => keep(part) ?? []);
  return kept.length === 0 ? undefined : kept.join(separator);
}

// Space and tab only (RFC 6265 section 5.2): String.prototype.trim also drops NBSP and others, which
// would let a mangled name pass for a real one.
function trimWhitespace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhitespace(text.charCodeAt(start))) start += 1;
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

// No I/O, no clock. Names and values are never percent-decoded: Kratos decodes neither.

/** One `name=value` pair of a `Cookie` header, its value without the quotes it may have been sent in. */
export interface CookiePair {
  readonly name: string;
  readonly value: string;
  /** The pair stands behind a comma: in a `Cookie` line of its own, or inside the value of another cookie. */
  readonly isJoined: boolean;
}

/**
 * Reads the pairs of the sought names from a `Cookie` header (RFC 6265 section 4.2.1): `;` parts pairs, the first
 * `=` ends the name, white space around either is dropped, the value is bare. Repeated names are all kept, in the
 * order sent. Never throws.
 *
 * A comma parts pairs too, and so ends the value of a sought cookie: the runtime joins several `Cookie` lines by
 * one, and the cookies that Postern reads hold none. Commas in other cookies mean nothing.
 */
export function readCookies(
  header: string | null,
  isSought: (name: string) => boolean,
): CookiePair[] {
  const pairs: CookiePair[] = [];
  if (header === null) return pairs;
  for (let start = 0; start < header.length; ) {
    const { equals, end } = spanFrom(header, start);
    const name = nameIn(header, start, equals);
    if (name !== '' && isSought(name)) {
      const isJoined = start > 0 && header.charCodeAt(start - 1) === COMMA;
      pairs.push({ name, value: bareValue(header.slice(equals + 1, end)), isJoined });
    }
    start = end + 1;
  }
  return pairs;
}

const PREFIX = /^__(?:host|secure)-/i;

/**
 * Tells a pair that somebody else may have put there. A browser lets only the host itself set a cookie
 * of the name `__Host-…`, and only https one of `__Secure-…` (RFC 6265bis section 4.1.3). But a sibling domain may
 * set the value of another cookie, and the pair may stand behind a comma in it.
 */
export function mayBePlanted({ name, isJoined }: CookiePair): boolean {
  return isJoined && PREFIX.test(name);
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
 * as sent; `undefined` when nothing is left. A comma parts pairs here as it does in reading, so that every pair
 * that is read as a cookie is also removed as one.
 */
export function withoutCookies(
  header: string,
  isDropped: (name: string) => boolean,
): string | undefined {
  let kept = '';
  let keptTo = 0;
  const keep = (from: number, to: number) => {
    if (to <= from) return;
    const separator = header.slice(keptTo, from).includes(';') ? ';' : ',';
    kept += (kept === '' ? '' : separator) + header.slice(from, to);
    keptTo = to;
  };
  let from = 0;
  for (let start = 0; start < header.length; ) {
    const { equals, end } = spanFrom(header, start);
    if (isDropped(nameIn(header, start, equals))) {
      keep(from, start - 1);
      from = end + 1;
    }
    start = end + 1;
  }
  if (from === 0) return header;
  keep(from, header.length);
  return trimWhitespace(kept) || undefined;
}

const SEMICOLON = 0x3b;
const COMMA = 0x2c;
const EQUALS = 0x3d;

/** The end of the pair that begins at `start`, and the place of its first `=`; -1 when it has none. */
function spanFrom(header: string, start: number): { equals: number; end: number } {
  let equals = -1;
  let end = start;
  for (; end < header.length; end += 1) {
    const code = header.charCodeAt(end);
    if (code === SEMICOLON || code === COMMA) break;
    if (code === EQUALS && equals < 0) equals = end;
  }
  return { equals, end };
}

/** The name of a pair; empty when it has none. */
function nameIn(header: string, start: number, equals: number): string {
  return equals < 0 ? '' : trimWhitespace(header.slice(start, equals));
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

// No I/O, no clock. Names and values are never percent-decoded: Kratos decodes neither.

/** One `name=value` pair of a `Cookie` header. The value has no quotes around it, even if it was sent with them. */
export interface CookiePair {
  readonly name: string;
  readonly value: string;
  /**
   * Whether a comma stands before the pair. The pair then came in a further `Cookie` line, or inside the value of
   * another cookie.
   */
  readonly isJoined: boolean;
}

/**
 * Reads the pairs of the sought names from a `Cookie` header (RFC 6265 section 4.2.1). A `;` ends a pair, and the
 * first `=` ends the name. White space around name and value is dropped, and so are quotes around the value.
 * Repeated names are all kept, in the order sent. Never throws.
 *
 * A comma ends a pair too, and so it ends the value of a sought cookie. The runtime joins several `Cookie` lines
 * with commas, and the cookies that Postern reads contain none. Commas in other cookies mean nothing.
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
      const isJoined = header.charCodeAt(start - 1) === COMMA; // NaN before the first
      pairs.push({ name, value: bareValue(header.slice(equals + 1, end)), isJoined });
    }
    start = end + 1;
  }
  return pairs;
}

const PREFIX = /^__(?:host|secure)-/i;

/**
 * Tells whether another site may have planted a pair. A browser lets only the host itself set a cookie named
 * `__Host-…`, and only https set one named `__Secure-…` (RFC 6265bis section 4.1.3). But a sibling domain may set
 * the value of another cookie, and that value may contain a comma with the pair behind it.
 */
export function mayBePlanted({ name, isJoined }: CookiePair): boolean {
  return isJoined && PREFIX.test(name);
}

/**
 * Returns a cookie's value without the white space and the one pair of quotes around it. The quotes are only
 * spelling (RFC 6265 section 4.1.1, `cookie-value`). Go's `net/http`, and with it Kratos, removes them. Python's
 * `http.cookies` puts them around every value that contains `=`.
 */
export function bareValue(spelling: string): string {
  const value = trimWhitespace(spelling);
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  return isQuoted ? value.slice(1, -1) : value;
}

/**
 * Removes the pairs from a `Cookie` header whose name `isDropped` accepts. Every other byte stays as sent. Returns
 * `undefined` if the header is then empty. A comma ends a pair here as it does in reading, so every pair that is
 * read as a cookie can also be removed as one.
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

/** Finds the end of the pair that begins at `start`, and the place of its first `=`; -1 if it has none. */
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

/** Returns the name of a pair; empty if it has none. */
function nameIn(header: string, start: number, equals: number): string {
  return equals < 0 ? '' : trimWhitespace(header.slice(start, equals));
}

// Removes space and tab only (RFC 6265 section 5.2). String.prototype.trim also removes NBSP and others, which would
// make a mangled name look like a real one.
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

// Pure: no I/O, no clock. Byte-exact: no percent-decoding, no unquoting (Kratos does neither).

/** One `name=value` pair of a `Cookie` header, as the client spelt it. */
export interface CookiePair {
  readonly name: string;
  readonly value: string;
}

/**
 * Reads a `Cookie` header the way RFC 6265 section 5.4 writes it: pairs parted by `;`, the first `=`
 * ends the name, white space around either is dropped. A part without `=` or without a name is passed
 * over. Repeated names are all kept, in the order sent. Never throws.
 */
export function readCookies(header: string | null): CookiePair[] {
  if (header === null) return [];
  return header.split(';').flatMap((part) => {
    const equals = part.indexOf('=');
    if (equals < 1) return [];
    const name = trimWhitespace(part.slice(0, equals));
    return name === '' ? [] : [{ name, value: trimWhitespace(part.slice(equals + 1)) }];
  });
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

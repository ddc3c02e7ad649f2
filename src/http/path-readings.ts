// Pure: no I/O, no clock.

/**
 * Spellings that servers read in more than one way, which a site may ask to have let through. Each brings
 * the other ways of reading it along, so that a rule can be held against all of them.
 */
export const PATH_FORMS = [
  'encoded_slash',
  'encoded_percent',
  'semicolon',
  'double_slash',
] as const;
export type PathForm = (typeof PATH_FORMS)[number];

/** Every way to read a path; the first is the plain one: percent-decoded once. */
export type PathReadings = readonly [string, ...string[]];

/** Dot, backslash, controls, DEL: no site gets these, for nothing legitimate is spelt so. */
const FORBIDDEN_ESCAPE = /%(?:2e|5c|[01][0-9a-f]|7f)/i;
const ENCODED_SLASH = /%2f/gi;
const ENCODED_PERCENT = /%25/g;
const MALFORMED_ESCAPE = /%(?![0-9a-f]{2})/i;
const VALID_ESCAPE = /%[0-9a-f]{2}/i;
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;
/** `.`, `..` and their matrix-parameter forms (`..;x=1`), as a whole segment, or as one before a decoded `?` or `#`. */
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:;[^/]*)?(?=[/?#]|$)/;
/** `%252525…`: how often a path is decoded is then anybody's guess. */
const MAX_DECODINGS = 3;

/**
 * Reads a path in every way the allowed forms leave open; `undefined` when it can be read differently by a
 * form that is not allowed, which a repair would only hide.
 */
export function readPath(path: string, allowed: ReadonlySet<PathForm>): PathReadings | undefined {
  if (!VISIBLE_ASCII.test(path) || /[\\#?]/.test(path)) return undefined;
  if (!/[%;]|\/\//.test(path)) return DOT_SEGMENT.test(path) ? undefined : [path];
  if (path.includes(';') && !allowed.has('semicolon')) return undefined;
  const spellings = respell(path, allowed);
  if (spellings === undefined) return undefined;
  const readings = new Set<string>();
  // Parameters end at a slash, so dropping them before and after `%2F` becomes one are two habits.
  for (const reading of spellings
    .flatMap(withoutParameters)
    .flatMap(decodeSlashes)
    .flatMap(withoutParameters)
    .flatMap(beforeDelimiters)) {
    if (!addCollapsed(reading, allowed, readings)) return undefined;
  }
  const [first, ...others] = readings;
  return first === undefined ? undefined : [first, ...others];
}

/** The path as sent, and as it stands after each further decoding of `%25`. */
function respell(path: string, allowed: ReadonlySet<PathForm>): string[] | undefined {
  const spellings: string[] = [];
  let spelling = path;
  for (let decodings = 0; ; decodings += 1) {
    if (FORBIDDEN_ESCAPE.test(spelling)) return undefined;
    if (!allowed.has('encoded_slash') && /%2f/i.test(spelling)) return undefined;
    if (MALFORMED_ESCAPE.test(spelling)) {
      // A strict second decoder stops here. A lenient one would go on, if there is anything to decode.
      return decodings === 0 || VALID_ESCAPE.test(spelling) ? undefined : spellings;
    }
    spellings.push(spelling);
    if (!spelling.includes('%25')) return spellings;
    if (!allowed.has('encoded_percent') || decodings === MAX_DECODINGS) return undefined;
    spelling = spelling.replace(ENCODED_PERCENT, '%');
  }
}

/** Decoded with `%2F` kept apart from `/`, and decoded with it as one; nothing when it is not UTF-8. */
function decodeSlashes(spelling: string | undefined): (string | undefined)[] {
  if (spelling === undefined) return [undefined];
  const parts = spelling.split(ENCODED_SLASH).map(decodeUtf8);
  if (parts.includes(undefined)) return [undefined];
  return parts.length === 1 ? parts : [parts.join('%2F'), parts.join('/')];
}

function withoutParameters(decoded: string | undefined): (string | undefined)[] {
  if (!decoded?.includes(';')) return [decoded];
  return [decoded, decoded.replace(/;[^/]*/g, '')];
}

/** A server that decodes before it parses ends the path at what was `%3F` or `%23`. */
function beforeDelimiters(decoded: string | undefined): (string | undefined)[] {
  const end = decoded?.search(/[?#]/) ?? -1;
  return end < 0 ? [decoded] : [decoded, decoded?.slice(0, end)];
}

/** False when the reading is none a site may have. */
function addCollapsed(
  reading: string | undefined,
  allowed: ReadonlySet<PathForm>,
  readings: Set<string>,
): boolean {
  if (reading === undefined) return false;
  const collapsed = reading.replace(/\/{2,}/g, '/');
  if (collapsed !== reading && !allowed.has('double_slash')) return false;
  if (DOT_SEGMENT.test(reading) || DOT_SEGMENT.test(collapsed)) return false;
  readings.add(reading);
  readings.add(collapsed);
  return true;
}

function decodeUtf8(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // overlong or otherwise invalid UTF-8
  }
}

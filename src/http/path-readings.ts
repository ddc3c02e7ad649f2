// Pure: no I/O, no clock.

/**
 * Spellings that servers read in more than one way. A site may allow each of them. A path with an allowed form gets
 * every other reading too, so that the rule of each reading is checked.
 */
export const PATH_FORMS = [
  'encoded_slash',
  'encoded_percent',
  'semicolon',
  'double_slash',
] as const;
export type PathForm = (typeof PATH_FORMS)[number];

/**
 * One way to read a path: a text, and the habits of a server that takes it apart. The segments are generated one by
 * one and not stored, because one path can have a hundred readings.
 */
export interface PathReading {
  /** Percent-decoded, unless `keepsEncodedSlashes`. */
  readonly text: string;
  /** Whether each segment is decoded by itself, so that a `%2F` in it does not end the segment. */
  readonly keepsEncodedSlashes: boolean;
  /** Whether `;` and everything after it, up to the next slash, is left out of a segment. */
  readonly dropsParameters: boolean;
  /** Whether the path ends at `?` or `#`, as for a server that decodes before it parses. */
  readonly endsAtDelimiter: boolean;
  /** Whether several slashes count as one. */
  readonly mergesSlashes: boolean;
}

/** Every way to read a path. The first is the plain one: percent-decoded once. */
export type PathReadings = readonly [PathReading, ...PathReading[]];

/** Dot, backslash, controls, DEL. No site gets these, because no legitimate path escapes them. */
const FORBIDDEN_ESCAPE = /%(?:2e|5c|[01][0-9a-f]|7f)/i;
const ENCODED_SLASH = /%2f/i;
const ENCODED_PERCENT = /%25/g;
const MALFORMED_ESCAPE = /%(?![0-9a-f]{2})/i;
const VALID_ESCAPE = /%[0-9a-f]{2}/i;
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;
/**
 * Matches `.`, `..` and their matrix-parameter forms (`..;x=1`), as a whole segment or before a decoded `?` or `#`.
 */
const DOT_SEGMENT = /\/\.{1,2}(?:;[^/]*)?(?=[/?#]|$)/;
/**
 * Invisible characters that can disguise a dot segment: white space, controls, and those that Unicode lets software
 * ignore.
 */
const UNSEEN = /[\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}]+/gu;
/**
 * Fraction slash, division slash, set minus, yen sign and won sign. NFKC leaves them alone, but Windows' best-fit
 * tables turn them into `/` and `\`.
 */
const SLASH_LIKE = /[\u2044\u2215\u2216\u00a5\u20a9\\]/g;
/** Matches two slashes with only parameters, or nothing, between them. */
const EMPTY_SEGMENT = /\/(?:;[^/]*)?\//;
/** Paths with more levels of escapes (`%252525…`) are refused, because servers differ in how often they decode. */
const MAX_DECODINGS = 3;

/**
 * Paths that every server reads alike, as almost all are: segments of unreserved characters (RFC 3986 section 2.3) that
 * begin with no dot, one slash between them, and perhaps one at the end.
 */
const SIMPLE_PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\/?$/;

/** Returns the reading of a path that all servers read alike. */
export function plainReading(text: string): PathReading {
  return {
    text,
    keepsEncodedSlashes: false,
    dropsParameters: false,
    endsAtDelimiter: false,
    mergesSlashes: false,
  };
}

/**
 * Reads a path, which begins with a slash, in every way that the allowed forms leave open. Returns `undefined` if a
 * form that is not allowed makes the path ambiguous. Such a path is not repaired, because a repair would hide the
 * problem.
 */
export function readPath(path: string, allowed: ReadonlySet<PathForm>): PathReadings | undefined {
  if (SIMPLE_PATH.test(path)) return [plainReading(path)];
  if (!VISIBLE_ASCII.test(path) || /[\\#?]/.test(path)) return undefined;
  if (!/[%;]|\/\//.test(path)) return DOT_SEGMENT.test(path) ? undefined : [plainReading(path)];
  if (path.includes(';') && !allowed.has('semicolon')) return undefined;
  const readings: PathReading[] = [];
  for (const spelling of respell(path, allowed)?.flatMap(withoutParameters) ?? []) {
    const decoded = decodeUtf8(spelling);
    // The decoded text has the separators of all readings. A segment that climbs or is empty in any reading does so
    // here too.
    if (decoded === undefined || DOT_SEGMENT.test(decoded)) return undefined;
    if (isDisguised(decoded)) return undefined;
    if (!allowed.has('double_slash') && EMPTY_SEGMENT.test(decoded)) return undefined;
    readings.push(...readingsOf(spelling, decoded));
  }
  const [first, ...others] = readings;
  return first === undefined ? undefined : [first, ...others];
}

/** Returns a reading for each combination of the habits that make a difference to a path, the plain reading first. */
function readingsOf(spelling: string, decoded: string): PathReading[] {
  const either = (isPossible: boolean) => (isPossible ? [false, true] : [false]);
  const texts = ENCODED_SLASH.test(spelling) ? [spelling, decoded] : [decoded];
  const drops = either(decoded.includes(';'));
  const ends = either(/[?#]/.test(decoded));
  const merges = either(EMPTY_SEGMENT.test(decoded));
  return texts.flatMap((text) =>
    drops.flatMap((dropsParameters) =>
      ends.flatMap((endsAtDelimiter) =>
        merges.map((mergesSlashes) => ({
          text,
          keepsEncodedSlashes: text !== decoded,
          dropsParameters,
          endsAtDelimiter,
          mergesSlashes,
        })),
      ),
    ),
  );
}

/** Runs of segments that are empty, or that hold only parameters. */
const EMPTY_RUN = /\/+/y;
const DROPPED_RUN = /(?:(?:;[^/]*)?\/)+/y;
const ENCODED_DROPPED_RUN = /(?:(?:(?:;|%3b)[^/]*)?\/)+/iy;

/** Characters of a path that is split at once, as almost every path is. */
const MAX_SPLIT_LENGTH = 256;

/** Returns the segments of a reading in order. With `keepsEncodedSlashes` a segment can contain a slash. */
export function segmentsOf(reading: PathReading): Iterable<string> {
  const { text } = reading;
  // The rules look at few segments of a long path, so these are generated one by one.
  const isShort = text.length <= MAX_SPLIT_LENGTH;
  return isShort && isText(reading) ? text.slice(1).split('/') : generateSegments(reading);
}

/** Tells whether the segments of a reading are those of its text, as in almost every request. */
export function isText(reading: PathReading): boolean {
  const { keepsEncodedSlashes, dropsParameters, endsAtDelimiter, mergesSlashes } = reading;
  return !(keepsEncodedSlashes || dropsParameters || endsAtDelimiter || mergesSlashes);
}

function* generateSegments(reading: PathReading): Generator<string, void> {
  const { text, keepsEncodedSlashes, dropsParameters, endsAtDelimiter, mergesSlashes } = reading;
  for (let start = 1, slash = 0; slash >= 0; start = slash + 1) {
    if (mergesSlashes) start = afterEmptyRun(reading, start);
    slash = text.indexOf('/', start);
    const sent = slash < 0 ? text.slice(start) : text.slice(start, slash);
    const decoded = keepsEncodedSlashes ? decodeURIComponent(sent) : sent;
    const segment = dropsParameters ? before(decoded.indexOf(';'), decoded) : decoded;
    const end = endsAtDelimiter ? segment.search(/[?#]/) : -1;
    yield before(end, segment);
    if (end >= 0) return;
  }
}

function afterEmptyRun({ text, keepsEncodedSlashes, dropsParameters }: PathReading, start: number) {
  const dropped = keepsEncodedSlashes ? ENCODED_DROPPED_RUN : DROPPED_RUN;
  const run = dropsParameters ? dropped : EMPTY_RUN;
  run.lastIndex = start;
  return run.test(text) ? run.lastIndex : start;
}

function before(end: number, text: string): string {
  return end < 0 ? text : text.slice(0, end);
}

/** Builds the path of a reading. A slash inside a segment is written as `%2F`. */
export function spell(reading: PathReading): string {
  if (isText(reading)) return reading.text;
  const segments = Array.from(segmentsOf(reading), (segment) => segment.replaceAll('/', '%2F'));
  return `/${segments.join('/')}`;
}

/** Returns the path as sent, and the path after each further decoding of `%25`. */
function respell(path: string, allowed: ReadonlySet<PathForm>): string[] | undefined {
  const spellings: string[] = [];
  let spelling = path;
  for (let decodings = 0; ; decodings += 1) {
    if (FORBIDDEN_ESCAPE.test(spelling)) return undefined;
    if (!allowed.has('encoded_slash') && /%2f/i.test(spelling)) return undefined;
    if (MALFORMED_ESCAPE.test(spelling)) {
      // A strict second decoder stops here. A lenient one goes on, if the text holds anything to decode.
      return decodings === 0 || VALID_ESCAPE.test(spelling) ? undefined : spellings;
    }
    spellings.push(spelling);
    if (!spelling.includes('%25')) return spellings;
    if (!allowed.has('encoded_percent') || decodings === MAX_DECODINGS) return undefined;
    spelling = spelling.replace(ENCODED_PERCENT, '%');
  }
}

/**
 * Returns a spelling with its parameters and, if it has any, without them. Parameters end at a slash. Some servers
 * drop them before they decode `%2F` to a slash, as this function does; others drop them after that.
 */
function withoutParameters(spelling: string): string[] {
  return spelling.includes(';') ? [spelling, spelling.replace(/;[^/]*/g, '')] : [spelling];
}

/**
 * Tells whether some server takes a segment for a dot segment. Windows drops spaces at its end (Microsoft's KB
 * 115827), and HFS+ ignores invisible characters. Normalisation (UAX 15, NFKC) and best-fit tables turn fullwidth
 * forms into ASCII. Other look-alikes are not refused, because titles contain them.
 */
function isDisguised(decoded: string): boolean {
  if (VISIBLE_ASCII.test(decoded)) return false;
  const plain = decoded.normalize('NFKC').replace(SLASH_LIKE, '/').replace(UNSEEN, '');
  return DOT_SEGMENT.test(plain);
}

function decodeUtf8(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // overlong or otherwise invalid UTF-8
  }
}

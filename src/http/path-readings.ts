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

/**
 * One way to read a path: a text, and what some servers do to it on their way from segment to segment. A reading is
 * walked along, and never written out, as one path can have a hundred of them.
 */
export interface PathReading {
  /** Percent-decoded, unless `keepsEncodedSlashes`. */
  readonly text: string;
  /** Whether each segment is decoded by itself, so that a `%2F` in it is no separator. */
  readonly keepsEncodedSlashes: boolean;
  /** Whether `;` and what follows it, up to the next slash, are no part of a segment. */
  readonly dropsParameters: boolean;
  /** Whether the path ends at `?` or `#`, which a server that decodes before it parses takes for the end. */
  readonly endsAtDelimiter: boolean;
  /** Whether several slashes are one. */
  readonly mergesSlashes: boolean;
}

/** Every way to read a path; the first is the plain one: percent-decoded once. */
export type PathReadings = readonly [PathReading, ...PathReading[]];

/** Dot, backslash, controls, DEL: no site gets these, for nothing legitimate is spelt so. */
const FORBIDDEN_ESCAPE = /%(?:2e|5c|[01][0-9a-f]|7f)/i;
const ENCODED_SLASH = /%2f/i;
const ENCODED_PERCENT = /%25/g;
const MALFORMED_ESCAPE = /%(?![0-9a-f]{2})/i;
const VALID_ESCAPE = /%[0-9a-f]{2}/i;
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;
/** `.`, `..` and their matrix-parameter forms (`..;x=1`), as a whole segment, or as one before a decoded `?` or `#`. */
const DOT_SEGMENT = /\/\.{1,2}(?:;[^/]*)?(?=[/?#]|$)/;
/** What stands in a disguised dot segment and is not seen: white space, controls, and what Unicode says may be passed over. */
const UNSEEN = /[\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}]+/gu;
/**
 * Fraction slash, division slash, set minus, yen sign and won sign: NFKC leaves them alone, and Windows' best-fit tables make `/`
 * and `\` of them.
 */
const SLASH_LIKE = /[\u2044\u2215\u2216\u00a5\u20a9\\]/g;
/** Two slashes with nothing in between but parameters. */
const EMPTY_SEGMENT = /\/(?:;[^/]*)?\//;
/** `%252525…`: how often a path is decoded is then anybody's guess. */
const MAX_DECODINGS = 3;

/** The reading of a path that nobody reads differently. */
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
 * Reads a path, which begins with a slash, in every way the allowed forms leave open; `undefined` when it can be read
 * differently by a form that is not allowed, which a repair would only hide.
 */
export function readPath(path: string, allowed: ReadonlySet<PathForm>): PathReadings | undefined {
  if (!VISIBLE_ASCII.test(path) || /[\\#?]/.test(path)) return undefined;
  if (!/[%;]|\/\//.test(path)) return DOT_SEGMENT.test(path) ? undefined : [plainReading(path)];
  if (path.includes(';') && !allowed.has('semicolon')) return undefined;
  const readings: PathReading[] = [];
  for (const spelling of respell(path, allowed)?.flatMap(withoutParameters) ?? []) {
    const decoded = decodeUtf8(spelling);
    // Every separator of any reading is one here, so nothing climbs or is empty in a reading that is not so here.
    if (decoded === undefined || DOT_SEGMENT.test(decoded)) return undefined;
    if (isDisguised(decoded)) return undefined;
    if (!allowed.has('double_slash') && EMPTY_SEGMENT.test(decoded)) return undefined;
    readings.push(...readingsOf(spelling, decoded));
  }
  const [first, ...others] = readings;
  return first === undefined ? undefined : [first, ...others];
}

/** The habits that matter to a path, each alone and together; the plain reading first. */
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

/** Runs of segments that hold nothing, or nothing but parameters. */
const EMPTY_RUN = /\/+/y;
const DROPPED_RUN = /(?:(?:;[^/]*)?\/)+/y;
const ENCODED_DROPPED_RUN = /(?:(?:(?:;|%3b)[^/]*)?\/)+/iy;

/** The segments of a reading, one after the other. With `keepsEncodedSlashes` a segment can hold a slash. */
export function* segmentsOf(reading: PathReading): Generator<string, void> {
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

/** A reading written out, a slash that is no separator as `%2F`. */
export function spell(reading: PathReading): string {
  const segments = Array.from(segmentsOf(reading), (text) => text.replaceAll('/', '%2F'));
  return `/${segments.join('/')}`;
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

/** Parameters end at a slash, so dropping them before and after `%2F` becomes one are two habits; this is the first. */
function withoutParameters(spelling: string): string[] {
  return spelling.includes(';') ? [spelling, spelling.replace(/;[^/]*/g, '')] : [spelling];
}

/**
 * Whether a segment is one of dots to some server: Windows drops spaces at its end (Microsoft's KB 115827), HFS+ passes over what is
 * invisible, and normalisation (UAX 15, NFKC) and best-fit tables make ASCII of fullwidth forms. No other look-alike is refused,
 * since titles have them.
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

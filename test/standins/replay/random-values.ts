/**
 * Random values of Kratos: ids, tokens, cookies, times. Two answers can only agree on the form of such a value, and on
 * where the same value comes again. No I/O, no clock.
 */

/** A form of random text. Values of a kind that `recurs` stand for one thing wherever they come. */
interface Form {
  readonly kind: string;
  readonly pattern: string;
  readonly recurs: boolean;
}

const FORMS = [
  { kind: 'uuid', pattern: '(?!00000000-)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}' },
  { kind: 'session token', pattern: 'ory_st_[A-Za-z0-9]{32}' },
  { kind: 'logout token', pattern: 'ory_lo_[A-Za-z0-9]{32}' },
  { kind: 'session cookie', pattern: 'MT[\\w-]{400,500}={0,2}' },
  { kind: 'continuity cookie', pattern: 'MT[\\w-]{250,350}={0,2}' },
  { kind: 'form token', pattern: '[A-Za-z0-9+/]{86}==' },
  { kind: 'CSRF cookie', pattern: '(?<![\\w+/])[A-Za-z0-9+/]{43}=' },
  { kind: 'exchange code', pattern: '(?<![\\w])[A-Za-z0-9]{64}(?!\\w)' },
  { kind: 'TOTP secret', pattern: '(?<![A-Z2-7])[A-Z2-7]{32}(?![A-Z2-7])' },
  { kind: 'image', pattern: 'data:image/png;base64,[^"]*' },
  { kind: 'client address', pattern: '(?<!/)127\\.0\\.0\\.1:\\d+' },
  {
    kind: 'nanosecond time',
    pattern: '(?!0001-)\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{7,9}Z',
  },
  {
    kind: 'microsecond time',
    pattern: '(?!0001-)\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?Z',
  },
  {
    kind: 'database time',
    pattern: '(?!2200-)\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?',
  },
  { kind: 'HTTP date', pattern: '\\w{3}, \\d\\d \\w{3} (?!1970)\\d{4} \\d\\d:\\d\\d:\\d\\d GMT' },
].map((form): Form => ({ ...form, recurs: !/time|date|address|image|form token/.test(form.kind) }));

const ANY_FORM = new RegExp(FORMS.map(({ pattern }, at) => `(?<f${at}>${pattern})`).join('|'), 'g');

export interface RandomValue {
  readonly kind: string;
  readonly text: string;
  readonly recurs: boolean;
}

export interface SplitText {
  /** The text with the kind of each random value in its place. */
  readonly template: string;
  readonly values: readonly RandomValue[];
}

/** Takes the random values out of a text. */
export function splitText(text: string): SplitText {
  const values: RandomValue[] = [];
  const template = readableTokens(text).replace(ANY_FORM, (found, ...rest) => {
    // The last argument of a replacer is the object of named groups.
    const groups = rest.at(-1) as Record<string, string | undefined>;
    const form = FORMS.find((_, at) => groups[`f${at}`] !== undefined);
    if (form === undefined) return found;
    values.push({ kind: form.kind, text: found, recurs: form.recurs });
    return `‹${form.kind}›`;
  });
  return { template, values };
}

/** The random values of a text as they are written. */
export function randomValuesIn(text: string): string[] {
  return [...text.matchAll(ANY_FORM)].map(([value]) => value);
}

/** Random values of a text in another's words: those that `translate` knows. */
export function replaceRandomValues(
  text: string,
  translate: (value: string) => string | undefined,
): string {
  return text.replace(ANY_FORM, (found) => translate(found) ?? found);
}

/** The page tokens of keyset paging are base64 of `id=…/created_at=…`, in no certain order. */
function readableTokens(text: string): string {
  return text.replace(/page_token=([\w+/-]+)/g, (whole, token: string) => {
    const decoded = Buffer.from(token, 'base64').toString('latin1');
    if (!decoded.includes('created_at=')) return whole;
    return `page_token=${decoded.split('/').sort().join('/')}`;
  });
}

/** The time that a random value tells, in milliseconds, or undefined when it tells none. */
export function timeOf({ kind, text }: RandomValue): number | undefined {
  if (!/time|date/.test(kind)) return undefined;
  return Date.parse(kind === 'database time' ? `${text.replace(' ', 'T')}Z` : text);
}

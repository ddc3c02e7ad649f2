// Pure: no I/O, no clock. The types of settings: addresses, numbers with units, lists, tables.
import * as v from 'valibot';
import { type Authority, parseAuthority } from '../http/authority.ts';
import { DEFAULT_METHODS } from '../http/methods.ts';

const ORIGIN_URL =
  'an https URL of scheme, host and port only, such as https://app.example.com (http is allowed on loopback)';
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** A switch. Variables of the platform's dashboard are text, so text is read too. */
export function flag(isOnByDefault = false) {
  return v.optional(
    v.pipe(
      v.union([v.boolean(), v.picklist(['true', 'false'])], 'true or false'),
      v.transform((value) => value === true || value === 'true'),
    ),
    isOnByDefault,
  );
}

/** Tells whether a URL has https, or http that does not leave the machine. */
export function isSecureUrl(url: URL): boolean {
  return (
    url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOST.test(url.hostname))
  );
}

function isBareUrl(url: URL): boolean {
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

/** The site's own address. Its host is in the spelling that Postern compares. */
export function siteUrl() {
  return v.pipe(
    originUrl(),
    v.check((text) => siteAuthority(text) !== undefined, ORIGIN_URL),
    v.transform((text) => `${new URL(text).protocol}//${siteAuthority(text)}`),
  );
}

function siteAuthority(text: string): Authority | undefined {
  const { protocol, host } = new URL(text);
  return parseAuthority(host, protocol === 'https:' ? 'https:' : 'http:');
}

export function originUrl() {
  return urlWhere((url) => isSecureUrl(url) && isBareUrl(url) && url.pathname === '/', ORIGIN_URL);
}

export function baseUrl() {
  return urlWhere(
    (url) => isSecureUrl(url) && isBareUrl(url),
    'an https URL without user, query or fragment, such as https://auth.example.com (http is allowed on loopback)',
  );
}

/** The URL of a page for people, unchanged. */
export function pageUrl() {
  const expected =
    'an https URL without user, such as https://docs.example.com/api (http is allowed on loopback)';
  return v.pipe(
    v.string(expected),
    v.maxLength(2048, expected),
    v.check((text) => {
      const url = URL.parse(text);
      return url !== null && isSecureUrl(url) && url.username === '' && url.password === '';
    }, expected),
  );
}

/** The identifier of a resource (RFC 8707 section 2), unchanged: issuers compare it exactly. */
export function resourceUrl() {
  const expected =
    'the https URL of a resource without user, query or fragment, such as https://api.example.com (http is allowed on loopback)';
  return v.pipe(
    v.string(expected),
    v.regex(/^[\x21-\x7e]{1,2048}$/, expected),
    v.check((text) => {
      const url = URL.parse(text);
      return url !== null && !isPattern(text) && isSecureUrl(url) && isBareUrl(url);
    }, expected),
  );
}

/** A URL as text, without a slash at its end, so that paths can be appended. */
function urlWhere(isGood: (url: URL) => boolean, expected: string) {
  const check = (text: string) => {
    const url = URL.parse(text);
    return url !== null && !isPattern(url.host) && isGood(url);
  };
  return v.pipe(
    v.string(expected),
    v.check(check, expected),
    v.transform((text) => new URL(text).href.replace(/\/$/, '')),
  );
}

/** A whole number. `wrangler.toml` gives numbers, secrets and `.dev.vars` give text; both are read. */
export function wholeNumber(unit: string, least: number, most: number) {
  const expected = `a whole number of ${unit} from ${least} to ${most}`;
  return v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))], expected),
    v.check((value) => Number.isInteger(value) && value >= least && value <= most, expected),
    v.metadata({ unit: `${unit}, ${least} to ${most}` }),
  );
}

/** A table or a list. `wrangler.toml` gives tables and arrays, secrets give their JSON text; both are read. */
export function json<Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(v.unknown(), v.transform(parseIfText), schema);
}

function parseIfText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value; // the schema then says what it expected
  }
}

export function listOf<Schema extends v.GenericSchema>(
  item: Schema,
  [least, most]: readonly [number, number],
  expected: string,
) {
  return json(
    v.pipe(v.array(item, expected), v.minLength(least, expected), v.maxLength(most, expected)),
  );
}

/** Methods that a site may allow in addition to the default ones. No site can allow TRACE, TRACK or CONNECT. */
export const FURTHER_METHOD_NAMES = [
  'COPY',
  'LOCK',
  'MKCOL',
  'MOVE',
  'PROPFIND',
  'PROPPATCH',
  'PURGE',
  'REPORT',
  'SEARCH',
  'UNLOCK',
] as const;

export const METHOD_NAMES = [...DEFAULT_METHODS, ...FURTHER_METHOD_NAMES] as const;

const LABELS = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;

/** A host in A-label form, in any spelling, with a port if it is not the scheme's own. */
export function hostName() {
  const expected =
    'a host such as app.example.com, in ASCII ("xn--" for others), as browsers send it, with ":port" where it is not the usual one';
  return v.pipe(v.string(expected), v.check(isHostName, expected));
}

function isHostName(text: string): boolean {
  const authority = parseAuthority(text, 'https:');
  if (authority === undefined || authority.length > 255) return false;
  const name = authority.replace(/:\d+$/, '');
  // A browser rewrites some names (`127.1`, a wrong A-label), so no browser can ask for such a name.
  return (
    (name.startsWith('[') || LABELS.test(name)) && URL.parse(`https://${name}`)?.hostname === name
  );
}

const ORIGIN =
  'an origin exactly as browsers send it, such as https://spa.example.com or capacitor://localhost';
/**
 * Matches an origin of an app's own scheme. Its pages send `scheme://host`, which URL parsers call an opaque origin.
 */
const APP_ORIGIN =
  /^(?!(?:https?|wss?|ftp|file|data|blob|javascript):)[a-z][a-z0-9+.-]*:\/\/[\w.-]+(?::\d+)?$/;

/** An origin as browsers write it in `Origin`. */
export function exactOrigin() {
  return v.pipe(
    v.string(ORIGIN),
    v.check((text) => readOrigin(text) === text, ORIGIN),
  );
}

/** An origin that may be written as a URL, with a slash at its end and in any spelling. */
export function pageOrigin() {
  return v.pipe(
    v.string(ORIGIN),
    v.check((text) => readOrigin(text) !== undefined, ORIGIN),
    v.transform((text) => readOrigin(text) ?? ''),
  );
}

function readOrigin(text: string): string | undefined {
  if (APP_ORIGIN.test(text)) return text;
  const url = URL.parse(text);
  if (url === null || !isBareUrl(url) || url.pathname !== '/' || isPattern(url.host))
    return undefined;
  // RFC 6761 section 6.3: names below localhost do not leave the machine either.
  const isLocal = url.protocol === 'http:' && url.hostname.endsWith('.localhost');
  return isLocal || isSecureUrl(url) ? url.origin : undefined;
}

/**
 * Tells whether a text is a pattern for several names. Names are compared exactly, so a pattern would match no name.
 */
export function isPattern(text: string): boolean {
  return /[*^|]|\$$/.test(text);
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A time such as `"15m"`, converted to milliseconds. */
export function duration() {
  const expected = 'a time such as "90s", "15m", "12h" or "7d"';
  return v.pipe(
    v.string(expected),
    v.regex(/^[1-9]\d{0,5}[smhd]$/, expected),
    v.transform((text) => Number(text.slice(0, -1)) * (UNIT_SECONDS[text.slice(-1)] ?? 0) * 1000),
  );
}

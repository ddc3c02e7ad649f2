// No I/O, no clock.
import { type CookiePair, mayBePlanted, readCookies } from '../http/cookies.ts';
import type { Carrier, Credential, Presentation, TokenCredential } from './credential.ts';
import { isTokenForm } from './token-form.ts';

const MIN_CREDENTIAL_LENGTH = 16;
const MAX_CREDENTIAL_LENGTH = 4096;
const MAX_TOKEN_LENGTH = 8192;
/** Two cookies come from a parent and a child domain; more than three is somebody stuffing cookies. */
const MAX_CANDIDATES = 3;

/** RFC 6265 `cookie-octet`: visible ASCII without quote, comma, semicolon, backslash. */
const CREDENTIAL_CHARACTERS = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;
const BEARER = /^bearer /i;

/**
 * Reads which credential a request presents, in Kratos's order: `X-Session-Token`, then the session cookie,
 * then (new here) a token cookie, then `Authorization: Bearer`. What comes first wins and is not fallen back
 * from, except that a cookie that cannot be one by its form is passed over for a bearer, as Kratos does with a
 * cookie it cannot decode. A bearer that is a JWT by its form, and whatever a token cookie holds, is a token.
 *
 * Everything is judged by form alone before anything is hashed, looked up or asked.
 *
 * @param tokenCookieNames left out where no issuer is trusted: a JWT is then like any other value
 */
export function readCredential(
  headers: Headers,
  sessionCookieNames: readonly string[],
  tokenCookieNames?: readonly string[],
): Presentation {
  const sessionToken = headers.get('x-session-token');
  if (sessionToken !== null && sessionToken !== '') {
    return single(sessionToken, { kind: 'session-token-header' });
  }
  const cookies = headers.get('cookie');
  const fromCookies = readSessionCookies(cookies, sessionCookieNames);
  if (fromCookies.kind === 'candidates') return fromCookies;
  const fromTokenCookies = readTokenCookies(cookies, tokenCookieNames ?? []);
  if (fromTokenCookies.kind !== 'none') return fromTokenCookies;
  const fromBearer = readBearer(headers.get('authorization'), tokenCookieNames !== undefined);
  return fromBearer.kind === 'none' ? fromCookies : fromBearer;
}

function readSessionCookies(header: string | null, cookieNames: readonly string[]): Presentation {
  const presented = readDistinctCookies(header, cookieNames, MAX_CREDENTIAL_LENGTH);
  if (!Array.isArray(presented)) return presented;
  const [first, ...others] = presented.map(
    ({ name, value }): Credential => ({ carrier: { kind: 'cookie', cookieName: name }, value }),
  );
  return first === undefined ? MALFORMED : { kind: 'candidates', candidates: [first, ...others] };
}

function readTokenCookies(header: string | null, cookieNames: readonly string[]): Presentation {
  const presented = readDistinctCookies(header, cookieNames, MAX_TOKEN_LENGTH);
  if (!Array.isArray(presented)) return presented;
  const [first, ...others] = presented.map(({ value }): TokenCredential => ({ value }));
  return first === undefined ? MALFORMED : { kind: 'tokens', candidates: [first, ...others] };
}

/** The well-formed values of cookies of these names, each once; or what is to be said of all of them. */
function readDistinctCookies(
  header: string | null,
  cookieNames: readonly string[],
  maxLength: number,
): CookiePair[] | Presentation {
  const presented = readCookies(header, (name) => cookieNames.includes(name)).filter(
    (pair) => pair.value !== '' && !mayBePlanted(pair),
  );
  if (presented.length === 0) return { kind: 'none' };
  const distinct = new Map<string, CookiePair>();
  for (const pair of presented) {
    const { value } = pair;
    if (isWellFormed(value, maxLength) && !distinct.has(value)) distinct.set(value, pair);
  }
  if (distinct.size > MAX_CANDIDATES) return { kind: 'unusable', reason: 'credential_ambiguous' };
  return [...distinct.values()];
}

function readBearer(header: string | null, readsTokens: boolean): Presentation {
  if (header === null || !BEARER.test(header)) return { kind: 'none' };
  const value = header.slice('bearer '.length);
  return readsTokens && isTokenForm(value) ? singleToken(value) : single(value, { kind: 'bearer' });
}

function single(value: string, carrier: Carrier): Presentation {
  // Two header lines of one name reach the Worker as one value joined by ", ".
  if (value.includes(',')) return CONFLICTING;
  return isWellFormed(value, MAX_CREDENTIAL_LENGTH)
    ? { kind: 'candidates', candidates: [{ carrier, value }] }
    : MALFORMED;
}

function singleToken(value: string): Presentation {
  if (value.includes(',')) return CONFLICTING;
  if (value.length > MAX_TOKEN_LENGTH) return TOO_LONG;
  return isWellFormed(value, MAX_TOKEN_LENGTH)
    ? { kind: 'tokens', candidates: [{ value }] }
    : MALFORMED;
}

function isWellFormed(value: string, maxLength: number): boolean {
  return (
    value.length >= MIN_CREDENTIAL_LENGTH &&
    value.length <= maxLength &&
    CREDENTIAL_CHARACTERS.test(value)
  );
}

const TOO_LONG: Presentation = { kind: 'unusable', reason: 'token_too_long' };
const MALFORMED: Presentation = { kind: 'unusable', reason: 'credential_malformed' };
const CONFLICTING: Presentation = { kind: 'unusable', reason: 'credential_conflicting' };

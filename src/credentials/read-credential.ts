// Pure: no I/O, no clock.
import { readCookies } from '../http/cookies.ts';
import type { Carrier, Credential, Presentation } from './credential.ts';

const MIN_CREDENTIAL_LENGTH = 16;
const MAX_CREDENTIAL_LENGTH = 4096;
/** Two cookies come from a parent and a child domain; more than three is somebody stuffing cookies. */
const MAX_CANDIDATES = 3;

/** RFC 6265 `cookie-octet`: visible ASCII without quote, comma, semicolon, backslash. */
const CREDENTIAL_CHARACTERS = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;
const BEARER = /^bearer /i;

/**
 * Reads which credential a request presents, in Kratos's order: `X-Session-Token`, then the session cookie,
 * then `Authorization: Bearer`. What comes first wins and is not fallen back from, except that a cookie
 * that cannot be one by its form is passed over for a bearer, as Kratos does with a cookie it cannot decode.
 *
 * Everything is judged by form alone before anything is hashed, looked up or asked.
 */
export function readCredential(headers: Headers, cookieNames: readonly string[]): Presentation {
  const sessionToken = headers.get('x-session-token');
  if (sessionToken !== null && sessionToken !== '') {
    return single(sessionToken, { kind: 'session-token-header' });
  }
  const fromCookies = readSessionCookies(headers.get('cookie'), cookieNames);
  if (fromCookies.kind === 'candidates') return fromCookies;
  const fromBearer = readBearer(headers.get('authorization'));
  return fromBearer.kind === 'none' ? fromCookies : fromBearer;
}

function readSessionCookies(header: string | null, cookieNames: readonly string[]): Presentation {
  const presented = readCookies(header).filter(
    ({ name, value }) => value !== '' && cookieNames.includes(name),
  );
  if (presented.length === 0) return { kind: 'none' };
  // workerd joins two Cookie lines with ", ", so a comma here is a second line or a forgery.
  if (presented.some(({ value }) => value.includes(','))) return CONFLICTING;
  const distinct = new Map<string, Credential>();
  for (const { name, value } of presented) {
    if (isWellFormed(value) && !distinct.has(value)) {
      distinct.set(value, { carrier: { kind: 'cookie', cookieName: name }, value });
    }
  }
  const [first, ...others] = distinct.values();
  if (first === undefined) return MALFORMED;
  if (distinct.size > MAX_CANDIDATES) return { kind: 'unusable', reason: 'credential_ambiguous' };
  return { kind: 'candidates', candidates: [first, ...others] };
}

function readBearer(header: string | null): Presentation {
  if (header === null || !BEARER.test(header)) return { kind: 'none' };
  return single(header.slice('bearer '.length), { kind: 'bearer' });
}

function single(value: string, carrier: Carrier): Presentation {
  // Two header lines of one name reach the Worker as one value joined by ", ".
  if (value.includes(',')) return CONFLICTING;
  return isWellFormed(value) ? { kind: 'candidates', candidates: [{ carrier, value }] } : MALFORMED;
}

function isWellFormed(value: string): boolean {
  return (
    value.length >= MIN_CREDENTIAL_LENGTH &&
    value.length <= MAX_CREDENTIAL_LENGTH &&
    CREDENTIAL_CHARACTERS.test(value)
  );
}

const MALFORMED: Presentation = { kind: 'unusable', reason: 'credential_malformed' };
const CONFLICTING: Presentation = { kind: 'unusable', reason: 'credential_conflicting' };

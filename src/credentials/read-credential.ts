// Pure: no I/O, no clock.
import { readCookies } from '../http/cookies.ts';
import type { Credential, Presentation } from './credential.ts';
import { isTokenForm } from './token-form.ts';

const MIN_CREDENTIAL_LENGTH = 16;
const MAX_CREDENTIAL_LENGTH = 4096;
const MAX_TOKEN_LENGTH = 8192;
/** Two cookies come from a parent and a child domain; more than three is somebody stuffing cookies. */
const MAX_CANDIDATES = 3;

/** RFC 6265 `cookie-octet`: visible ASCII without quote, comma, semicolon, backslash. */
const CREDENTIAL_CHARACTERS = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;
const BEARER = /^bearer /i;

/** Where credentials are looked for besides the headers that are always read. */
export interface CredentialPlaces {
  readonly sessionCookieNames: readonly string[];
  /** `undefined`: no issuer is trusted, and a JWT is like any other value. */
  readonly tokenCookieNames: readonly string[] | undefined;
}

/**
 * Reads which credential a request presents, in Kratos's order: `X-Session-Token`, then the session cookie,
 * then (new here) a token cookie, then `Authorization: Bearer`. What comes first wins and is not fallen back
 * from, except that a cookie that cannot be one by its form is passed over for a bearer, as Kratos does with a
 * cookie it cannot decode. A bearer that is a JWT by its form, and whatever a token cookie holds, is a token.
 *
 * Everything is judged by form alone before anything is hashed, looked up or asked.
 */
export function readCredential(
  headers: Headers,
  { sessionCookieNames, tokenCookieNames }: CredentialPlaces,
): Presentation {
  const sessionToken = headers.get('x-session-token');
  if (sessionToken !== null && sessionToken !== '') {
    return single({
      kind: 'kratos',
      carrier: { kind: 'session-token-header' },
      value: sessionToken,
    });
  }
  const cookies = headers.get('cookie');
  const fromCookies = readCookieCredentials(cookies, sessionCookieNames, 'kratos');
  if (fromCookies.kind === 'candidates') return fromCookies;
  const fromTokenCookies = readCookieCredentials(cookies, tokenCookieNames ?? [], 'jwt');
  if (fromTokenCookies.kind !== 'none') return fromTokenCookies;
  const fromBearer = readBearer(headers.get('authorization'), tokenCookieNames !== undefined);
  return fromBearer.kind === 'none' ? fromCookies : fromBearer;
}

function readCookieCredentials(
  header: string | null,
  cookieNames: readonly string[],
  kind: Credential['kind'],
): Presentation {
  const presented = readCookies(header).filter(
    ({ name, value }) => value !== '' && cookieNames.includes(name),
  );
  if (presented.length === 0) return { kind: 'none' };
  // workerd joins two Cookie lines with ", ", so a comma here is a second line or a forgery.
  if (presented.some(({ value }) => value.includes(','))) return CONFLICTING;
  const distinct = new Map<string, Credential>();
  for (const { name, value } of presented) {
    const credential: Credential = { kind, carrier: { kind: 'cookie', cookieName: name }, value };
    if (isWellFormed(credential) && !distinct.has(value)) distinct.set(value, credential);
  }
  const [first, ...others] = distinct.values();
  if (first === undefined) return MALFORMED;
  if (distinct.size > MAX_CANDIDATES) return { kind: 'unusable', reason: 'credential_ambiguous' };
  return { kind: 'candidates', candidates: [first, ...others] };
}

function readBearer(header: string | null, readsTokens: boolean): Presentation {
  if (header === null || !BEARER.test(header)) return { kind: 'none' };
  const value = header.slice('bearer '.length);
  const kind = readsTokens && isTokenForm(value) ? 'jwt' : 'kratos';
  return single({ kind, carrier: { kind: 'bearer' }, value });
}

function single(credential: Credential): Presentation {
  // Two header lines of one name reach the Worker as one value joined by ", ".
  if (credential.value.includes(',')) return CONFLICTING;
  if (credential.kind === 'jwt' && credential.value.length > MAX_TOKEN_LENGTH) return TOO_LONG;
  return isWellFormed(credential) ? { kind: 'candidates', candidates: [credential] } : MALFORMED;
}

function isWellFormed({ kind, value }: Credential): boolean {
  const maxLength = kind === 'jwt' ? MAX_TOKEN_LENGTH : MAX_CREDENTIAL_LENGTH;
  return (
    value.length >= MIN_CREDENTIAL_LENGTH &&
    value.length <= maxLength &&
    CREDENTIAL_CHARACTERS.test(value)
  );
}

const TOO_LONG: Presentation = { kind: 'unusable', reason: 'token_too_long' };
const MALFORMED: Presentation = { kind: 'unusable', reason: 'credential_malformed' };
const CONFLICTING: Presentation = { kind: 'unusable', reason: 'credential_conflicting' };

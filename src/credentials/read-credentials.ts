// No I/O, no clock.
import { readBearer } from '../http/bearer.ts';
import { mayBePlanted, readCookies } from '../http/cookies.ts';
import type { Carrier, PresentedCredentials } from './credential.ts';
import { joinValue } from './split-cookie.ts';
import { isTokenForm } from './token-form.ts';

const MIN_CREDENTIAL_LENGTH = 16;
const MAX_CREDENTIAL_LENGTH = 4096;
const MAX_TOKEN_LENGTH = 8192;
/** A parent and a child domain give two cookies of one name. More than three are likely planted by an attacker. */
const MAX_CANDIDATES = 3;

/** RFC 6265 `cookie-octet`: visible ASCII without quote, comma, semicolon, backslash. */
const CREDENTIAL_CHARACTERS = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/**
 * Secrets of Postern's own configuration. A client may send one as a bearer to a wrong path. Such a bearer is no
 * session credential: it is neither looked up nor forwarded.
 */
export type GatewaySecrets = ReadonlySet<string>;

export interface CredentialSettings {
  /**
   * Names of session cookies, in the order in which they are tried. `undefined` if there is no session store: then no
   * cookie and no `X-Session-Token` holds a session credential, and every bearer is read as a token.
   */
  readonly sessionCookieNames: readonly string[] | undefined;
  /**
   * Names of cookies that hold a JWT, in the same order. `undefined` if no issuer is trusted; a JWT is then read as
   * a session credential.
   */
  readonly tokenCookieNames: readonly string[] | undefined;
  readonly gatewaySecrets: GatewaySecrets;
  /** The name of the first cookie of a sign-in at an issuer; left out if browsers sign in nowhere. */
  readonly signInCookieName?: string | undefined;
}

/**
 * Reads the credentials that a request presents, in Kratos's order (`session/manager_http.go`, `extractToken`):
 * `X-Session-Token`, then the session cookie, then `Authorization: Bearer`. Token cookies and the cookies of a sign-in,
 * which Kratos does not have, come before the bearer. Each place is read only on demand. It is checked by form alone, before anything is
 * hashed, looked up or sent. A bearer in the form of a JWT is a token, and so is every value of a token cookie.
 */
export function* readCredentials(
  headers: Headers,
  { sessionCookieNames, tokenCookieNames, gatewaySecrets, signInCookieName }: CredentialSettings,
): Generator<PresentedCredentials, void, undefined> {
  if (sessionCookieNames !== undefined) {
    const sessionToken = headers.get('x-session-token');
    if (sessionToken !== null && sessionToken !== '') {
      yield readCredential(sessionToken, { kind: 'session-token-header' });
    }
  }
  const cookies = headers.get('cookie');
  if (cookies !== null) {
    if (sessionCookieNames !== undefined)
      yield* readCookiesOf(SESSIONS, cookies, sessionCookieNames);
    if (tokenCookieNames !== undefined) yield* readCookiesOf(TOKENS, cookies, tokenCookieNames);
    if (signInCookieName !== undefined) yield* readSignIn(cookies, signInCookieName);
  }
  const bearer = readBearer(headers.get('authorization'));
  if (bearer === undefined || gatewaySecrets.has(bearer)) return;
  const isToken =
    sessionCookieNames === undefined || (tokenCookieNames !== undefined && isTokenForm(bearer));
  yield isToken ? readToken(bearer) : readCredential(bearer, { kind: 'bearer' });
}

function* readSignIn(
  header: string,
  cookieName: string,
): Generator<PresentedCredentials, void, undefined> {
  const joined = joinValue(header, cookieName);
  if (joined === undefined) return;
  const { value, names: cookieNames } = joined;
  const carrier = { kind: 'cookie', cookieName } as const;
  yield value === undefined
    ? { kind: 'unusable', carrier, reason: 'credential_malformed' }
    : { kind: 'sign-in', candidates: [{ carrier, cookieNames, value }] };
}

/** The kind of value in the cookies of one setting. */
interface CookieForm {
  readonly kind: 'candidates' | 'tokens';
  readonly maxLength: number;
}

const SESSIONS: CookieForm = { kind: 'candidates', maxLength: MAX_CREDENTIAL_LENGTH };
const TOKENS: CookieForm = { kind: 'tokens', maxLength: MAX_TOKEN_LENGTH };

function* readCookiesOf(
  form: CookieForm,
  header: string,
  names: readonly string[],
): Generator<PresentedCredentials, void, undefined> {
  const pairs = readCookies(header, (name) => names.includes(name)).filter(
    (pair) => pair.value !== '' && !mayBePlanted(pair),
  );
  if (pairs.length === 0) return;
  for (const name of names) {
    const values = pairs.filter((pair) => pair.name === name).map(({ value }) => value);
    if (values.length > 0) yield presentCookies(form, name, values);
  }
}

function presentCookies(
  { kind, maxLength }: CookieForm,
  cookieName: string,
  values: readonly string[],
): PresentedCredentials {
  const carrier = { kind: 'cookie', cookieName } as const;
  const [first, ...others] = distinct(values, maxLength).map((value) => ({ carrier, value }));
  if (first === undefined) return { kind: 'unusable', carrier, reason: 'credential_malformed' };
  const presented = { kind, candidates: [first, ...others] } as const;
  return others.length < MAX_CANDIDATES
    ? presented
    : { kind: 'unusable', carrier, reason: 'credential_ambiguous', crowd: presented };
}

/** Returns the well-formed values, each once. */
function distinct(values: readonly string[], maxLength: number): string[] {
  return [...new Set(values.filter((value) => isWellFormed(value, maxLength)))];
}

function readCredential(value: string, carrier: Carrier): PresentedCredentials {
  // The runtime joins two header lines of one name into one value, with ", " between them.
  if (value.includes(',')) return { kind: 'unusable', carrier, reason: 'credential_conflicting' };
  return isWellFormed(value, MAX_CREDENTIAL_LENGTH)
    ? { kind: 'candidates', candidates: [{ carrier, value }] }
    : { kind: 'unusable', carrier, reason: 'credential_malformed' };
}

function readToken(value: string): PresentedCredentials {
  const carrier = { kind: 'bearer' } as const;
  if (value.includes(',')) return { kind: 'unusable', carrier, reason: 'credential_conflicting' };
  if (value.length > MAX_TOKEN_LENGTH) {
    return { kind: 'unusable', carrier, reason: 'token_too_long' };
  }
  return isWellFormed(value, MAX_TOKEN_LENGTH)
    ? { kind: 'tokens', candidates: [{ carrier, value }] }
    : { kind: 'unusable', carrier, reason: 'credential_malformed' };
}

function isWellFormed(value: string, maxLength: number): boolean {
  return (
    value.length >= MIN_CREDENTIAL_LENGTH &&
    value.length <= maxLength &&
    CREDENTIAL_CHARACTERS.test(value)
  );
}

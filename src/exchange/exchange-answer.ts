// Pure: no I/O, no clock.
import { isB64Token } from '../http/bearer.ts';
import { TOO_LONG } from '../http/read-bounded-text.ts';
import type { JsonObject } from '../runtime/json.ts';
import { parseObject, textOf } from '../runtime/json.ts';
import { readUnverifiedClaims } from '../tokens/token-classifier.ts';

/** A token that an issuer gave in exchange for another one. */
export interface ExchangedToken {
  /** Visible ASCII that can stand behind `Bearer`. */
  readonly value: string;
  /** The time at which the token was requested, in milliseconds since the epoch. */
  readonly askedAt: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The answer to a request for an exchange. It is plain data, so that requests can share it. */
export type ExchangeAnswer =
  | { readonly kind: 'token'; readonly token: ExchangedToken }
  /** The issuer does not exchange this token for this resource. `error` is one of {@link REFUSALS}. */
  | { readonly kind: 'refused'; readonly error: string }
  | ExchangeFailure;

/** No answer, or no usable one. It says nothing about the token. */
export interface ExchangeFailure {
  readonly kind: 'failed';
  /** In the words of Postern or of RFC 6749, never of the issuer. */
  readonly detail: string;
  /** `client`: every exchange fails, because the issuer refuses Postern's own client or its rate of requests. */
  readonly concerns: 'token' | 'client';
  readonly retryAfterSeconds: number | undefined;
}

/** An answer of the token endpoint, as it arrived. */
export interface ReceivedAnswer {
  readonly status: number;
  readonly text: string | typeof TOO_LONG;
  readonly retryAfterSeconds: number | undefined;
}

/**
 * The errors that are about the subject token or the resource. RFC 8693 section 2.2.2: `invalid_request` for a subject
 * token that is not valid or not acceptable, and `invalid_target`. RFC 6749 section 5.2: `invalid_grant`. Keycard's own
 * (`keycardai/oauth/exceptions.py`): `access_denied` by a policy, `insufficient_authorization`.
 */
const REFUSALS: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_target',
  'invalid_grant',
  'access_denied',
  'insufficient_authorization',
]);
/** The errors that are about Postern's own client (RFC 6749 section 5.2). */
const CLIENT_ERRORS: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
]);
/** The types of tokens that can be an access token (RFC 8693 section 3). */
const ISSUED_TYPES: readonly unknown[] = [
  'urn:ietf:params:oauth:token-type:access_token',
  'urn:ietf:params:oauth:token-type:jwt',
];
/** The lifetime of a token if neither `expires_in` nor the token itself has one. */
const DEFAULT_LIFETIME_MS = 300_000;

/** Reads the answer of a token endpoint (RFC 8693 section 2.2). */
export function readExchangeAnswer(received: ReceivedAnswer, askedAt: number): ExchangeAnswer {
  const { status, text, retryAfterSeconds } = received;
  if (text === TOO_LONG) return exchangeFailure('too-long');
  if (status === 200) return readToken(parseObject(text), askedAt);
  if (status === 429) return { ...exchangeFailure('429', 'client'), retryAfterSeconds };
  if (status < 400) return exchangeFailure(status >= 300 ? 'redirect' : String(status));
  if (status >= 500) return { ...exchangeFailure(String(status)), retryAfterSeconds };
  const error = textOf(parseObject(text)?.error) ?? '';
  if (CLIENT_ERRORS.has(error)) return exchangeFailure(error, 'client');
  if (status === 401) return exchangeFailure('401', 'client'); // RFC 6749 section 5.2: for clients alone
  return REFUSALS.has(error) ? { kind: 'refused', error } : exchangeFailure(String(status));
}

export function exchangeFailure(
  detail: string,
  concerns: ExchangeFailure['concerns'] = 'token',
): ExchangeFailure {
  return { kind: 'failed', detail, concerns, retryAfterSeconds: undefined };
}

/** Reads a successful answer (RFC 8693 section 2.2.1). A token of any other kind or form is a failure. */
function readToken(answer: JsonObject | undefined, askedAt: number): ExchangeAnswer {
  if (answer === undefined) return exchangeFailure('malformed');
  const { access_token: value, token_type: type, issued_token_type: issued } = answer;
  if (typeof value !== 'string' || !isB64Token(value)) return exchangeFailure('token-malformed');
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    return exchangeFailure('token-type');
  }
  // RFC 8693 requires the type. Keycard's own clients do without it, and `token_type` says how the token is used.
  const isUsable = issued === undefined || ISSUED_TYPES.includes(issued);
  if (!isUsable) return exchangeFailure('issued-token-type');
  const lifetimeMs = readLifetimeMs(answer);
  if (lifetimeMs === 'malformed') return exchangeFailure('expires-in');
  const byLifetime = lifetimeMs === undefined ? [] : [askedAt + lifetimeMs];
  const ends = [...byLifetime, ...expiryOf(value)];
  const expiresAt = ends.length === 0 ? askedAt + DEFAULT_LIFETIME_MS : Math.min(...ends);
  if (expiresAt <= askedAt) return exchangeFailure('token-expired');
  return { kind: 'token', token: { value, askedAt, expiresAt } };
}

function readLifetimeMs({ expires_in: seconds }: JsonObject): number | undefined | 'malformed' {
  if (seconds === undefined) return undefined;
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 'malformed';
}

/** Returns the `exp` of a token that is a JWT. It is not verified: an earlier end only makes the token end earlier. */
function expiryOf(token: string): number[] {
  const exp = readUnverifiedClaims(token)?.exp;
  return typeof exp === 'number' ? [exp * 1000] : [];
}

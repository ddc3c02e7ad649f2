/**
 * For the origin, the site behind Postern: reads who a request is from. It runs wherever `fetch` and Web Crypto do:
 * Node, Deno, Bun and Workers.
 */
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import {
  ASSERTION_ALGORITHMS,
  ASSERTION_HEADER,
  ASSERTION_KEYS_PATH,
  ASSERTION_TYPE,
} from '../forwarding/assertion-format.ts';

/** A request as a fetch handler gets it, or as Node's `http`, Express and Fastify do. */
export interface IncomingRequest {
  readonly headers:
    | { get(name: string): string | null }
    | Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface ReadIdentityOptions {
  /** The URL at which clients reach Postern: its `PUBLIC_URL`. The keys are fetched from it. */
  readonly issuer: string;
  /**
   * This origin: Postern's `ORIGIN_URL`; without one, and behind forward-auth, the public URL of the site. For an origin of
   * `ORIGINS`: its `audience`, else its `url`, else its name.
   */
  readonly audience: string;
  /**
   * The keys: a URL that serves them, if this origin cannot reach `issuer` itself, or the key set.
   *
   * @default `/.postern/jwks.json` of `issuer`; fetched keys are kept for five minutes
   */
  readonly keys?: URL | JSONWebKeySet;
}

/** The person or program that a request is from. */
export interface RequestIdentity {
  /** The identity's id (`sub`). Where sessions of several issuers count, only `issuer` and `id` together identify. */
  readonly id: string;
  /** The issuer of the identity (`sub_id.iss`, RFC 9493); `undefined` if the session does not name one. */
  readonly issuer: string | undefined;
  /** The session's id (`sid`). */
  readonly sessionId: string;
  /** The assurance level (`acr`), such as `aal2`. */
  readonly assuranceLevel: string | undefined;
  /** The time of the sign-in (`auth_time`). */
  readonly authenticatedAt: Date | undefined;
  /** All claims of the assertion, those of `ASSERTION_CLAIMS` included. */
  readonly claims: Readonly<JWTPayload>;
  /**
   * Returns the text of an identity header; `undefined` if it is missing or is not encoded as Postern does. The
   * headers are not signed: they prove nothing to an origin that can be reached around Postern. Claims are.
   */
  header(name: string): string | undefined;
  /** Returns the items of an identity header that holds a list, such as `Remote-Groups`; empty if it is missing. */
  list(name: string): string[];
}

/**
 * A request whose identity was not proven. `unidentified`: it does not come through Postern, or nobody is signed in.
 * `cannot-tell`: the keys could not be fetched, which says nothing about the request.
 */
export type NoIdentity =
  | {
      readonly kind: 'unidentified';
      readonly status: 401;
      readonly reason: 'assertion_missing' | 'assertion_not_valid';
      /** The defect and its remedy, for the log. It repeats nothing of the assertion. */
      readonly message: string;
    }
  | {
      readonly kind: 'cannot-tell';
      readonly status: 503;
      readonly reason: 'keys_unavailable';
      readonly message: string;
    };

// The kinds are texts, because TypeScript without `strict` tells no booleans apart.
export type IdentityReading =
  | { readonly kind: 'identified'; readonly identity: RequestIdentity }
  | NoIdentity;

/**
 * Reads and verifies the signed assertion of a request (docs/assertion.md).
 *
 * @throws TypeError if `issuer` or `audience` is no text, such as a variable that is not set: the claim would not be checked
 */
export async function readIdentity(
  request: IncomingRequest,
  options: ReadIdentityOptions,
): Promise<IdentityReading> {
  requireText('issuer', options.issuer);
  requireText('audience', options.audience);
  const assertion = headerOf(request, ASSERTION_HEADER);
  if (assertion === undefined) {
    return refused(
      'assertion_missing',
      `The request has no ${ASSERTION_HEADER}. Postern adds it for a signed-in person if ASSERTION_KEYS is set. A request without it comes another way, or from nobody that is signed in.`,
    );
  }
  try {
    const { payload } = await jwtVerify(assertion, keysOf(options), {
      issuer: options.issuer,
      audience: options.audience,
      algorithms: [...ASSERTION_ALGORITHMS],
      typ: ASSERTION_TYPE,
      requiredClaims: ['sub', 'sid', 'iat', 'exp'],
    });
    return { kind: 'identified', identity: identityOf(payload, request) };
  } catch (error) {
    return readFailure(error);
  }
}

function requireText(name: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  throw new TypeError(
    `readIdentity() got no ${name}. Expected a text, as docs/assertion.md says. Set it, for example from the environment.`,
  );
}

/** Codes of jose that are about the assertion. Every other failure is about the keys. */
const NOT_VALID: ReadonlySet<string> = new Set([
  errors.JOSEAlgNotAllowed.code,
  errors.JOSENotSupported.code,
  errors.JWKSMultipleMatchingKeys.code, // a token without `kid`
  errors.JWKSNoMatchingKey.code,
  errors.JWSInvalid.code,
  errors.JWSSignatureVerificationFailed.code,
  errors.JWTClaimValidationFailed.code,
  errors.JWTExpired.code,
  errors.JWTInvalid.code,
]);

function readFailure(error: unknown): NoIdentity {
  if (error instanceof errors.JOSEError && NOT_VALID.has(error.code)) {
    const what = error instanceof errors.JWTClaimValidationFailed ? ` (${error.claim})` : '';
    return refused(
      'assertion_not_valid',
      `The assertion is not valid: ${error.code}${what}. Expected a current one of Postern for this audience. Check issuer and audience.`,
    );
  }
  if (!(error instanceof Error)) throw error;
  return {
    kind: 'cannot-tell',
    status: 503,
    reason: 'keys_unavailable',
    message: `The keys could not be read: ${error.message}. Expected a JWK set at ${ASSERTION_KEYS_PATH} of the issuer.`,
  };
}

function refused(reason: 'assertion_missing' | 'assertion_not_valid', message: string): NoIdentity {
  return { kind: 'unidentified', status: 401, reason, message };
}

/** The time for which an origin keeps fetched keys. A key is published ten minutes before it signs (docs/assertion.md). */
const KEYS_MAX_AGE_MS = 300_000;
/** Fetched key sets by URL. The URLs are the operator's, so there are few. */
const fetched = new Map<string, JWTVerifyGetKey>();
const given = new WeakMap<JSONWebKeySet, JWTVerifyGetKey>();

function keysOf({
  issuer,
  keys = new URL(ASSERTION_KEYS_PATH, issuer),
}: ReadIdentityOptions): JWTVerifyGetKey {
  return keys instanceof URL
    ? kept(fetched, keys.href, () => createRemoteJWKSet(keys, { cacheMaxAge: KEYS_MAX_AGE_MS }))
    : kept(given, keys, () => createLocalJWKSet(keys));
}

function kept<Key>(
  known: {
    get(key: Key): JWTVerifyGetKey | undefined;
    set(key: Key, set: JWTVerifyGetKey): unknown;
  },
  key: Key,
  make: () => JWTVerifyGetKey,
): JWTVerifyGetKey {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

function identityOf(claims: JWTPayload, request: IncomingRequest): RequestIdentity {
  const { sub = '', sid, acr, auth_time: at, sub_id: subjectId } = claims;
  return {
    id: sub,
    issuer: textMember(subjectId, 'iss'),
    sessionId: String(sid),
    assuranceLevel: typeof acr === 'string' ? acr : undefined,
    authenticatedAt: typeof at === 'number' ? new Date(at * 1000) : undefined,
    claims,
    header: (name) => decode(headerOf(request, name)),
    list: (name) => {
      const items = headerOf(request, name)?.split(',').map(decode) ?? [];
      return items.filter((item) => item !== undefined);
    },
  };
}

function textMember(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const member: unknown = Reflect.get(value, name);
  return typeof member === 'string' ? member : undefined;
}

/** Returns a header as it was sent; `undefined` if it is missing or empty. */
function headerOf({ headers }: IncomingRequest, name: string): string | undefined {
  const value = isHeaders(headers) ? headers.get(name) : headers[name.toLowerCase()];
  const text = typeof value === 'string' ? value : value?.join(', ');
  return text === '' ? undefined : text;
}

function isHeaders(
  headers: IncomingRequest['headers'],
): headers is Extract<IncomingRequest['headers'], { get: unknown }> {
  return typeof headers.get === 'function';
}

function decode(value: string | undefined): string | undefined {
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    return undefined; // not encoded as Postern does, so not of Postern
  }
}

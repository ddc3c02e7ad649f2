import { CompactSign, importJWK } from 'jose';
import { failed, type Result, success } from '../errors/result.ts';
import type { JsonValue, Session } from '../session/session.ts';
import { readSessionPath } from '../session/session-path.ts';
import type { SigningKey } from './assertion-keys.ts';

/** The header an assertion travels in. */
export const ASSERTION_HEADER = 'X-Session-Assertion';
/** How long an origin may believe an assertion. */
export const ASSERTION_SECONDS = 60;
/** The `typ` that keeps an assertion from passing for another token of the same keys (RFC 8725 section 3.11). */
export const ASSERTION_TYPE = 'session-assertion+jwt';

export interface AssertionsOptions {
  /** `iss`: where clients reach Postern. */
  readonly issuer: string;
  /** The first signs. */
  readonly keys: readonly [SigningKey, ...SigningKey[]];
  /** Further claims from places in the session. */
  readonly claims: Readonly<Record<string, string>>;
  readonly now: () => number;
}

interface Issued {
  readonly jwt: string;
  /** Milliseconds since the epoch. */
  readonly reusableUntil: number;
}

const encoder = new TextEncoder();
/** Together with the identity headers this stays well below what origins take. */
const MAX_JWT_LENGTH = 2048;

/**
 * Signs who a session belongs to, for one audience, for 60 seconds and never past the session's end. One assertion
 * serves for half its life. It hangs on the very session object it was made from, so it is forgotten with it: a
 * session checked anew is signed anew, and memory holds no more assertions than sessions.
 */
export class Assertions {
  readonly #options: AssertionsOptions;
  readonly #issued = new WeakMap<Session, Map<string, Issued>>();
  #key: CryptoKey | Uint8Array | undefined;

  constructor(options: AssertionsOptions) {
    this.#options = options;
  }

  /** The assertion as a compact JWS; fails when the key cannot be used. */
  async issue(
    session: Session,
    audience: string,
  ): Promise<Result<string, 'assertion_unavailable'>> {
    const now = this.#options.now();
    const known = this.#issued.get(session)?.get(audience);
    if (known !== undefined && now < known.reusableUntil) return success(known.jwt);
    try {
      const jwt = await this.#sign(session, audience, now);
      const perAudience = this.#issued.get(session) ?? new Map<string, Issued>();
      perAudience.set(audience, { jwt, reusableUntil: now + (ASSERTION_SECONDS * 1000) / 2 });
      this.#issued.set(session, perAudience);
      return success(jwt);
    } catch {
      return failed('assertion_unavailable'); // jose refuses a key whose halves do not belong together
    }
  }

  async #sign(session: Session, audience: string, now: number): Promise<string> {
    const { issuer, keys, claims } = this.#options;
    const [{ alg, kid }] = keys;
    const issuedAt = Math.floor(now / 1000);
    const expiresAt = Math.min(issuedAt + ASSERTION_SECONDS, Math.floor(session.expiresAt / 1000));
    const own = {
      ...ownClaims(session),
      iss: issuer,
      aud: audience,
      sub: session.identity.id,
      iat: issuedAt,
      exp: expiresAt,
    };
    const sign = async (payload: Record<string, JsonValue>) =>
      new CompactSign(encoder.encode(JSON.stringify(payload)))
        .setProtectedHeader({ alg, kid, typ: ASSERTION_TYPE })
        .sign(await this.#signingKey());
    const jwt = await sign({ ...configuredClaims(session, claims), ...own });
    // A trait of any size must not make the origin refuse the request; who it is fits always.
    return jwt.length <= MAX_JWT_LENGTH ? jwt : sign(own);
  }

  /** Imported once. What is kept is the key and never the promise of one, which would be another request's. */
  async #signingKey(): Promise<CryptoKey | Uint8Array> {
    const [key] = this.#options.keys;
    this.#key ??= await importJWK({ ...key });
    return this.#key;
  }
}

function ownClaims({ id, document }: Session): Record<string, JsonValue> {
  const { authenticator_assurance_level: aal, authenticated_at: at } = document;
  const authenticatedAt = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return {
    sid: id,
    ...(typeof aal === 'string' && { acr: aal }),
    ...(Number.isFinite(authenticatedAt) && { auth_time: Math.floor(authenticatedAt / 1000) }),
  };
}

function configuredClaims(
  { document }: Session,
  claims: Readonly<Record<string, string>>,
): Record<string, JsonValue> {
  const found: Record<string, JsonValue> = {};
  for (const [name, path] of Object.entries(claims)) {
    const value = readSessionPath(document, path);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

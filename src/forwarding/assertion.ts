import { importJWK } from 'jose';
import type { Awaitable } from '../runtime/awaitable.ts';
import { encodeBase64Url, encodeBase64UrlText } from '../runtime/base64url.ts';
import { BriefMemory } from '../runtime/brief-memory.ts';
import type { JsonValue } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { SIGNATURE_ALGORITHMS } from '../runtime/signatures.ts';
import type { Session } from '../session/session.ts';
import { readSessionPath } from '../session/session-path.ts';
import { ASSERTION_TYPE } from './assertion-format.ts';
import type { SigningKey } from './assertion-keys.ts';
import { fitByWriter, type Unfit } from './fit-by-writer.ts';

/** The lifetime of an assertion. */
const ASSERTION_SECONDS = 60;
/** For half of it, an assertion is used again. */
const REUSED_MS = (ASSERTION_SECONDS * 1000) / 2;

export interface AssertionsOptions {
  /** `iss`: the URL at which clients reach Postern. */
  readonly issuer: string;
  /** The first key signs. */
  readonly keys: readonly [SigningKey, ...SigningKey[]];
  /** Further claims, each with its place in the session. */
  readonly claims: Readonly<Record<string, string>>;
  readonly now: () => number;
}

/** A signed assertion. */
export interface Assertion {
  /** The compact JWS. */
  readonly jwt: string;
  /** Names of configured claims that did not fit. */
  readonly omitted: readonly string[];
}

export type AssertionFault = Unfit | { readonly reason: 'assertion_unavailable' };

interface Issued extends Assertion {
  /** Milliseconds since the epoch. */
  readonly reusableUntil: number;
}

type Claims = Record<string, JsonValue>;

const encoder = new TextEncoder();
/** An assertion of this length, with the identity headers, stays well below the limits of origins. */
const MAX_JWT_LENGTH = 2048;
/** 64 bytes in base64url: ES256 (RFC 7518 section 3.4) and Ed25519 (RFC 8032 section 5.1.6). */
const SIGNATURE_LENGTH = 86;

/**
 * Signs assertions that name a session's owner, for one audience, for 60 seconds and never past the session's end. An
 * assertion is used again for half its lifetime. It goes with the session object that it was made from, so a session that
 * is checked again gets a new assertion. Memory holds assertions of the last minutes only.
 */
export class Assertions {
  readonly #options: AssertionsOptions;
  /** Assertions by session and audience, for as long as they are used again. */
  readonly #issued = new BriefMemory<Session, Map<string, Issued>>(REUSED_MS);
  /** The protected header in base64url. All assertions have the same. */
  readonly #header: string;
  #key: CryptoKey | undefined;

  constructor(options: AssertionsOptions) {
    this.#options = options;
    const [{ alg, kid }] = options.keys;
    this.#header = encodeBase64UrlText(JSON.stringify({ alg, kid, typ: ASSERTION_TYPE }));
  }

  /**
   * Signs an assertion. Fails when the key cannot be used, or when claims of the store or an administrator do not
   * fit. An assertion that is used again is the same object.
   */
  issue(session: Session, audience: string): Awaitable<Result<Assertion, AssertionFault>> {
    const now = this.#options.now();
    const known = this.#issued.read(session, now)?.get(audience);
    return known !== undefined && now < known.reusableUntil
      ? success(known)
      : this.#issue(session, audience, now);
  }

  async #issue(
    session: Session,
    audience: string,
    now: number,
  ): Promise<Result<Assertion, AssertionFault>> {
    const own = this.#reservedClaims(session, audience, now);
    const fitted = fitClaims(session, own, this.#options.claims, this.#roomForClaims());
    if (!fitted.ok) return fitted;
    const { claims, omitted } = fitted.value;
    try {
      const jwt = await this.#sign({ ...claims, ...own });
      const perAudience = this.#issued.read(session, now) ?? new Map<string, Issued>();
      const issued = { jwt, omitted, reusableUntil: now + REUSED_MS };
      perAudience.set(audience, issued);
      this.#issued.keep(session, perAudience, now);
      return success(issued);
    } catch {
      return failed({ reason: 'assertion_unavailable' }); // the import refuses a key whose halves do not match
    }
  }

  /** Returns Postern's own claims: the user, the audience, and the times. */
  #reservedClaims(session: Session, audience: string, now: number): Claims {
    const issuedAt = Math.floor(now / 1000);
    return {
      ...sessionClaims(session),
      iss: this.#options.issuer,
      aud: audience,
      sub: session.identity.id,
      iat: issuedAt,
      exp: Math.min(issuedAt + ASSERTION_SECONDS, Math.floor(session.expiresAt / 1000)),
    };
  }

  /** Returns the bytes of JSON that a token of the greatest length can carry. */
  #roomForClaims(): number {
    const { length } = this.#header;
    return Math.floor(((MAX_JWT_LENGTH - length - SIGNATURE_LENGTH - 2) * 3) / 4);
  }

  /** Signs claims as a JWS in compact form (RFC 7515 sections 5.1 and 7.1). */
  async #sign(claims: Claims): Promise<string> {
    const [{ alg }] = this.#options.keys;
    const { parameters } = SIGNATURE_ALGORITHMS[alg];
    const signed = `${this.#header}.${encodeBase64UrlText(JSON.stringify(claims))}`;
    this.#key ??= await this.#importKey();
    const signature = await crypto.subtle.sign(parameters, this.#key, encoder.encode(signed));
    return `${signed}.${encodeBase64Url(new Uint8Array(signature))}`;
  }

  /** Imports the key. The key is kept, and never the promise of it, which would belong to another request. */
  async #importKey(): Promise<CryptoKey> {
    const [key] = this.#options.keys;
    const imported = await importJWK({ ...key });
    if (imported instanceof Uint8Array) throw new Error('a symmetric key signs no assertion'); // the schema refused it before
    return imported;
  }
}

function sessionClaims({ id, identity, document }: Session): Claims {
  const { issuer: iss } = document;
  const { authenticator_assurance_level: aal, authenticated_at: at } = document;
  const authenticatedAt = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return {
    sid: id,
    ...(typeof iss === 'string' && { sub_id: { format: 'iss_sub', iss, sub: identity.id } }),
    ...(typeof aal === 'string' && { acr: aal }),
    ...(Number.isFinite(authenticatedAt) && { auth_time: Math.floor(authenticatedAt / 1000) }),
  };
}

/**
 * Returns the configured claims beside Postern's own. All claims that the store and administrators wrote must fit, or
 * there is no assertion. Claims that the person wrote come last; a claim that no longer fits is left out.
 */
function fitClaims(
  { document, claimed }: Session,
  own: Claims,
  table: Readonly<Record<string, string>>,
  maxBytes: number,
): Result<{ readonly claims: Claims; readonly omitted: readonly string[] }, Unfit> {
  const claims: Claims = {};
  if (Object.keys(table).length === 0) return success({ claims, omitted: [] });
  let room = maxBytes - jsonBytes(own);
  const fit = (name: string, path: string): boolean => {
    const value = readSessionPath(document, path);
    if (value === undefined) return true;
    const bytes = jsonBytes({ [name]: value }) - 1; // two braces less, a comma more
    if (bytes > room) return false;
    room -= bytes;
    claims[name] = value;
    return true;
  };
  const omitted = fitByWriter({ places: table, claimed, prefix: 'claim ' }, fit);
  return omitted.ok ? success({ claims, omitted: omitted.value }) : omitted;
}

function jsonBytes(value: Claims): number {
  return encoder.encode(JSON.stringify(value)).length;
}

import { encodePart } from '../../../support/token-issuer.ts';
import type { SigningZone } from '../signing-zone.ts';
import type { StricterRule } from './stricter.ts';

/** The zones of the site, and the time. */
export interface Mint {
  /** Has every key. */
  readonly zone: SigningZone;
  /** Has the key `usual`, with other bytes, and one without `alg`. Signs with RS256 only. */
  readonly second: SigningZone;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** A token to write. Text is a whole header or payload, byte for byte. */
export interface TokenText {
  readonly from?: SigningZone;
  readonly key?: string;
  readonly alg?: string;
  /** Over `alg`, `kid` and `typ`. `undefined` removes a member. */
  readonly header?: object | string | Uint8Array;
  /** Over {@link usualClaims}. `undefined` removes a member. */
  readonly claims?: object | string | Uint8Array;
}

/** One kind of token. */
export interface TokenKind {
  readonly name: string;
  /** The rule by which Postern refuses the token although Keycard's verifier accepts it. */
  readonly stricter?: StricterRule;
  make(mint: Mint): string;
}

export const AUDIENCE = 'https://app.example.test';

/** The claims of a person's access token (RFC 9068 section 2.2, and Keycard's own two). */
export function usualClaims({ issuer }: SigningZone, now: number) {
  return {
    iss: issuer,
    sub: 'user_5kq2',
    aud: AUDIENCE,
    client_id: 'cred_9d1f',
    jti: 'token-1',
    iat: now - 10,
    nbf: now - 10,
    exp: now + 600,
    scope: 'read write',
    sub_profile: 'user',
    keycard_app_id: 'app_7f3',
  };
}

/** Writes and signs a token. */
export function write({ zone, now }: Mint, text: TokenText = {}): string {
  const { from = zone, key = 'usual', alg = 'RS256', header = {}, claims = {} } = text;
  const head = isWhole(header) ? header : { alg, kid: key, typ: 'at+jwt', ...header };
  const payload = isWhole(claims) ? claims : { ...usualClaims(from, now), ...claims };
  return from.sign(`${encodePart(head)}.${encodePart(payload)}`, { key, alg });
}

/** The JSON of the usual claims with more text before the last brace. */
export function usualJson({ zone, now }: Mint, more: string): string {
  return JSON.stringify(usualClaims(zone, now)).replace(/\}$/, `${more}}`);
}

/** Kinds that differ from the usual token by claims alone. */
export function claimKinds(
  kinds: readonly (readonly [
    name: string,
    claims: object | ((mint: Mint) => object),
    stricter?: StricterRule,
  ])[],
): TokenKind[] {
  return kinds.map(([name, claims, stricter]) => ({
    name,
    ...(stricter !== undefined && { stricter }),
    make: (mint) => write(mint, { claims: typeof claims === 'function' ? claims(mint) : claims }),
  }));
}

function isWhole(part: object | string | Uint8Array): part is string | Uint8Array {
  return typeof part === 'string' || part instanceof Uint8Array;
}

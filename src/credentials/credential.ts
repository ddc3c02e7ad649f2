/** The headers credentials travel in: what an answer about a session depends on (RFC 9110 section 12.5.5). */
export const VARY = 'Cookie, Authorization, X-Session-Token';

interface CookieCarrier {
  readonly kind: 'cookie';
  readonly cookieName: string;
}

/** The way in which a credential travelled, and is sent to the store (`session/manager_http.go`, `extractToken`). */
export type Carrier =
  | { readonly kind: 'session-token-header' }
  | CookieCarrier
  | { readonly kind: 'bearer' };

/** One session credential, as the client spelt it: well-formed, nothing proven yet. */
export interface Credential {
  readonly carrier: Carrier;
  /** The exact bytes that are hashed and sent upstream; visible ASCII, never percent-decoded, a cookie's without quotes. */
  readonly value: string;
}

/** A JWT by its form, from any issuer, as the client spelt it: nothing proven yet. */
export interface TokenCredential {
  readonly carrier: CookieCarrier | { readonly kind: 'bearer' };
  readonly value: string;
}

/** One credential to look at, or the cookies of one name, which are told apart by whose they are. */
export type UsablePresentation =
  | { readonly kind: 'candidates'; readonly candidates: readonly [Credential, ...Credential[]] }
  | {
      readonly kind: 'tokens';
      readonly candidates: readonly [TokenCredential, ...TokenCredential[]];
    };

/** One place of a request in which a credential is presented. A request may have several. */
export type Presentation =
  | UsablePresentation
  | {
      readonly kind: 'unusable';
      readonly carrier: Carrier;
      readonly reason:
        | 'credential_malformed'
        | 'credential_ambiguous'
        | 'credential_conflicting'
        | 'token_too_long';
    };

/** Tells whether a value is one of the credentials that were looked at. */
export function isPresented(tried: readonly UsablePresentation[], value: string): boolean {
  return tried.some(({ candidates }) => candidates.some((each) => each.value === value));
}

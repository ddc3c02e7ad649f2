/**
 * The request headers that carry credentials. Every answer about a session depends on them (RFC 9110 section
 * 12.5.5).
 */
export const VARY = 'Cookie, Authorization, X-Session-Token';

interface CookieCarrier {
  readonly kind: 'cookie';
  readonly cookieName: string;
}

/**
 * The place of a credential in the request. The credential goes to the store in the same place
 * (`session/manager_http.go`, `extractToken`).
 */
export type Carrier =
  | { readonly kind: 'session-token-header' }
  | CookieCarrier
  | { readonly kind: 'bearer' };

/** One session credential, exactly as the client sent it: well-formed, not verified yet. */
export interface Credential {
  readonly carrier: Carrier;
  /**
   * The exact bytes that are hashed and sent upstream: visible ASCII, never percent-decoded. A cookie's value has no
   * quotes.
   */
  readonly value: string;
}

/** A value in the form of a JWT, from any issuer, exactly as the client sent it: not verified yet. */
export interface TokenCredential {
  readonly carrier: CookieCarrier | { readonly kind: 'bearer' };
  readonly value: string;
}

/** The sealed cookies of a browser that signed in at an issuer, joined: opened by Postern only. */
export interface SignInCredential {
  /** The first of the cookies. */
  readonly carrier: CookieCarrier;
  /** Names of all cookies that hold a part of the value. */
  readonly cookieNames: readonly string[];
  readonly value: string;
}

/** One credential, or several cookies of one name. Several cookies are resolved together, by the identity of each. */
export type UsableCredentials =
  | { readonly kind: 'candidates'; readonly candidates: readonly [Credential, ...Credential[]] }
  | {
      readonly kind: 'tokens';
      readonly candidates: readonly [TokenCredential, ...TokenCredential[]];
    }
  | { readonly kind: 'sign-in'; readonly candidates: readonly [SignInCredential] };

/** One place of a request that holds a credential. A request may have several. */
export type PresentedCredentials =
  | UsableCredentials
  | {
      readonly kind: 'unusable';
      readonly carrier: Carrier;
      readonly reason:
        | 'credential_malformed'
        | 'credential_ambiguous'
        | 'credential_conflicting'
        | 'token_too_long';
      /** Cookies of one name, if they are more than the gate looks up. A sign-out ends the session of each. */
      readonly crowd?: UsableCredentials;
    };

/** Tells whether a value is one of the credentials that were tried. */
export function isPresented(tried: readonly UsableCredentials[], value: string): boolean {
  return tried.some(({ candidates }) => candidates.some((each) => each.value === value));
}

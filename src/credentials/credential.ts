/** The headers credentials travel in: what an answer about a session depends on (RFC 9110 section 12.5.5). */
export const VARY = 'Cookie, Authorization, X-Session-Token';

/** How a credential travelled, and so how it is sent to the store (`session/manager_http.go`, `extractToken`). */
export type Carrier =
  | { readonly kind: 'session-token-header' }
  | { readonly kind: 'cookie'; readonly cookieName: string }
  | { readonly kind: 'bearer' };

/** One session credential, as the client spelt it: well-formed, nothing proven yet. */
export interface Credential {
  readonly carrier: Carrier;
  /** The exact bytes that are hashed and sent upstream; visible ASCII, never percent-decoded, a cookie's without quotes. */
  readonly value: string;
}

/** A JWT by its form, from any issuer, as the client spelt it: nothing proven yet. */
export interface TokenCredential {
  readonly value: string;
}

/** What a request presents. Several candidates only ever come from several cookies of one kind. */
export type Presentation =
  | { readonly kind: 'none' }
  | { readonly kind: 'candidates'; readonly candidates: readonly [Credential, ...Credential[]] }
  | {
      readonly kind: 'tokens';
      readonly candidates: readonly [TokenCredential, ...TokenCredential[]];
    }
  | {
      readonly kind: 'unusable';
      readonly reason:
        | 'credential_malformed'
        | 'credential_ambiguous'
        | 'credential_conflicting'
        | 'token_too_long';
    };

/** Whether a value is one of the credentials that a request was judged by. */
export function isPresented(presentation: Presentation, value: string): boolean {
  return (
    'candidates' in presentation && presentation.candidates.some((each) => each.value === value)
  );
}

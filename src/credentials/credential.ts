/** How a credential travelled, and so how it is sent to the store (`session/manager_http.go`, `extractToken`). */
export type Carrier =
  | { readonly kind: 'session-token-header' }
  | { readonly kind: 'cookie'; readonly cookieName: string }
  | { readonly kind: 'bearer' };

/** A credential that only the session store can tell about: well-formed, nothing proven yet. */
export interface KratosCredential {
  readonly kind: 'kratos';
  readonly carrier: Carrier;
  /** The exact bytes that are hashed and sent upstream; visible ASCII, never percent-decoded. */
  readonly value: string;
}

/** A credential that is a JWT by its form, from any issuer: nothing proven yet. */
export interface TokenCredential {
  readonly kind: 'jwt';
  readonly carrier: Extract<Carrier, { kind: 'cookie' | 'bearer' }>;
  /** The exact bytes, as the client spelt them. */
  readonly value: string;
}

/** One session credential. */
export type Credential = KratosCredential | TokenCredential;

/** What a request presents. Several candidates only ever come from several cookies of one kind. */
export type Presentation =
  | { readonly kind: 'none' }
  | { readonly kind: 'candidates'; readonly candidates: readonly [Credential, ...Credential[]] }
  | {
      readonly kind: 'unusable';
      readonly reason:
        | 'credential_malformed'
        | 'credential_ambiguous'
        | 'credential_conflicting'
        | 'token_too_long';
    };

/** Types of the sessions that Postern proves, in the shapes of their providers. */

/** A value that JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/** Traits whose schema is not known. */
export type UnknownTraits = Readonly<Record<string, Json | undefined>>;

/** A session of Kratos, as `GET /sessions/whoami` has it (Ory Kratos, `session.Session`). Times are ISO 8601. */
export interface KratosSession<Traits = UnknownTraits, Metadata = Json> {
  readonly id: string;
  readonly active: boolean;
  readonly expires_at: string;
  /** The time of the last sign-in or re-authentication. A token may not have it. */
  readonly authenticated_at?: string | undefined;
  readonly authenticator_assurance_level?: 'aal0' | 'aal1' | 'aal2' | 'aal3' | undefined;
  readonly authentication_methods?:
    | readonly {
        readonly method: string;
        readonly aal?: string | undefined;
        readonly completed_at?: string | undefined;
      }[]
    | undefined;
  readonly issued_at?: string | undefined;
  readonly identity: KratosIdentity<Traits, Metadata>;
  readonly devices?:
    | readonly {
        readonly id: string;
        readonly ip_address?: string | null | undefined;
        readonly user_agent?: string | null | undefined;
        readonly location?: string | null | undefined;
      }[]
    | undefined;
  /** The issuer of the session (`iss`). */
  readonly issuer?: string | undefined;
}

/** An identity of Kratos (`identity.Identity`). A token has only the members that its claims mapper writes. */
export interface KratosIdentity<Traits = UnknownTraits, Metadata = Json> {
  readonly id: string;
  readonly external_id?: string | undefined;
  readonly schema_id?: string | undefined;
  readonly schema_url?: string | undefined;
  readonly state?: 'active' | 'inactive' | undefined;
  /** The person's own data, by the identity's schema. People may write them, so do not decide on them. */
  readonly traits: Traits;
  readonly verifiable_addresses?: readonly KratosAddress[] | undefined;
  readonly recovery_addresses?: readonly KratosAddress[] | undefined;
  /** Written by administrators. */
  readonly metadata_public?: Metadata | undefined;
  readonly organization_id?: string | null | undefined;
  readonly created_at?: string | undefined;
  readonly updated_at?: string | undefined;
}

/** An address of an identity of Kratos. */
export interface KratosAddress {
  readonly id: string;
  readonly value: string;
  readonly via: string;
  readonly verified?: boolean | undefined;
  readonly status?: string | undefined;
}

/** A session of Keycard, as its access token proves it (Keycard, `SessionUnion`). Times are ISO 8601. */
export interface KeycardSession {
  /** The session's id (`sid`), or the token's (`jti`); `undefined` if the token has neither. */
  readonly id?: string | undefined;
  readonly session_type: 'user' | 'application';
  readonly user_id?: string | undefined;
  readonly application_id?: string | undefined;
  readonly provider_id?: string | undefined;
  readonly user_agent_id?: string | undefined;
  readonly subject: string;
  readonly issuer: string;
  readonly zone_id?: string | undefined;
  readonly status: 'active';
  readonly active: true;
  readonly authenticated_at?: string | undefined;
  readonly expires_at: string;
  readonly session_data: {
    readonly client_id: string;
    /** Scopes, separated by spaces. */
    readonly scope?: string | undefined;
    /** The actors that act for the subject, each inside the one before (RFC 8693 section 4.1). */
    readonly act?: Json | undefined;
  };
  readonly identity: { readonly id: string };
}

/** A session of any provider. A site knows which providers its settings allow. */
export interface AnySession {
  readonly identity: { readonly id: string };
}

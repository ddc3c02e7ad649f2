import { formatGoTime } from './go-json.ts';

export type JsonObject = Record<string, unknown>;
export type IdentityState = 'active' | 'inactive';

/** An account. Times are milliseconds since the epoch. */
export interface Identity {
  id: string;
  externalId: string | undefined;
  state: IdentityState;
  stateChangedAt: number;
  traits: JsonObject;
  metadataPublic: unknown;
  /** Null: cannot sign in with a password. */
  password: string | null;
  /** Whether a second factor is enrolled, that is, whether aal2 is available. */
  totp: boolean;
  /** Whether the address was verified. */
  verified: boolean;
  /** True while a code was sent to the address and not entered. The address may be verified already. */
  isCodePending: boolean;
  /** With `verify_new_address`: the address that is asked for until it is verified. */
  pendingEmail: string | undefined;
  createdAt: number;
  updatedAt: number;
}

/** Values of a new identity; the rest has the defaults of a fresh account. */
export interface NewIdentity {
  id: string;
  traits?: JsonObject;
  metadataPublic?: unknown;
  password?: string;
  totp?: boolean;
}

/** `demo@example.com`: password only. */
export const DEMO_IDENTITY_ID = '7f3c2a54-52e4-4b8e-9b0e-2f1d6a1c0d01';
/** `mia@example.com`: has a second factor. */
export const MIA_IDENTITY_ID = '7f3c2a54-52e4-4b8e-9b0e-2f1d6a1c0d02';

/** The password of both accounts. */
export const DEMO_PASSWORD = 'postern-demo';
// Fixed, because module scope has no clock in workerd.
const SEEDED_AT = Date.UTC(2026, 0, 5, 9, 30);

/** The accounts that exist before anything happens. */
export function seedIdentities(): Identity[] {
  return [
    createIdentity(
      {
        id: DEMO_IDENTITY_ID,
        traits: { email: 'demo@example.com', name: { first: 'Demo', last: 'Person' } },
        metadataPublic: { roles: ['admin'] },
        password: DEMO_PASSWORD,
      },
      SEEDED_AT,
    ),
    createIdentity(
      {
        id: MIA_IDENTITY_ID,
        traits: { email: 'mia@example.com', name: { first: 'Mia', last: 'Muster' } },
        metadataPublic: { roles: ['member'] },
        password: DEMO_PASSWORD,
        totp: true,
      },
      SEEDED_AT,
    ),
  ];
}

export function createIdentity(given: NewIdentity, now: number): Identity {
  return {
    id: given.id,
    externalId: undefined,
    state: 'active',
    stateChangedAt: now,
    traits: given.traits ?? { email: `${given.id}@example.com` },
    metadataPublic: given.metadataPublic ?? null,
    password: given.password ?? null,
    totp: given.totp ?? false,
    verified: true,
    isCodePending: false,
    pendingEmail: undefined,
    createdAt: now,
    updatedAt: now,
  };
}

/** The parts of an identity that an answer shows. */
export interface IdentityShape {
  readonly hasAddresses: boolean;
  /** Lists that are read without the identity's associations leave the text empty. */
  readonly hasSchemaUrl: boolean;
  readonly isForAdmin: boolean;
}

/** As whoami shows it. */
export const WHOLE: IdentityShape = { hasAddresses: true, hasSchemaUrl: true, isForAdmin: false };
/** As `GET /sessions` shows it. */
export const LISTED: IdentityShape = {
  hasAddresses: false,
  hasSchemaUrl: false,
  isForAdmin: false,
};
/** As the admin API shows it: one session, the sessions of one identity, everybody's sessions. */
export const ADMIN_WHOLE: IdentityShape = { ...WHOLE, isForAdmin: true };
export const ADMIN_LISTED: IdentityShape = { ...LISTED, isForAdmin: true };
export const ADMIN_PLAIN: IdentityShape = { ...ADMIN_WHOLE, hasAddresses: false };

/** The identity document, without credentials (Kratos `identity/identity.go`). */
export function identityDocument(identity: Identity, publicUrl: string, shape = WHOLE): JsonObject {
  return {
    id: identity.id,
    ...(identity.externalId !== undefined && { external_id: identity.externalId }),
    schema_id: 'default',
    schema_url: shape.hasSchemaUrl ? `${publicUrl}/schemas/ZGVmYXVsdA` : '',
    state: identity.state,
    state_changed_at: formatGoTime(identity.stateChangedAt),
    traits: identity.traits,
    ...(shape.hasAddresses && {
      verifiable_addresses: addresses(identity, 'ad0d1e55', verification(identity)),
      recovery_addresses: addresses(identity, 'ad0d1e56', {}),
    }),
    metadata_public: identity.metadataPublic,
    ...(shape.isForAdmin && { metadata_admin: null }),
    created_at: formatGoTime(identity.createdAt),
    updated_at: formatGoTime(identity.updatedAt),
    organization_id: null,
  };
}

function verification({ verified, isCodePending, createdAt }: Identity): JsonObject {
  const status = verified && !isCodePending ? 'completed' : 'sent';
  return { verified, status, ...(verified && { verified_at: formatGoTime(createdAt) }) };
}

function addresses(identity: Identity, idPrefix: string, state: JsonObject): JsonObject[] {
  const email = identity.traits.email;
  if (typeof email !== 'string') return [];
  return [
    {
      id: identity.id.replace(/^.{8}/, idPrefix),
      value: email,
      ...state,
      via: 'email',
      created_at: formatGoTime(identity.createdAt),
      updated_at: formatGoTime(identity.createdAt),
    },
  ];
}

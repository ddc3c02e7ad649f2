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

const DEMO_PASSWORD = 'postern-demo';
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
    pendingEmail: undefined,
    createdAt: now,
    updatedAt: now,
  };
}

/** The public identity document, without credentials or `metadata_admin` (Kratos `identity/identity.go`). */
export function identityDocument(identity: Identity, publicUrl: string): JsonObject {
  return {
    id: identity.id,
    ...(identity.externalId !== undefined && { external_id: identity.externalId }),
    schema_id: 'default',
    schema_url: `${publicUrl}/schemas/ZGVmYXVsdA`,
    state: identity.state,
    state_changed_at: formatGoTime(identity.stateChangedAt),
    traits: identity.traits,
    verifiable_addresses: addresses(identity, verification(identity)),
    recovery_addresses: addresses(identity, {}),
    metadata_public: identity.metadataPublic,
    created_at: formatGoTime(identity.createdAt),
    updated_at: formatGoTime(identity.updatedAt),
    organization_id: null,
  };
}

function verification({ verified }: Identity): JsonObject {
  return { verified, status: verified ? 'completed' : 'sent' };
}

function addresses(identity: Identity, state: JsonObject): JsonObject[] {
  const email = identity.traits.email;
  if (typeof email !== 'string') return [];
  return [
    {
      id: identity.id.replace(/^.{8}/, 'ad0d1e55'),
      value: email,
      ...state,
      via: 'email',
      created_at: formatGoTime(identity.createdAt),
      updated_at: formatGoTime(identity.createdAt),
    },
  ];
}

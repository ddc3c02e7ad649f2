/** Tables of the shape of Kratos's (`\d` of a database that `kratos migrate sql` made), as far as changes concern them. */
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { installSql } from '../../../src/outbox/outbox-sql.ts';

const TIMES =
  'created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now()';
const OF_IDENTITY =
  'identity_id uuid NOT NULL REFERENCES identities (id) ON DELETE CASCADE, nid uuid';

export const KRATOS_TABLES = `
  CREATE TABLE identities (
    id uuid PRIMARY KEY, schema_id varchar(2048) NOT NULL DEFAULT 'default', traits jsonb NOT NULL DEFAULT '{}', nid uuid,
    state varchar(255) NOT NULL DEFAULT 'active', state_changed_at timestamp, metadata_public jsonb, metadata_admin jsonb,
    available_aal varchar(4), organization_id uuid, external_id varchar(255), ${TIMES});
  CREATE TABLE sessions (
    id uuid PRIMARY KEY, issued_at timestamp NOT NULL DEFAULT now(), expires_at timestamp NOT NULL,
    authenticated_at timestamp NOT NULL DEFAULT now(), ${OF_IDENTITY}, token varchar(39), active boolean DEFAULT false,
    logout_token varchar(39), aal varchar(4) NOT NULL DEFAULT 'aal1', authentication_methods jsonb NOT NULL DEFAULT '[]', ${TIMES});
  CREATE TABLE session_devices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    user_agent varchar(512) DEFAULT '', ${OF_IDENTITY}, ${TIMES});
  CREATE TABLE identity_verifiable_addresses (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), status varchar(16) NOT NULL DEFAULT 'pending', via varchar(16) NOT NULL DEFAULT 'email',
    verified boolean NOT NULL DEFAULT false, value varchar(400) NOT NULL, verified_at timestamp, ${OF_IDENTITY}, ${TIMES});
  CREATE TABLE identity_recovery_addresses (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), via varchar(16) NOT NULL DEFAULT 'email', value varchar(400) NOT NULL,
    break_glass_for_organization uuid, ${OF_IDENTITY}, ${TIMES});
  CREATE TABLE identity_credentials (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), config jsonb NOT NULL DEFAULT '{}', version int NOT NULL DEFAULT 0,
    identity_credential_type_id uuid, ${OF_IDENTITY}, ${TIMES});
`;

export const READER_PASSWORD = 'of the reader';

/** A person in the tables, with one session. */
export interface Person {
  readonly identityId: string;
  readonly sessionId: string;
  readonly token: string;
}

/** Makes the tables, installs the outbox in a database, and connects to it as its owner. */
export async function openKratosDatabase(url: string): Promise<postgres.Sql> {
  const owner = postgres(url, { max: 1, onnotice: () => {} });
  await owner.unsafe(KRATOS_TABLES);
  await owner.unsafe(installSql('public'));
  await owner.unsafe(`ALTER ROLE postern_reader PASSWORD '${READER_PASSWORD}'`);
  await owner.end();
  return postgres(url, { max: 8, onnotice: () => {} });
}

/** Adds people, each with an address, a credential and a session. */
export async function addPeople(sql: postgres.Sql, count: number): Promise<Person[]> {
  const people = Array.from({ length: count }, () => ({
    identityId: randomUUID(),
    sessionId: randomUUID(),
    token: `ory_st_${randomUUID().replaceAll('-', '')}`,
  }));
  const ids = people.map(({ identityId }) => identityId);
  await sql`INSERT INTO identities (id, traits)
    SELECT id, '{"name": "first"}' FROM unnest(${ids}::uuid[]) AS new (id)`;
  for (const table of ['identity_verifiable_addresses', 'identity_recovery_addresses']) {
    await sql`INSERT INTO ${sql(table)} (identity_id, value)
      SELECT id, id || '@example.test' FROM unnest(${ids}::uuid[]) AS new (id)`;
  }
  await sql`INSERT INTO identity_credentials (identity_id) SELECT id FROM unnest(${ids}::uuid[]) AS new (id)`;
  await sql`INSERT INTO sessions (id, identity_id, token, active, expires_at)
    SELECT session, identity, token, TRUE, (now() AT TIME ZONE 'UTC') + interval '1 day' FROM unnest(
      ${people.map(({ sessionId }) => sessionId)}::uuid[], ${ids}::uuid[], ${people.map(({ token }) => token)}::text[]
    ) AS new (session, identity, token)`;
  await sql`INSERT INTO session_devices (session_id, identity_id) SELECT id, identity_id FROM sessions
    WHERE id = ANY (${people.map(({ sessionId }) => sessionId)}::uuid[])`;
  return people;
}

/** Changes made in Kratos's database directly, each as the statements that Kratos or an operator sends. */
import type postgres from 'postgres';
import type { Person } from './kratos-tables.ts';

export interface Change {
  /** Whether the session is refused afterwards. Otherwise its document has changed. */
  readonly ends: boolean;
  make(sql: postgres.Sql | postgres.TransactionSql, person: Person): Promise<unknown>;
}

const ends = (make: Change['make']): Change => ({ ends: true, make });
const changes = (make: Change['make']): Change => ({ ends: false, make });

/** Fifteen kinds. The statements of the first ones are in Kratos's `persistence/sql/persister_session.go`. */
export const CHANGES: Readonly<Record<string, Change>> = {
  'a revoked session': ends(
    (sql, { sessionId }) => sql`UPDATE sessions SET active = FALSE WHERE id = ${sessionId}`,
  ),
  'all sessions of an identity revoked': ends(
    (sql, { identityId }) =>
      sql`UPDATE sessions SET active = FALSE WHERE identity_id = ${identityId}`,
  ),
  'a deleted session': ends(
    (sql, { sessionId }) => sql`DELETE FROM sessions WHERE id = ${sessionId}`,
  ),
  'a session by its token': ends(
    (sql, { token }) => sql`DELETE FROM sessions WHERE token = ${token}`,
  ),
  'a deleted identity': ends(
    (sql, { identityId }) => sql`DELETE FROM identities WHERE id = ${identityId}`,
  ),
  'a deactivated identity': ends(
    (sql, { identityId }) =>
      sql`UPDATE identities SET state = 'inactive', state_changed_at = now() WHERE id = ${identityId}`,
  ),
  'an expiry moved into the past': ends(
    (sql, { sessionId }) =>
      sql`UPDATE sessions SET expires_at = (now() AT TIME ZONE 'UTC') - interval '1 second' WHERE id = ${sessionId}`,
  ),
  'an extended session': changes(
    (sql, { sessionId }) =>
      sql`UPDATE sessions SET expires_at = expires_at + interval '1 hour' WHERE id = ${sessionId}`,
  ),
  'a stepped-up session': changes(
    (sql, { sessionId }) =>
      sql`UPDATE sessions SET aal = 'aal2', authenticated_at = now() WHERE id = ${sessionId}`,
  ),
  'changed traits': changes(
    (sql, { identityId }) =>
      sql`UPDATE identities SET traits = '{"name": "second"}' WHERE id = ${identityId}`,
  ),
  'changed metadata': changes(
    (sql, { identityId }) =>
      sql`UPDATE identities SET metadata_public = '{"role": "admin"}' WHERE id = ${identityId}`,
  ),
  'a verified address': changes(
    (sql, { identityId }) =>
      sql`UPDATE identity_verifiable_addresses SET verified = TRUE, status = 'completed' WHERE identity_id = ${identityId}`,
  ),
  'a removed recovery address': changes(
    (sql, { identityId }) =>
      sql`DELETE FROM identity_recovery_addresses WHERE identity_id = ${identityId}`,
  ),
  'an added credential': changes(
    (sql, { identityId }) =>
      sql`INSERT INTO identity_credentials (identity_id) VALUES (${identityId})`,
  ),
  'a changed credential': changes(
    (sql, { identityId }) =>
      sql`UPDATE identity_credentials SET version = version + 1 WHERE identity_id = ${identityId}`,
  ),
};

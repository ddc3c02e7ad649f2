// Pure: no I/O, no clock.

/** The schema of the outbox and its functions. Kratos's migrations do not know it. */
export const OUTBOX_SCHEMA = 'postern';
/** The role with which the revocation log reads the outbox. */
export const READER_ROLE = 'postern_reader';

/** One of Kratos's tables, a change of which may change an answer of whoami. */
export interface WatchedTable {
  readonly name: string;
  /** `session` and `identity`: the row is one. `part`: the row belongs to an identity, and names it in `identity_id`. */
  readonly row: 'session' | 'identity' | 'part';
  /** Columns whose change alone leaves no row. */
  readonly ignored: readonly string[];
  /** Columns that the trigger's function reads. A column that is gone makes its rows say less, and fails no statement. */
  readonly columns: readonly string[];
}

const PART = { row: 'part', ignored: ['updated_at'], columns: ['identity_id'] } as const;

/**
 * Kratos's tables (`persistence/sql/migrations`). A new session changes no cached answer, so sessions have no trigger for
 * INSERT. whoami itself writes `available_aal` (`session/manager_http.go`).
 */
export const WATCHED_TABLES: readonly WatchedTable[] = [
  {
    name: 'sessions',
    row: 'session',
    ignored: ['updated_at'],
    columns: ['id', 'identity_id', 'active', 'expires_at'],
  },
  {
    name: 'identities',
    row: 'identity',
    ignored: ['updated_at', 'available_aal'],
    columns: ['id', 'external_id', 'state'],
  },
  { name: 'identity_verifiable_addresses', ...PART },
  { name: 'identity_recovery_addresses', ...PART },
  { name: 'identity_credentials', ...PART },
];

/** A trigger of the outbox. Its name changes with its meaning, so that an older one counts as missing. */
export interface OutboxTrigger {
  readonly table: string;
  readonly name: string;
}

/** The triggers on Kratos's tables. */
export const WATCHING_TRIGGERS: readonly OutboxTrigger[] = WATCHED_TABLES.flatMap(({ name }) =>
  ['postern_rows', 'postern_update', 'postern_truncate'].map((trigger) => ({
    table: name,
    name: trigger,
  })),
);

/** The triggers on the outbox itself, which count the rows that were removed from it. */
export const COUNTING_TRIGGERS: readonly OutboxTrigger[] = [
  { table: 'outbox', name: 'postern_removed' },
  { table: 'outbox', name: 'postern_emptied' },
];

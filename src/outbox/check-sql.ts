// Pure: no I/O, no clock.
import { FUNCTIONS } from './outbox-functions.ts';
import {
  COUNTING_TRIGGERS,
  OUTBOX_SCHEMA,
  READER_ROLE,
  WATCHED_TABLES,
  WATCHING_TRIGGERS,
} from './watched-tables.ts';

/**
 * Kratos's other tables that refer to a session or an identity. whoami shows nothing of them but a session's devices, and
 * these change with the session only (`session/persistence`).
 */
const UNWATCHED_TABLES = [
  'continuity_containers',
  'identity_credential_identifiers',
  'identity_login_codes',
  'identity_pending_traits_changes',
  'identity_recovery_codes',
  'identity_recovery_tokens',
  'identity_registration_codes',
  'identity_verification_codes',
  'identity_verification_tokens',
  'selfservice_recovery_flows',
  'selfservice_settings_flows',
  'selfservice_verification_flows',
  'session_devices',
];

/** More waiting rows mean that no log reads them. A log takes 10,000 in a poll. */
const MANY_ROWS = 20_000;

/**
 * Returns a query with one row for each problem of the outbox, or one row that says that it fits. It changes nothing.
 *
 * @param schema the schema of Kratos's tables
 */
export function checkSql(schema: string): string {
  const owner = text(schema);
  const columns = WATCHED_TABLES.flatMap(({ name, columns: read }) =>
    read.map((column) => `(${text(name)}, ${text(column)})`),
  );
  const triggers = [
    ...WATCHING_TRIGGERS.map(({ table, name }) => `(${owner}, ${text(table)}, ${text(name)})`),
    ...COUNTING_TRIGGERS.map(
      ({ table, name }) => `(${text(OUTBOX_SCHEMA)}, ${text(table)}, ${text(name)})`,
    ),
  ];
  const functions = FUNCTIONS.map(({ name, body }) => `(${text(name)}, $postern$${body}$postern$)`);
  const known = [...UNWATCHED_TABLES, ...WATCHED_TABLES.map(({ name }) => name)].map(text);
  return `-- Whether Postern's outbox fits the tables of Kratos, for example after a migration. Changes nothing.
--   npm run -s outbox -- --print check | psql "$KRATOS_DATABASE_URL"
WITH problems (problem) AS (
  SELECT format('%s.%s is not there. Kratos has renamed or removed it, or --schema is wrong.', name, col)
    FROM (VALUES ${columns.join(', ')}) AS wanted (name, col)
    WHERE NOT EXISTS (SELECT FROM information_schema.columns
      WHERE table_schema = ${owner} AND table_name = name AND column_name = col)
  UNION ALL
  SELECT format('The trigger %s on %s.%s is missing or not ENABLE ALWAYS. Run the installation again.', trigger, owner, name)
    FROM (VALUES ${triggers.join(', ')}) AS wanted (owner, name, trigger)
    WHERE NOT EXISTS (SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = owner AND c.relname = name AND t.tgname = trigger AND t.tgenabled = 'A')
  UNION ALL
  SELECT format('The function ${OUTBOX_SCHEMA}.%s is missing or of another version. Run the installation again.', name)
    FROM (VALUES ${functions.join(', ')}) AS wanted (name, body)
    WHERE NOT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname = '${OUTBOX_SCHEMA}' AND p.proname = name AND p.prosrc = body)
  UNION ALL
  SELECT format('The table %s refers to Kratos''s sessions or identities and is unknown to this version of Postern. If whoami shows it, a change of it is seen only when the cached answer is checked again.', r.relname)
    FROM pg_constraint f JOIN pg_class r ON r.oid = f.conrelid JOIN pg_class t ON t.oid = f.confrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE f.contype = 'f' AND n.nspname = ${owner} AND t.relname IN ('sessions', 'identities') AND r.relname NOT IN (${known.join(', ')})
  UNION ALL
  SELECT 'This server is a replica. The outbox is read from the primary.' WHERE pg_is_in_recovery()
  UNION ALL
  SELECT 'The role ${READER_ROLE} is missing, or may not read and delete the outbox. Run the installation again.'
    WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = '${READER_ROLE}'
      AND has_schema_privilege(r.oid, to_regnamespace('${OUTBOX_SCHEMA}')::oid, 'USAGE')
      AND has_table_privilege(r.oid, to_regclass('${OUTBOX_SCHEMA}.outbox')::oid, 'SELECT')
      AND has_table_privilege(r.oid, to_regclass('${OUTBOX_SCHEMA}.outbox')::oid, 'DELETE'))
  UNION ALL
  SELECT format('About %s rows wait in ${OUTBOX_SCHEMA}.outbox: no log reads it. Look for outbox-failure in the Worker''s log, or remove the outbox.', n_live_tup)
    FROM pg_stat_all_tables WHERE schemaname = '${OUTBOX_SCHEMA}' AND relname = 'outbox' AND n_live_tup > ${MANY_ROWS}
)
SELECT problem AS "Postern's outbox" FROM problems
UNION ALL SELECT 'It fits.' WHERE NOT EXISTS (SELECT FROM problems);
`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

// Pure: no I/O, no clock. The functions of the outbox's triggers, in PL/pgSQL.
import { OUTBOX_SCHEMA } from './watched-tables.ts';

/**
 * Notes a change in the change's own transaction. Reads columns by name from a JSON form of the row: a trigger that named
 * columns would make Kratos's migrations of these columns fail. A session that had expired anyway leaves no row, so that
 * `kratos cleanup sql` leaves none. Without the outbox it does nothing, because Kratos has to go on; the reader notices
 * the loss.
 */
const NOTE_CHANGE = `
DECLARE
  before jsonb := to_jsonb(OLD);
  after jsonb := to_jsonb(NEW);
BEGIN
  IF to_regclass('${OUTBOX_SCHEMA}.outbox') IS NULL THEN
    RETURN NULL;
  ELSIF TG_LEVEL = 'STATEMENT' THEN
    INSERT INTO ${OUTBOX_SCHEMA}.outbox (kind) VALUES ('everything');
  ELSIF TG_ARGV[0] = 'session' THEN
    IF (before->>'expires_at')::timestamptz < clock_timestamp() - interval '1 minute'
      AND (after IS NULL OR (after->>'expires_at')::timestamptz < clock_timestamp() - interval '1 minute')
    THEN
      RETURN NULL;
    END IF;
    INSERT INTO ${OUTBOX_SCHEMA}.outbox (kind, session_id, identity_id) VALUES (
      CASE WHEN after IS NULL
          OR (before->>'active' = 'true' AND after->>'active' IS DISTINCT FROM 'true')
          OR (after->>'expires_at')::timestamptz <= clock_timestamp()
        THEN 'session_ended' ELSE 'session_changed' END,
      before->>'id', before->>'identity_id');
  ELSIF TG_ARGV[0] = 'identity' THEN
    INSERT INTO ${OUTBOX_SCHEMA}.outbox (kind, identity_id, external_id) VALUES (
      CASE WHEN after IS NULL OR (before->>'state' = 'active' AND after->>'state' IS DISTINCT FROM 'active')
        THEN 'identity_ended' ELSE 'identity_changed' END,
      coalesce(before, after)->>'id', coalesce(before, after)->>'external_id');
  ELSE
    INSERT INTO ${OUTBOX_SCHEMA}.outbox (kind, identity_id)
      SELECT DISTINCT 'identity_changed', person
        FROM (VALUES (before->>'identity_id'), (after->>'identity_id')) AS people (person)
        WHERE person IS NOT NULL;
  END IF;
  RETURN NULL;
END
`;

/**
 * Counts the rows that left the outbox, in its row 0. The reader knows how many it removed. Rows that somebody else removed
 * are changes that it may never have seen.
 */
const COUNT_REMOVED = `
DECLARE
  removed_rows bigint := 1;
BEGIN
  IF TG_OP = 'DELETE' THEN
    SELECT count(*) INTO removed_rows FROM gone;
    IF removed_rows = 0 THEN
      RETURN NULL;
    END IF;
  END IF;
  INSERT INTO ${OUTBOX_SCHEMA}.outbox AS counter (id, kind, removed)
    VALUES (0, 'removed', (random() * 1e12)::bigint)
    ON CONFLICT (id) DO UPDATE SET removed = counter.removed + removed_rows;
  RETURN NULL;
END
`;

/** The functions that the triggers call. */
export const FUNCTIONS = [
  { name: 'note_change', body: NOTE_CHANGE },
  { name: 'count_removed', body: COUNT_REMOVED },
];

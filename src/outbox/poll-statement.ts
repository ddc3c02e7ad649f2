// Pure: no I/O, no clock. The statement of a poll, and its answer.
import {
  COUNTING_TRIGGERS,
  OUTBOX_SCHEMA,
  type OutboxTrigger,
  WATCHING_TRIGGERS,
} from './watched-tables.ts';

/** The largest number of rows of one poll. */
export const MAX_ROWS = 10_000;

const OUTBOX = `${OUTBOX_SCHEMA}.outbox`;

/**
 * Removes the rows whose marks are recorded (`$1`, an array of ids as text), and takes all other visible rows: one
 * statement, one snapshot. It takes no cursor: a transaction that began earlier may commit a smaller number later.
 *
 * `facts` is in the first row, which counts the removed rows. It says whether the triggers still watch, and whether this is
 * still the same outbox: an `xmin` changes with every change of a trigger or function, also if it is changed back. `$2` is
 * a name that no other poll has, so an answer out of a cache shows itself; Hyperdrive keeps none of a statement that
 * deletes.
 */
export const POLL_STATEMENT = `
WITH recorded AS (SELECT unnest($1::text::bigint[]) AS id),
  removed AS (DELETE FROM ${OUTBOX} WHERE id IN (SELECT id FROM recorded) AND id > 0 RETURNING 1)
SELECT o.id::text AS id, o.kind, o.session_id, o.identity_id, o.external_id,
  CASE WHEN o.id = 0 THEN json_build_object(
    'poll', $2::text,
    'removedBefore', o.removed,
    'removedNow', (SELECT count(*) FROM removed),
    'server', (SELECT system_identifier::text FROM pg_control_system()),
    'timeline', left(pg_walfile_name(pg_current_wal_lsn()), 8),
    'outbox', '${OUTBOX}'::regclass::oid || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()),
    'triggers', (
      SELECT json_agg(json_build_array(c.relname, t.tgname, t.tgenabled, concat_ws('.', t.oid, t.xmin, p.oid, p.xmin))
        ORDER BY c.relname, t.tgname)
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
        JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname = '${OUTBOX_SCHEMA}')
  )::text END AS facts
FROM ${OUTBOX} o WHERE NOT EXISTS (SELECT FROM recorded r WHERE r.id = o.id) ORDER BY o.id LIMIT ${MAX_ROWS + 1}`;

/** One change in Kratos's database. */
export interface OutboxRow {
  readonly id: string;
  readonly kind: RowKind;
  readonly sessionId: string | undefined;
  readonly identityId: string | undefined;
  readonly externalId: string | undefined;
}

const ROW_KINDS = [
  'session_changed',
  'session_ended',
  'identity_changed',
  'identity_ended',
  'everything',
] as const;
export type RowKind = (typeof ROW_KINDS)[number];

/** The findings of a poll about the outbox itself. */
export interface OutboxFacts {
  /** The rows that were ever removed from the outbox, until this poll. */
  readonly removedBefore: number;
  /** The rows that this poll removed. */
  readonly removedNow: number;
  /** The database's server and timeline. They change when another server takes over or a backup is restored. */
  readonly database: string;
  /** The outbox, its triggers and their functions. It changes when any of them is replaced or changed. */
  readonly outbox: string;
  /** The triggers that are missing or disabled, as `table.trigger`. */
  readonly missingTriggers: readonly string[];
}

/** The answer to a poll. */
export interface PollAnswer {
  readonly rows: readonly OutboxRow[];
  /** Whether these are all visible rows. */
  readonly isComplete: boolean;
  /** `undefined`: the first row of the outbox is gone. */
  readonly facts: OutboxFacts | undefined;
}

/** Reads the answer to the poll of this name. Throws if it is the answer to another one, or no answer to a poll. */
export function readPollAnswer(answer: readonly object[], poll: string): PollAnswer {
  const [first, ...others]: readonly Readonly<Record<string, unknown>>[] = answer.map((row) => ({
    ...row,
  }));
  const isCounter = first?.id === '0';
  const rows = (isCounter || first === undefined ? others : [first, ...others]).map(readRow);
  return {
    rows: rows.slice(0, MAX_ROWS),
    isComplete: rows.length < MAX_ROWS,
    facts: isCounter ? readFacts(first?.facts, poll) : undefined,
  };
}

/** Reads a row. A row of an unknown kind, which a newer version may write, stands for everything. */
function readRow(row: Readonly<Record<string, unknown>>): OutboxRow {
  const { id, kind } = row;
  if (typeof id !== 'string' || !/^-?\d+$/.test(id)) throw new Error('a row has no id');
  const known = ROW_KINDS.find((each) => each === kind) ?? 'everything';
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    id,
    kind: known,
    sessionId: text(row.session_id),
    identityId: text(row.identity_id),
    externalId: text(row.external_id),
  };
}

function readFacts(text: unknown, poll: string): OutboxFacts {
  // The statement above builds it. Each member that decides something is checked.
  const facts = JSON.parse(String(text)) as Record<string, unknown>;
  if (facts.poll !== poll) throw new Error('this is the answer to another poll');
  const { removedBefore, removedNow, server, timeline, outbox, triggers } = facts;
  if (!Number.isSafeInteger(removedBefore) || !Number.isSafeInteger(removedNow)) {
    throw new Error('the removed rows are not counted');
  }
  return {
    removedBefore: Number(removedBefore),
    removedNow: Number(removedNow),
    database: JSON.stringify([server, timeline]),
    outbox: JSON.stringify([outbox, triggers]),
    missingTriggers: missingOf(Array.isArray(triggers) ? triggers : []),
  };
}

/**
 * Returns the triggers that are missing or disabled. If the outbox is installed for several schemas, each trigger is there
 * as often as the others. The reader does not know which of them is Kratos's.
 */
function missingOf(found: readonly unknown[]): string[] {
  const isOf = (of: OutboxTrigger) => (each: unknown) =>
    Array.isArray(each) && each[0] === of.table && each[1] === of.name;
  const isEnabled = (each: unknown) => Array.isArray(each) && each[2] === 'A';
  const missing = (triggers: readonly OutboxTrigger[]) => {
    const enabled = triggers.map((each) => found.filter(isOf(each)).filter(isEnabled).length);
    const most = Math.max(1, ...enabled);
    return triggers.filter((each, index) => {
      const isAnyDisabled = found.filter(isOf(each)).some((one) => !isEnabled(one));
      return enabled[index] !== most || isAnyDisabled;
    });
  };
  return [...missing(WATCHING_TRIGGERS), ...missing(COUNTING_TRIGGERS)].map(
    ({ table, name }) => `${table}.${name}`,
  );
}

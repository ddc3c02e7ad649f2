import type { AppendAnswer, AppendOptions, LogPage, RecordedMark } from './log-protocol.ts';
import { EVERYTHING_KEY, type Mark, ownerKey, subjectKey } from './mark.ts';

type SqlValue = string | number | null;
type SqlRow = Record<string, SqlValue | ArrayBuffer>;

/** The part of a Durable Object's storage that is used. */
export interface LogStorage {
  readonly sql: { exec(query: string, ...bindings: SqlValue[]): { toArray(): SqlRow[] } };
  transactionSync<Value>(work: () => Value): Value;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS marks (
    key TEXT PRIMARY KEY,
    owner TEXT,
    position INTEGER NOT NULL,
    issued_before INTEGER NOT NULL,
    keep_until INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS marks_by_position ON marks (position);
  CREATE TABLE IF NOT EXISTS messages (key TEXT PRIMARY KEY, keep_until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL);
`;

const MAX_PAGE = 5000;
/** A writer is told what it asked for and a little more; who is further behind reads. */
const MAX_APPEND_PAGE = 200;
/** Messages remembered against repetition; a flood of them makes the oldest be forgotten early. */
const MAX_MESSAGES = 100_000;

/**
 * A new log begins this far ahead of its clock, so that its positions are beyond those of a log it replaces,
 * whatever the two clocks say.
 */
const HEAD_START_MS = 60_000;
/** Longer than anything checked before the log existed can live (the greatest lifetimes there are settings for). */
const FIRST_MARK_KEEP_MS = 2 * 86_400_000;
/**
 * An issuer's clock may be ahead of the log's by this much; a token is denied when it says that it was
 * issued up to so much later than the mark. (`iat` in whole seconds rounds down, which needs no margin.)
 */
export const ISSUER_SKEW_MS = 1000;

/**
 * The log itself, over any SQLite: one row per marked subject, its latest mark alone, because a later mark says all
 * that an earlier one did. Every change is one transaction. Bounded by folding: one person's marks into
 * theirs, a token's into its issuer's, and the oldest half of all into `everything`; a fold names more than was
 * marked and never less.
 */
export class LogCore {
  readonly #storage: LogStorage;
  readonly #now: () => number;
  #position: number;
  #count: number;
  #messages: number;

  constructor(storage: LogStorage, now: () => number) {
    this.#storage = storage;
    this.#now = now;
    this.#query(SCHEMA);
    this.#position = this.#storage.transactionSync(() => this.#readHead() ?? this.#begin());
    this.#count = this.#countRows('marks');
    this.#messages = this.#countRows('messages');
  }

  /** Subjects now named. */
  get size(): number {
    return this.#count;
  }

  read(cursor: number, maxMarks = MAX_PAGE): LogPage {
    if (cursor >= this.#position) return { marks: [], position: this.#position, hasMore: false };
    const rows = this.#query(
      'SELECT key, position, issued_before, keep_until FROM marks WHERE position > ? ORDER BY position LIMIT ?',
      cursor,
      maxMarks + 1,
    );
    const hasMore = rows.length > maxMarks;
    const marks = rows.slice(0, maxMarks).map(toRecordedMark);
    const position = hasMore ? (marks.at(-1)?.position ?? cursor) : this.#position;
    return { marks, position, hasMore };
  }

  append(marks: readonly Mark[], options: AppendOptions): AppendAnswer {
    const { cursor, once } = options;
    // A transaction that fails leaves the tables as they were, and so must what is remembered of them.
    const [position, count] = [this.#position, this.#count];
    try {
      const isNew = this.#storage.transactionSync(() => {
        if (once !== undefined && !this.#isFirst(once)) return false;
        for (const mark of marks) this.#record(mark, options);
        if (this.#count > options.maxMarks) this.#fold(options.maxMarks);
        this.#query('UPDATE head SET position = ?', this.#position);
        return true;
      });
      if (!isNew) return { kind: 'repeated' };
      return { kind: 'recorded', page: this.read(cursor, MAX_APPEND_PAGE) };
    } catch (error) {
      this.#position = position;
      this.#count = count;
      throw error;
    }
  }

  /**
   * Forgets the marks that nothing alive can be affected by.
   *
   * @returns when the next ones fall due, in milliseconds since the epoch; `undefined` when there are none
   */
  prune(): number | undefined {
    const now = this.#now();
    return this.#storage.transactionSync(() => {
      this.#query('DELETE FROM marks WHERE keep_until <= ?', now);
      this.#query('DELETE FROM messages WHERE keep_until <= ?', now);
      this.#count = this.#countRows('marks');
      this.#messages = this.#countRows('messages');
      const [row] = this.#query(
        'SELECT MIN(due) AS due FROM (SELECT MIN(keep_until) AS due FROM marks UNION ALL SELECT MIN(keep_until) FROM messages)',
      );
      return typeof row?.due === 'number' ? row.due : undefined;
    });
  }

  #record(
    { subject, isTentative, issuedBefore }: Mark,
    { checkLifeMs, tokenLifeMs }: AppendOptions,
  ): void {
    const now = this.#now();
    const keepMs = isTentative ? checkLifeMs : Math.max(checkLifeMs, tokenLifeMs);
    this.#position = Math.max(this.#position + 1, now);
    const denied = Math.min(issuedBefore ?? now, now) + ISSUER_SKEW_MS;
    const key = subjectKey(subject);
    const isKnown = this.#query('SELECT 1 AS found FROM marks WHERE key = ?', key).length > 0;
    if (!isKnown) this.#count += 1;
    this.#upsert(key, ownerKey(subject) ?? null, {
      position: this.#position,
      issuedBefore: isTentative ? 0 : denied,
      keepUntil: now + keepMs,
    });
  }

  /** Of two marks of one subject, the later place, the later denial and the longer life stand. */
  #upsert(key: string, owner: string | null, mark: Omit<RecordedMark, 'key'>): void {
    this.#query(
      `INSERT INTO marks (key, owner, position, issued_before, keep_until) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET
         owner = coalesce(excluded.owner, owner),
         position = max(position, excluded.position),
         issued_before = max(issued_before, excluded.issued_before),
         keep_until = max(keep_until, excluded.keep_until)`,
      key,
      owner,
      mark.position,
      mark.issuedBefore,
      mark.keepUntil,
    );
  }

  #fold(maxMarks: number): void {
    const target = Math.floor(maxMarks / 2);
    this.#foldWhere(
      `owner LIKE 'i%' AND owner IN (SELECT owner FROM marks GROUP BY owner HAVING COUNT(*) > 1)`,
    );
    if (this.#count <= target) return;
    const [middle] = this.#query(
      'SELECT position FROM marks ORDER BY position LIMIT 1 OFFSET ?',
      this.#count - target - 1,
    );
    const upTo = middle?.position;
    if (typeof upTo !== 'number') return;
    this.#foldWhere(`owner LIKE 'o%' AND position <= ${upTo}`);
    this.#foldWhere(`position <= ${upTo} AND key NOT LIKE 'o%' AND key <> '${EVERYTHING_KEY}'`, {
      isOwnerless: true,
    });
  }

  /**
   * Puts one mark of the owner in place of many. It stands where the last of them stood: a reader before that
   * place is given it, and a reader beyond has every single one of them.
   */
  #foldWhere(condition: string, { isOwnerless = false } = {}): void {
    const owner = isOwnerless ? `'${EVERYTHING_KEY}'` : 'owner';
    const folded = this.#query(
      `SELECT ${owner} AS key, MAX(position) AS position, MAX(issued_before) AS issued_before,
         MAX(keep_until) AS keep_until FROM marks WHERE ${condition} GROUP BY 1`,
    );
    this.#query(`DELETE FROM marks WHERE ${condition}`);
    for (const mark of folded.map(toRecordedMark)) this.#upsert(mark.key, null, mark);
    this.#count = this.#countRows('marks');
  }

  #isFirst({ key, keepMs }: NonNullable<AppendOptions['once']>): boolean {
    const now = this.#now();
    const known = this.#query('SELECT keep_until FROM messages WHERE key = ?', key)[0]?.keep_until;
    if (typeof known === 'number' && known > now) return false;
    if (this.#messages >= MAX_MESSAGES) {
      this.#query(
        'DELETE FROM messages WHERE key IN (SELECT key FROM messages ORDER BY keep_until LIMIT ?)',
        MAX_MESSAGES / 10,
      );
      this.#messages = this.#countRows('messages');
    }
    this.#query(
      'INSERT OR REPLACE INTO messages (key, keep_until) VALUES (?, ?)',
      key,
      now + keepMs,
    );
    this.#messages += 1;
    return true;
  }

  /** Nothing checked before this log existed was held against it, so all of it is checked once more. */
  #begin(): number {
    const position = this.#now() + HEAD_START_MS;
    this.#query('INSERT INTO head (id, position) VALUES (1, ?)', position);
    const keepUntil = this.#now() + FIRST_MARK_KEEP_MS;
    this.#upsert(EVERYTHING_KEY, null, { position, issuedBefore: 0, keepUntil });
    return position;
  }

  #readHead(): number | undefined {
    const position = this.#query('SELECT position FROM head')[0]?.position;
    return typeof position === 'number' ? position : undefined;
  }

  #countRows(table: 'marks' | 'messages'): number {
    return Number(this.#query(`SELECT COUNT(*) AS count FROM ${table}`)[0]?.count);
  }

  #query(query: string, ...bindings: SqlValue[]): SqlRow[] {
    return this.#storage.sql.exec(query, ...bindings).toArray();
  }
}

function toRecordedMark(row: SqlRow): RecordedMark {
  return {
    key: String(row.key),
    position: Number(row.position),
    issuedBefore: Number(row.issued_before),
    keepUntil: Number(row.keep_until),
  };
}

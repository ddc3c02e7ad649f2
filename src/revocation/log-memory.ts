import type { AppendOptions, Remembered } from './log-protocol.ts';
import type { MarkSubject } from './mark.ts';

export type SqlValue = string | number | null;
export type SqlRow = Record<string, SqlValue | ArrayBuffer>;
/** Runs one SQL statement. */
export type Query = (query: string, ...bindings: SqlValue[]) => SqlRow[];

export const MEMORY_SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (key TEXT PRIMARY KEY, keep_until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS changes (
    key TEXT PRIMARY KEY,
    about TEXT NOT NULL,
    keep_until INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

/** Maximum rows of each table. Beyond it the oldest rows are removed early. */
const MAX_ROWS = 100_000;

/**
 * Stores the log's data besides marks. The names of messages: so that each message is processed once. The subjects of
 * changes: a retry needs them if the session no longer names them.
 */
export class LogMemory {
  readonly #query: Query;
  readonly #now: () => number;
  readonly #counts: { messages: number; changes: number };

  constructor(query: Query, now: () => number) {
    this.#query = query;
    this.#now = now;
    this.#counts = { messages: this.#countRows('messages'), changes: this.#countRows('changes') };
  }

  /** Records the name of a message. Returns whether the name is new. */
  isFirst({ key, keepMs }: NonNullable<AppendOptions['once']>): boolean {
    const now = this.#now();
    const known = this.#query('SELECT keep_until FROM messages WHERE key = ?', key)[0]?.keep_until;
    if (typeof known === 'number' && known > now) return false;
    this.#makeRoom('messages');
    this.#query(
      'INSERT OR REPLACE INTO messages (key, keep_until) VALUES (?, ?)',
      key,
      now + keepMs,
    );
    return true;
  }

  /** Stores the subjects of a change under each of its names. */
  remember({ keys, about }: Remembered, keepMs: number): void {
    for (const key of keys) {
      this.#makeRoom('changes');
      this.#query(
        'INSERT OR REPLACE INTO changes (key, about, keep_until) VALUES (?, ?, ?)',
        key,
        JSON.stringify(about),
        this.#now() + keepMs,
      );
    }
  }

  /** Returns the subjects of the change with this name; `undefined` if there are none. */
  recall(key: string): readonly MarkSubject[] | undefined {
    const about = this.#query('SELECT about FROM changes WHERE key = ?', key)[0]?.about;
    // This is the JSON that remember() wrote.
    return typeof about === 'string' ? (JSON.parse(about) as MarkSubject[]) : undefined;
  }

  prune(): void {
    for (const table of ['messages', 'changes'] as const) {
      this.#query(`DELETE FROM ${table} WHERE keep_until <= ?`, this.#now());
      this.#counts[table] = this.#countRows(table);
    }
  }

  #makeRoom(table: 'messages' | 'changes'): void {
    if (this.#counts[table] >= MAX_ROWS) {
      this.#query(
        `DELETE FROM ${table} WHERE key IN (SELECT key FROM ${table} ORDER BY keep_until LIMIT ?)`,
        MAX_ROWS / 10,
      );
      this.#counts[table] = this.#countRows(table);
    }
    this.#counts[table] += 1;
  }

  #countRows(table: 'messages' | 'changes'): number {
    return Number(this.#query(`SELECT COUNT(*) AS count FROM ${table}`)[0]?.count);
  }
}

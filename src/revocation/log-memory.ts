import type { AppendOptions, Remembered } from './log-protocol.ts';
import type { MarkSubject } from './mark.ts';

export type SqlValue = string | number | null;
export type SqlRow = Record<string, SqlValue | ArrayBuffer>;
/** Runs one statement. */
export type Query = (query: string, ...bindings: SqlValue[]) => SqlRow[];

export const MEMORY_SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (key TEXT PRIMARY KEY, keep_until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS changes (
    key TEXT PRIMARY KEY,
    about TEXT NOT NULL,
    keep_until INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

/** Rows of each table; a flood makes the oldest be forgotten early. */
const MAX_ROWS = 100_000;

/**
 * What the log keeps besides marks: the names of messages, so that each is acted upon once, and whom changes are
 * about, so that a retry can find out what the session itself no longer says.
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

  /** Notes a message, and whether it is the first of its name. */
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

  /** Keeps whom a change is about under every name of it. */
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

  /** Whom the change of this name is about; `undefined` when none was kept. */
  recall(key: string): readonly MarkSubject[] | undefined {
    const about = this.#query('SELECT about FROM changes WHERE key = ?', key)[0]?.about;
    // The text that remember() wrote.
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

import { LogMemory, MEMORY_SCHEMA, type Query, type SqlRow, type SqlValue } from './log-memory.ts';
import { LogPages, toRecordedMark } from './log-pages.ts';
import type { AppendAnswer, AppendOptions, LogPage, RecordedMark } from './log-protocol.ts';
import {
  EVERYTHING_KEY,
  type Mark,
  ownerKey,
  ownerOfKey,
  peopleOfIssuer,
  subjectKey,
} from './mark.ts';

/** The part of a Durable Object's storage that the log uses. */
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
  CREATE INDEX IF NOT EXISTS marks_by_owner ON marks (owner);
  CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL);
`;

/** Page limit of an answer to a writer. A writer whose view is further behind reads the rest. */
const MAX_APPEND_PAGE = 200;
/** Maximum number of marks of one person. Beyond it they are folded into one mark of that person. */
const MAX_MARKS_OF_PERSON = 100;
/** One issuer's maximum share of all marks. Beyond it the older half is folded into one mark of that issuer. */
const ISSUER_SHARE = 1 / 4;

/** Marks of issuers are never folded: there are at most as many as configured issuers. */
const IS_FINE = `key NOT LIKE 'o%' AND key <> '${EVERYTHING_KEY}'`;
const TO_EVERYTHING = `'${EVERYTHING_KEY}'`;

/** A new log starts this far ahead of its clock. So its positions exceed a replaced log's, even if clocks differ. */
const HEAD_START_MS = 60_000;
/** Lifetime of the first mark: longer than a check from before the log can live, at the greatest lifetimes. */
const FIRST_MARK_KEEP_MS = 2 * 86_400_000;
/**
 * Allowed lead of an issuer's clock. A token is denied if its `iat` is at most this much later than the mark. (`iat`
 * in whole seconds rounds down, which needs no margin.)
 */
export const ISSUER_SKEW_MS = 1000;

/**
 * The revocation log as SQLite tables. Each marked subject has one row, its latest mark, which includes every earlier
 * one. Every change is one transaction. Folding limits the size: a person's marks become one of that person, the
 * marks of tokens whose person is unknown one of their issuer, the oldest half one of `everything`. A fold names more than
 * was marked, and never less.
 */
export class RevocationTable {
  readonly #storage: LogStorage;
  readonly #now: () => number;
  #position: number;
  #count: number;
  readonly #memory: LogMemory;
  readonly #pages: LogPages;

  constructor(storage: LogStorage, now: () => number) {
    this.#storage = storage;
    this.#now = now;
    this.#query(SCHEMA);
    this.#query(MEMORY_SCHEMA);
    const query: Query = (text, ...bindings) => this.#query(text, ...bindings);
    this.#memory = new LogMemory(query, now);
    this.#pages = new LogPages(query);
    this.#position = this.#storage.transactionSync(() => this.#readHead() ?? this.#begin());
    this.#count = this.#countMarks();
  }

  /** The number of subjects in the log. */
  get size(): number {
    return this.#count;
  }

  /** Counts the store's sessions and identities whose tokens are denied. */
  countDenied(): number {
    return this.#countMarks("issued_before > 0 AND (key LIKE 's:%' OR key LIKE 'i:%')");
  }

  /** Returns the oldest marks after the cursor. */
  read(cursor: number, maxMarks?: number): LogPage {
    return this.#pages.read(cursor, this.#position, maxMarks);
  }

  /** Returns the newest marks after the cursor. */
  readNewest(cursor: number, maxMarks?: number): LogPage {
    return this.#pages.readNewest(cursor, this.#position, maxMarks);
  }

  append(marks: readonly Mark[], options: AppendOptions): AppendAnswer {
    const { cursor, once, remember, recall } = options;
    // A failed transaction leaves the tables unchanged, so these copies are restored too.
    const [position, count] = [this.#position, this.#count];
    try {
      const isNew = this.#storage.transactionSync(() => {
        if (once !== undefined && !this.#memory.isFirst(once)) return false;
        if (remember !== undefined) this.#memory.remember(remember, keepMsOf(options));
        if (marks.length === 0) return true;
        for (const mark of marks) this.#record(mark, options);
        this.#bound(marks, options.maxMarks);
        this.#query('UPDATE head SET position = ?', this.#position);
        return true;
      });
      if (!isNew) return { kind: 'repeated' };
      const recalled = recall === undefined ? undefined : this.#memory.recall(recall);
      const page = this.read(cursor, MAX_APPEND_PAGE);
      return { kind: 'recorded', page, ...(recalled !== undefined && { recalled }) };
    } catch (error) {
      this.#position = position;
      this.#count = count;
      throw error;
    }
  }

  /**
   * Removes the marks that can no longer apply to a live session or token.
   *
   * @returns the time at which the next rows expire, in milliseconds since the epoch; `undefined` if there are none
   */
  prune(): number | undefined {
    const now = this.#now();
    return this.#storage.transactionSync(() => {
      this.#query('DELETE FROM marks WHERE keep_until <= ?', now);
      this.#memory.prune();
      this.#count = this.#countMarks();
      const [row] = this.#query(
        `SELECT MIN(due) AS due FROM (SELECT MIN(keep_until) AS due FROM marks
           UNION ALL SELECT MIN(keep_until) FROM messages UNION ALL SELECT MIN(keep_until) FROM changes)`,
      );
      return typeof row?.due === 'number' ? row.due : undefined;
    });
  }

  #record({ subject, isTentative, issuedBefore }: Mark, options: AppendOptions): void {
    const now = this.#now();
    const keepMs = isTentative ? options.checkLifeMs : keepMsOf(options);
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

  /** Merges two marks of one subject: the later position, the later `issuedBefore` and the longer lifetime stay. */
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

  /** Limits the number of marks of each person, then of each issuer, then of the whole log. */
  #bound(marks: readonly Mark[], maxMarks: number): void {
    const people = new Set<string>();
    const issuers = new Set<string>();
    for (const { subject } of marks) {
      const owner = ownerKey(subject);
      const issuer = owner?.startsWith('o') ? owner : owner && ownerOfKey(owner);
      if (owner?.startsWith('i')) people.add(owner);
      if (issuer !== undefined) issuers.add(issuer);
    }
    for (const person of people) {
      if (this.#countOf(person) > MAX_MARKS_OF_PERSON) this.#compactInto(person);
    }
    const share = Math.floor(maxMarks * ISSUER_SHARE);
    for (const issuer of issuers) this.#boundIssuer(issuer, share);
    if (this.#count > maxMarks) this.#compact(maxMarks);
  }

  /** Limits the marks of one issuer. Folds each of its people's marks into one first, then the issuer's own. */
  #boundIssuer(issuer: string, share: number): void {
    const people = peopleOfIssuer(issuer);
    const isTheirs = 'owner >= ? AND owner < ?';
    const [row] = this.#query(`SELECT COUNT(*) AS count FROM marks WHERE ${isTheirs}`, ...people);
    if (Number(row?.count) + this.#countOf(issuer) <= share) return;
    this.#compactWhere(isTheirs, { bindings: people });
    const count = this.#countOf(issuer);
    const kept = Math.floor(share / 2);
    if (count > share) this.#compactInto(issuer, this.#positionAt(count - kept - 1, issuer));
  }

  #countOf(owner: string): number {
    return Number(
      this.#query('SELECT COUNT(*) AS count FROM marks WHERE owner = ?', owner)[0]?.count,
    );
  }

  /** The position of the owner's mark at this offset, oldest first. */
  #positionAt(offset: number, owner: string): number {
    const [row] = this.#query(
      'SELECT position FROM marks WHERE owner = ? ORDER BY position LIMIT 1 OFFSET ?',
      owner,
      offset,
    );
    return typeof row?.position === 'number' ? row.position : this.#position;
  }

  #compactInto(owner: string, upTo = this.#position): void {
    this.#compactWhere('owner = ? AND position <= ?', { bindings: [owner, upTo] });
  }

  /**
   * Folds the log to half of its limit, so that folding is rare. Tentative marks go before marks that deny tokens.
   * Otherwise a client that floods the log with failing changes could end everyone's tokens.
   */
  #compact(maxMarks: number): void {
    const target = Math.floor(maxMarks / 2);
    this.#compactWhere(
      `owner LIKE 'i%' AND owner IN (SELECT owner FROM marks GROUP BY owner HAVING COUNT(*) > 1)`,
    );
    if (this.#count > target) {
      this.#compactWhere(`issued_before = 0 AND ${IS_FINE}`, { owner: TO_EVERYTHING });
    }
    if (this.#count <= target) return;
    const [middle] = this.#query(
      'SELECT position FROM marks ORDER BY position LIMIT 1 OFFSET ?',
      this.#count - target - 1,
    );
    const upTo = Number(middle?.position);
    this.#compactWhere(`owner LIKE 'o%' AND position <= ${upTo}`);
    this.#compactWhere(`position <= ${upTo} AND ${IS_FINE}`, { owner: TO_EVERYTHING });
  }

  /**
   * Replaces marks by one mark of their owner, at the position of the last one. A reader before that position
   * receives the new mark. A reader beyond that position already has every replaced mark.
   */
  #compactWhere(
    condition: string,
    { owner = 'owner', bindings = [] }: { owner?: string; bindings?: readonly SqlValue[] } = {},
  ): void {
    const compacted = this.#query(
      `SELECT ${owner} AS key, MAX(position) AS position, MAX(issued_before) AS issued_before,
         MAX(keep_until) AS keep_until FROM marks WHERE ${condition} GROUP BY 1`,
      ...bindings,
    );
    this.#query(`DELETE FROM marks WHERE ${condition}`, ...bindings);
    for (const mark of compacted.map(toRecordedMark)) {
      this.#upsert(mark.key, ownerOfKey(mark.key) ?? null, mark);
    }
    this.#count = this.#countMarks();
  }

  /** Starts a new log with a mark of `everything`. Checks from before the log existed no longer count. */
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

  #countMarks(condition = 'TRUE'): number {
    return Number(this.#query(`SELECT COUNT(*) AS count FROM marks WHERE ${condition}`)[0]?.count);
  }

  #query(query: string, ...bindings: SqlValue[]): SqlRow[] {
    return this.#storage.sql.exec(query, ...bindings).toArray();
  }
}

/** The longest lifetime of any check or token that a mark can name, in milliseconds from now. */
function keepMsOf({ checkLifeMs, tokenLifeMs }: AppendOptions): number {
  return Math.max(checkLifeMs, tokenLifeMs);
}

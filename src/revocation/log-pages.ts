import type { Query, SqlRow } from './log-memory.ts';
import type { LogPage, LogPosition, RecordedMark } from './log-protocol.ts';

/** Marks of a page that is read behind requests. 20,000 marks have 2.6 MB; an answer may have 32 MiB. */
const MAX_OLDEST = 20_000;
/** Marks of a page of the newest marks, for which requests wait. */
const MAX_NEWEST = 2000;

const COLUMNS = 'key, position, issued_before, keep_until';

/** Reads pages of marks from the table of the log. */
export class LogPages {
  readonly #query: Query;

  constructor(query: Query) {
    this.#query = query;
  }

  /**
   * Returns the oldest marks after the cursor.
   *
   * @param head the position of the log
   */
  read(cursor: LogPosition, head: LogPosition, maxMarks = MAX_OLDEST): LogPage {
    const rows = cursor >= head ? [] : this.#select(cursor, 'ASC', maxMarks + 1);
    const hasMore = rows.length > maxMarks;
    const marks = rows.slice(0, maxMarks).map(toRecordedMark);
    const position = hasMore ? (marks.at(-1)?.position ?? cursor) : head;
    return { marks, position, hasMore };
  }

  /** Returns the newest marks after the cursor. Those that do not fit come with reads of the oldest. */
  readNewest(cursor: LogPosition, head: LogPosition, maxMarks = MAX_NEWEST): LogPage {
    const rows = cursor >= head ? [] : this.#select(cursor, 'DESC', maxMarks + 1);
    const marks = rows.slice(0, maxMarks).map(toRecordedMark).reverse();
    const left = rows[maxMarks];
    const page = { marks, position: head, hasMore: false };
    return left === undefined ? page : { ...page, after: Number(left.position) };
  }

  #select(cursor: LogPosition, order: 'ASC' | 'DESC', limit: number): SqlRow[] {
    return this.#query(
      `SELECT ${COLUMNS} FROM marks WHERE position > ? ORDER BY position ${order} LIMIT ?`,
      cursor,
      limit,
    );
  }
}

export function toRecordedMark(row: SqlRow): RecordedMark {
  return {
    key: String(row.key),
    position: Number(row.position),
    issuedBefore: Number(row.issued_before),
    keepUntil: Number(row.keep_until),
  };
}

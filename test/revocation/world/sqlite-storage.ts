import { DatabaseSync } from 'node:sqlite';
import type { LogStorage } from '../../../src/revocation/revocation-table.ts';

/** A Durable Object's SQLite storage, on Node's SQLite. */
export function sqliteStorage(): LogStorage {
  const database = new DatabaseSync(':memory:');
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  const prepare = (query: string) => {
    const known = prepared.get(query) ?? database.prepare(query);
    prepared.set(query, known);
    return known;
  };
  return {
    sql: {
      exec(query, ...bindings) {
        if (query.includes('CREATE TABLE')) {
          database.exec(query);
          return { toArray: () => [] };
        }
        // Node types a column's value as it came from SQLite; the log stores text and numbers only.
        const rows = prepare(query).all(...bindings) as Record<string, string | number | null>[];
        return { toArray: () => rows };
      },
    },
    transactionSync(work) {
      database.exec('BEGIN');
      try {
        const value = work();
        database.exec('COMMIT');
        return value;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
  };
}

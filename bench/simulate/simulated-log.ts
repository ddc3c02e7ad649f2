import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { RevocationLogStub } from '../../src/revocation/log-protocol.ts';
import type { Mark } from '../../src/revocation/mark.ts';
import { createRevocation, type Revocation } from '../../src/revocation/revocation.ts';
import { type LogStorage, RevocationTable } from '../../src/revocation/revocation-table.ts';
import { checkLifeSeconds } from '../../src/sessions/freshness.ts';
import { lifetimesFor, type SimulatedSettings } from './settings.ts';
import type { SimulatedChannel } from './simulated-channel.ts';
import type { SimulatedTime } from './simulated-time.ts';

export interface SimulatedLogOptions {
  readonly time: SimulatedTime;
  readonly lagMs: number;
  /** The longest lifetime of a check. */
  readonly checkLifeMs: number;
  readonly onRead: () => void;
  /** `undefined`: the store does not tell of its changes. */
  readonly channel?: SimulatedChannel | undefined;
}

/** Time that the log itself takes for one call. */
const SERVICE_MS = 2;
const MAX_MARKS = 100_000;

/**
 * The revocation log as it is deployed, over SQLite in memory, at one place and asked over the network from
 * everywhere.
 */
export class SimulatedLog {
  readonly #options: SimulatedLogOptions;
  readonly #core: RevocationTable;

  constructor(options: SimulatedLogOptions) {
    this.#options = options;
    this.#core = new RevocationTable(storageInMemory(), options.time.now);
  }

  /** Revocation in an isolate that reaches the log in this number of milliseconds, there and back. */
  from(roundTripMs: number): Revocation {
    const { time, lagMs, checkLifeMs } = this.#options;
    return createRevocation({
      openLog: () => this.#stub(roundTripMs),
      lagMs,
      checkLifeMs,
      tokenLifeMs: 0, // no tokens here
      maxMarks: MAX_MARKS,
      now: time.now,
      report: ({ operation }) => {
        throw new Error(`the simulated log cannot fail, but its ${operation} did`);
      },
    });
  }

  /** Records a mark of the outbox. */
  record(mark: Mark): void {
    const { checkLifeMs } = this.#options;
    this.#core.append([mark], { cursor: 0, checkLifeMs, tokenLifeMs: 0, maxMarks: MAX_MARKS });
  }

  #stub(roundTripMs: number): RevocationLogStub {
    const oneWayMs = Math.round(roundTripMs / 2);
    const { time, onRead, channel } = this.#options;
    const call = async <Value>(work: () => Value): Promise<Value> => {
      await time.sleep(oneWayMs);
      const value = work();
      await time.sleep(oneWayMs + SERVICE_MS);
      return value;
    };
    return {
      read: (cursor, { isNewestFirst = false } = {}) => {
        onRead();
        return call(() => {
          const page = isNewestFirst ? this.#core.readNewest(cursor) : this.#core.read(cursor);
          return channel ? { ...page, watermark: channel.watermark(time.now()) } : page;
        });
      },
      append: (marks, options) => call(() => this.#core.append(marks, options)),
    };
  }
}

/** As long as a check can be of use under these settings. */
export function checkLifeMsFor(settings: SimulatedSettings): number {
  return 1000 * checkLifeSeconds(lifetimesFor(settings));
}

/** The part of a Durable Object's SQLite that the log uses. */
function storageInMemory(): LogStorage {
  const database = new DatabaseSync(':memory:');
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  return {
    sql: {
      exec(query, ...bindings) {
        if (query.trimStart().startsWith('CREATE')) {
          database.exec(query); // several statements at once, which cannot be prepared
          return { toArray: () => [] };
        }
        const statement = prepared.get(query) ?? database.prepare(query);
        prepared.set(query, statement);
        const rows = statement.all(...bindings);
        return { toArray: () => rows.map(asSqlRow) };
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

/** Durable Objects have no 64-bit integers and no typed arrays, and the log's schema needs none. */
function asSqlRow(row: Record<string, SQLOutputValue>): Record<string, string | number | null> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (typeof value === 'bigint' || value instanceof Uint8Array)
        throw new Error('the value is not of the log’s schema');
      return [name, value];
    }),
  );
}

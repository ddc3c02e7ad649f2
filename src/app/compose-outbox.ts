import type { ChannelState } from '../outbox/channel.ts';
import type { OutboxLog } from '../outbox/outbox-reader.ts';
import type { MarkLimits } from '../revocation/log-protocol.ts';
import type { OpenMarkSource } from '../revocation/revocation-log.ts';
import type { LogStorage, RevocationTable } from '../revocation/revocation-table.ts';
import type { Report } from '../runtime/report.ts';

/** The part of a Hyperdrive binding that the outbox uses. */
export interface DatabaseBinding {
  readonly connectionString: string;
}

export interface OutboxDependencies {
  readonly database: DatabaseBinding;
  /** The storage of the log's object. */
  readonly storage: LogStorage & { sync(): Promise<void> };
  readonly now: () => number;
  readonly report: Report;
}

const SCHEMA = 'CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, state TEXT NOT NULL)';
/** Changes in Kratos may have this share of the log for marks that deny tokens. */
const SHARE = 1 / 4;

/** Returns how the log's object opens the outbox in Kratos's database. */
export function createOutboxSource({
  database,
  storage,
  now,
  report,
}: OutboxDependencies): OpenMarkSource {
  return async (table, limits) => {
    try {
      const { openOutbox } = await import('../outbox/kratos-outbox.ts');
      const log = new OutboxRecords(table, { limits, storage });
      return openOutbox(database.connectionString, { log, now, report });
    } catch (error) {
      report({ event: 'outbox-failure', reason: `kratos-outbox.js could not be loaded: ${error}` });
      throw error;
    }
  };
}

interface RecordsOptions extends Pick<OutboxDependencies, 'storage'> {
  readonly limits: () => MarkLimits;
}

/** The log's object as the outbox writes to it. */
class OutboxRecords implements OutboxLog {
  readonly #table: RevocationTable;
  readonly #options: RecordsOptions;

  constructor(table: RevocationTable, options: RecordsOptions) {
    this.#table = table;
    this.#options = options;
    options.storage.sql.exec(SCHEMA);
  }

  async record(marks: Parameters<OutboxLog['record']>[0], state: ChannelState | undefined) {
    const { storage, limits } = this.#options;
    // The platform writes both at once, because nothing is awaited between them.
    storage.sql.exec(
      'INSERT OR REPLACE INTO outbox (id, state) VALUES (1, ?)',
      JSON.stringify(state ?? null),
    );
    const options = { cursor: Number.MAX_SAFE_INTEGER, ...limits() };
    if (marks.length > 0) this.#table.append(marks, options);
    await storage.sync();
  }

  room(): number {
    const share = Math.floor(this.#options.limits().maxMarks * SHARE);
    return Math.max(0, share - this.#table.countDenied());
  }

  readState(): ChannelState | undefined {
    const [row] = this.#options.storage.sql.exec('SELECT state FROM outbox').toArray();
    // `record()` wrote it.
    return row === undefined ? undefined : (JSON.parse(String(row.state)) ?? undefined);
  }
}

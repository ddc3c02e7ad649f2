import { type Config, readConfig } from '../config/config.ts';
import { hasCondition } from '../config/rule-settings.ts';
import type { ChannelState } from '../outbox/channel.ts';
import type { OutboxLog } from '../outbox/outbox-reader.ts';
import type { OpenMarkSource } from '../revocation/revocation-log.ts';
import type { LogStorage, RevocationTable } from '../revocation/revocation-table.ts';
import { loadConditionLanguage } from '../rules/compile-condition.ts';
import type { Report } from '../runtime/report.ts';
import { markLives } from './compose-revocation.ts';

/** The part of a Hyperdrive binding that the outbox uses. */
export interface DatabaseBinding {
  readonly connectionString: string;
}

export interface OutboxDependencies {
  /** `undefined`: no database is bound. */
  readonly database: DatabaseBinding | undefined;
  /** The storage of the log's object. */
  readonly storage: LogStorage & { sync(): Promise<void> };
  readonly now: () => number;
  readonly report: Report;
}

const SCHEMA = 'CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, state TEXT NOT NULL)';
/** Changes in Kratos may have this share of the log for marks that deny tokens. */
const SHARE = 1 / 4;

/** Returns how the log's object opens the outbox in Kratos's database; `undefined` if no database is bound. */
export function createOutboxSource(
  environment: Readonly<Record<string, unknown>>,
  { database, storage, now, report }: OutboxDependencies,
): OpenMarkSource | undefined {
  if (database === undefined) return undefined;
  return async (table) => {
    if (hasCondition(environment.RULES)) await loadConditionLanguage();
    const config = readConfig(environment);
    if (!config.ok)
      throw new Error('Every isolate reports this configuration, and none serves it.');
    try {
      const { openOutbox } = await import('../outbox/kratos-outbox.ts');
      const log = new OutboxRecords(table, { config: config.value, storage });
      return openOutbox(database.connectionString, { log, now, report });
    } catch (error) {
      report({ event: 'outbox-failure', reason: `kratos-outbox.js could not be loaded: ${error}` });
      throw error;
    }
  };
}

/** The log's object as the outbox writes to it. */
class OutboxRecords implements OutboxLog {
  readonly #table: RevocationTable;
  readonly #storage: OutboxDependencies['storage'];
  readonly #config: Config;

  constructor(
    table: RevocationTable,
    {
      config,
      storage,
    }: { readonly config: Config; readonly storage: OutboxDependencies['storage'] },
  ) {
    this.#table = table;
    this.#config = config;
    this.#storage = storage;
    storage.sql.exec(SCHEMA);
  }

  async record(marks: Parameters<OutboxLog['record']>[0], state: ChannelState | undefined) {
    // The platform writes both at once, because nothing is awaited between them.
    this.#storage.sql.exec(
      'INSERT OR REPLACE INTO outbox (id, state) VALUES (1, ?)',
      JSON.stringify(state ?? null),
    );
    const maxMarks = this.#config.REVOCATION_MAX_MARKS;
    const options = { cursor: Number.MAX_SAFE_INTEGER, maxMarks, ...markLives(this.#config) };
    if (marks.length > 0) this.#table.append(marks, options);
    await this.#storage.sync();
  }

  room(): number {
    const share = Math.floor(this.#config.REVOCATION_MAX_MARKS * SHARE);
    return Math.max(0, share - this.#table.countDenied());
  }

  readState(): ChannelState | undefined {
    const [row] = this.#storage.sql.exec('SELECT state FROM outbox').toArray();
    // What record() wrote.
    return row === undefined ? undefined : (JSON.parse(String(row.state)) ?? undefined);
  }
}

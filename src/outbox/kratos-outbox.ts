/**
 * The module of the outbox, which is loaded only where Kratos's database is bound: the reader and the PostgreSQL driver.
 */
import postgres from 'postgres';
import { type OutboxDatabase, OutboxReader, type OutboxReaderOptions } from './outbox-reader.ts';
import { POLL_STATEMENT } from './poll-statement.ts';

/**
 * Makes the reader of the outbox in a database.
 *
 * @param connectionString as the Hyperdrive binding has it
 */
export function openOutbox(
  connectionString: string,
  options: Omit<OutboxReaderOptions, 'database'>,
): OutboxReader {
  return new OutboxReader({ ...options, database: connectTo(connectionString) });
}

/** Keeps one connection, which the first poll opens. */
function connectTo(connectionString: string): OutboxDatabase {
  let connection: postgres.Sql | undefined;
  return {
    async poll(parameters) {
      connection ??= postgres(connectionString, {
        max: 1,
        connect_timeout: 2,
        fetch_types: false,
        onnotice: () => {},
        connection: { application_name: 'postern' },
      });
      return connection.unsafe(POLL_STATEMENT, [...parameters]);
    },
    drop() {
      // Ends the connection at once. It may be the reason for the failure, so its own failure does not matter.
      connection?.end({ timeout: 0 }).catch(() => {});
      connection = undefined;
    },
  };
}

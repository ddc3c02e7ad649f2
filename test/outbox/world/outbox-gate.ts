/** A gate in front of a Kratos whose tables are in a real PostgreSQL, with the outbox installed. */
import type postgres from 'postgres';
import { type RunningGate, startGate } from '../../support/start-gate.ts';
import { type KratosServer, startKratos } from './kratos-over-postgres.ts';
import { openKratosDatabase, READER_PASSWORD } from './kratos-tables.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

export interface OutboxGate extends AsyncDisposable {
  readonly gate: RunningGate;
  readonly server: PostgresServer;
  /** Connects as the owner of Kratos's tables. */
  readonly sql: postgres.Sql;
  readonly kratos: KratosServer;
  /** Calls whoami with a session token in an isolate. */
  whoami(token: string, isolate: number): Promise<WhoamiAnswer>;
  /** Reads `/.postern/health/ready` until it is ready, or not. Takes longer than its memory of 5 s. */
  isReady(): Promise<{ status: number; errors: Record<string, string> }>;
}

export interface WhoamiAnswer {
  readonly status: number;
  /** The document, or the error. */
  readonly text: string;
  readonly cacheStatus: string;
}

/** An answer that is checked anew only because of a mark: an hour. */
const FRESH_SECONDS = 3600;

export async function startOutboxGate(
  vars: Readonly<Record<string, number>> = {},
): Promise<OutboxGate> {
  const server = await startPostgres();
  const sql = await openKratosDatabase(server.url());
  const kratos = await startKratos(sql);
  const connectionString = server.url('postern_reader', READER_PASSWORD);
  const gate = await startGate({
    kratos,
    isolates: 2,
    vars: { FRESH_SECONDS, DECISION_LOG: 'none', VERIFY_SAMPLE: 0, ...vars },
    bindings: { KRATOS_DB: { type: 'hyperdrive', id: 'kratos', dev: { connectionString } } },
  });
  return {
    gate,
    server,
    sql,
    kratos,
    async whoami(token, isolate) {
      const response = await fetch(`${gate.isolate(isolate).url}/sessions/whoami`, {
        headers: { 'x-session-token': token },
      });
      const cacheStatus = response.headers.get('cache-status') ?? '';
      return { status: response.status, text: await response.text(), cacheStatus };
    },
    async isReady() {
      const response = await fetch(`${gate.url}/.postern/health/ready`);
      const { errors = {} } = (await response.json()) as { errors?: Record<string, string> };
      return { status: response.status, errors };
    },
    async [Symbol.asyncDispose]() {
      await gate.dispose();
      await kratos[Symbol.asyncDispose]();
      await sql.end({ timeout: 1 });
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Waits until something holds. Rejects with what it last was. */
export async function until<Value>(
  read: () => Promise<Value>,
  holds: (value: Value) => boolean,
  withinMs = 30_000,
): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const value = await read();
    const tookMs = performance.now() - startedAt;
    if (holds(value)) return tookMs;
    if (tookMs > withinMs) throw new Error(`after ${tookMs} ms: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

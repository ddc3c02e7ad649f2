/** Many writers in Kratos's tables at once, and a reader of the outbox meanwhile. */
import postgres from 'postgres';
import type { openOutbox } from '../../../src/outbox/kratos-outbox.ts';
import { addPeople, openKratosDatabase, READER_PASSWORD } from './kratos-tables.ts';
import type { PostgresServer } from './postgres-server.ts';
import { RecordedLog } from './recorded-log.ts';

export interface Run {
  readonly committed: number;
  /** Committed changes without a mark, after everything was read. */
  readonly missed: number;
  /** Marks of changes that were rolled back. */
  readonly invented: number;
  readonly polls: number;
  /** Polls after which a change had no mark although the watermark said so. */
  readonly liedPolls: number;
  /** Milliseconds from the commit's answer to the mark, 99th percentile. */
  readonly lagP99: number;
}

export interface RunOptions {
  readonly server: PostgresServer;
  readonly open: typeof openOutbox;
  readonly changes: number;
  readonly writers: number;
  /** The share of records that fail, half of them with a new start of the reader. */
  readonly crashShare: number;
}

/** What a writer does: commit at once, after a savepoint that it rolls back, after a while, or roll back. */
const KINDS = [
  'plain',
  'plain',
  'plain',
  'plain',
  'plain',
  'plain',
  'savepoint',
  'rollback',
] as const;
/** One of so many transactions stays open for a second before it commits. */
const LONG_EVERY = 60;
const POLL_PAUSE_MS = 30;

export async function runWriters(options: RunOptions): Promise<Run> {
  const { server, changes, writers } = options;
  const database = await server.createDatabase();
  const owner = await openKratosDatabase(server.url('kratos', '', database));
  const people = await addPeople(owner, changes);
  await owner.unsafe('DELETE FROM postern.outbox WHERE id > 0');
  const sql = postgres(server.url('kratos', '', database), { max: writers, onnotice: () => {} });
  const committed = new Map<string, number>();
  const rolledBack = new Set<string>();
  const write = async (writer: number) => {
    for (let index = writer; index < changes; index += writers) {
      const id = people[index]?.sessionId ?? '';
      const spare = people[(index + 1) % changes]?.sessionId ?? '';
      const kind = KINDS[Math.floor(Math.random() * KINDS.length)] ?? 'plain';
      await changeOne(sql, { id, spare, kind, isLong: index % LONG_EVERY === 0 });
      if (kind === 'rollback') rolledBack.add(id);
      else committed.set(id, performance.now());
    }
  };
  const log = new RecordedLog();
  log.isDown = () => Math.random() < options.crashShare;
  const reading = new Reading(
    options.open,
    server.url('postern_reader', READER_PASSWORD, database),
    log,
  );
  let isWriting = true;
  const polling = (async () => {
    while (isWriting) await reading.poll(committed);
    log.isDown = () => false;
    for (let more = 0; more < 3; more += 1) await reading.poll(committed);
  })();
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  isWriting = false;
  await polling;
  await sql.end();
  await owner.end();
  const lags = [...reading.lags.values()].sort((one, other) => one - other);
  return {
    committed: committed.size,
    missed: [...committed.keys()].filter((id) => !log.keys.has(`s:${id}`)).length,
    invented: [...rolledBack].filter((id) => log.keys.has(`s:${id}`)).length,
    polls: reading.polls,
    liedPolls: reading.liedPolls,
    lagP99: Math.round(lags[Math.floor(lags.length * 0.99)] ?? Number.NaN),
  };
}

interface OneChange {
  readonly id: string;
  readonly spare: string;
  readonly kind: (typeof KINDS)[number];
  readonly isLong: boolean;
}

async function changeOne(sql: postgres.Sql, { id, spare, kind, isLong }: OneChange): Promise<void> {
  const end = (on: postgres.Sql | postgres.TransactionSql, session: string) =>
    on`UPDATE sessions SET active = FALSE, updated_at = now() WHERE id = ${session} AND active`;
  if (kind === 'plain' && !isLong) {
    await end(sql, id);
    return;
  }
  try {
    await sql.begin(async (transaction) => {
      await end(transaction, id);
      if (kind === 'savepoint') {
        await transaction
          .savepoint(async (inner) => {
            await inner`UPDATE sessions SET aal = 'aal3' WHERE id = ${spare}`;
            throw new Undone();
          })
          .catch(unlessUndone);
      }
      if (isLong) await transaction`SELECT pg_sleep(1)`;
      if (kind === 'rollback') throw new Undone();
    });
  } catch (error) {
    unlessUndone(error);
  }
}

class Undone extends Error {}

function unlessUndone(error: unknown): void {
  if (!(error instanceof Undone)) throw error;
}

/** The reader. After a failure it goes on, or is started anew from the log's state, as after a crash of the log's object. */
class Reading {
  polls = 0;
  liedPolls = 0;
  readonly lags = new Map<string, number>();
  readonly #open: () => ReturnType<typeof openOutbox>;
  readonly #log: RecordedLog;
  #reader: ReturnType<typeof openOutbox>;
  #hasFailed = false;

  constructor(open: typeof openOutbox, url: string, log: RecordedLog) {
    this.#log = log;
    const report = ({ event }: { event: string }) => {
      if (event === 'outbox-failure') this.#hasFailed = true;
    };
    this.#open = () => open(url, { log, now: () => performance.now(), report });
    this.#reader = this.#open();
  }

  async poll(committed: ReadonlyMap<string, number>): Promise<void> {
    await this.#reader.read();
    this.polls += 1;
    const watermark = this.#reader.watermark();
    const provenAt = watermark === undefined ? 0 : performance.now() - watermark.ageMs;
    let hasLied = false;
    for (const [id, at] of committed) {
      if (!this.#log.keys.has(`s:${id}`)) hasLied ||= at < provenAt;
      else if (!this.lags.has(id)) this.lags.set(id, Math.max(0, performance.now() - at));
    }
    if (hasLied) this.liedPolls += 1;
    if (this.#hasFailed && Math.random() < 0.5) this.#reader = this.#open();
    this.#hasFailed = false;
    await new Promise((resolve) => setTimeout(resolve, POLL_PAUSE_MS));
  }
}

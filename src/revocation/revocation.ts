import type { Report } from '../runtime/report.ts';
import { LogClient, type LogClientOptions } from './log-client.ts';
import type { RevocationLogStub, Watermark } from './log-protocol.ts';
import { LogWriter } from './log-writer.ts';
import { RevocationReplica } from './revocation-replica.ts';
import { NO_REVOCATION_LOG, type RevocationView } from './revocation-view.ts';
import { WholeView } from './whole-view.ts';

export interface RevocationOptions {
  readonly openLog: () => RevocationLogStub;
  readonly lagMs: number;
  /** The longest lifetime of a check, in milliseconds. */
  readonly checkLifeMs: number;
  /** The longest lifetime of a token, in milliseconds. */
  readonly tokenLifeMs: number;
  readonly maxMarks: number;
  /** Whether the log reads an outbox in the store's database. @default false */
  readonly hasOutbox?: boolean;
  readonly sums?: LogClientOptions['sums'];
  readonly now: () => number;
  readonly report: Report;
}

/** The revocation log as one isolate uses it. */
export interface Revocation {
  /** The view for checks at the store. */
  readonly view: RevocationView;
  /** The view for tokens. */
  readonly tokenView: RevocationView;
  /** `undefined` if the site has no log. */
  readonly writer: LogWriter | undefined;
  /** Asks the log for its health. */
  readonly readHealth: () => Promise<LogHealth>;
}

/** The health of the log. */
export interface LogHealth {
  /** Whether the log answers; `true` if the site has no log. */
  readonly isReadable: boolean;
  /** The extent to which the log knows changes made in the store; `undefined` if it does not know. */
  readonly watermark?: Watermark | undefined;
}

/** The deadline of one call to the log. */
const LOG_TIMEOUT_MS = 1000;

/** For sites without a log. Freshness alone limits how long a revoked session is served. */
export const NO_REVOCATION: Revocation = Object.freeze({
  view: NO_REVOCATION_LOG,
  tokenView: NO_REVOCATION_LOG,
  writer: undefined,
  readHealth: async () => ({ isReadable: true }),
});

/** Creates the reader and the writer of the log for one isolate. */
export function createRevocation({
  openLog,
  lagMs,
  checkLifeMs,
  tokenLifeMs,
  maxMarks,
  hasOutbox = false,
  sums,
  now,
  report,
}: RevocationOptions): Revocation {
  const timeoutMs = LOG_TIMEOUT_MS;
  const limits = { checkLifeMs, tokenLifeMs, maxMarks };
  const log = new LogClient({
    open: openLog,
    timeoutMs,
    limits: hasOutbox ? limits : undefined,
    sums,
    report,
  });
  const view = new RevocationReplica({ log, lagMs, timeoutMs, maxMarks, now });
  const writer = new LogWriter({ log, view, ...limits, now });
  const readHealth = async () => {
    // No mark is behind this position, so the answer is one page of any log.
    const page = await log.read(Number.MAX_SAFE_INTEGER);
    return { isReadable: page !== undefined, watermark: page?.watermark };
  };
  return { view, tokenView: new WholeView(view), writer, readHealth };
}

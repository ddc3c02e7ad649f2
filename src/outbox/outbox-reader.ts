import { OUTBOX_TIMEOUT_MS, type Watermark } from '../revocation/log-protocol.ts';
import type { Mark } from '../revocation/mark.ts';
import type { MarkSource } from '../revocation/revocation-log.ts';
import { LATE, within } from '../runtime/deadline.ts';
import type { OperatorEvent, Report } from '../runtime/report.ts';
import { Channel, type ChannelState } from './channel.ts';
import { readPollAnswer } from './poll-statement.ts';
import { combineMarks, marksOfRows } from './row-marks.ts';

/** A connection to Kratos's database. */
export interface OutboxDatabase {
  /** Sends the statement of a poll. Rejects if the database refuses it or cannot be reached; may never settle. */
  poll(parameters: readonly [recordedIds: string, poll: string]): Promise<readonly object[]>;
  /** Drops the connection. The next poll opens a new one. */
  drop(): void;
}

/** The revocation log, as the reader writes to it. */
export interface OutboxLog {
  /** Records marks, and the state of the channel, durably: all or none. */
  record(marks: readonly Mark[], state: ChannelState | undefined): Promise<void>;
  /** The number of marks that deny tokens for which changes in Kratos have room. */
  room(): number;
  /** Returns the recorded state. */
  readState(): ChannelState | undefined;
}

export interface OutboxReaderOptions {
  readonly database: OutboxDatabase;
  readonly log: OutboxLog;
  readonly now: () => number;
  readonly report: Report;
}

/** For so long a reading goes on while polls are full. */
const READING_MS = 3000;

/** The same line is logged again after this time. */
const REPEAT_MS = 60_000;

/** Reads the outbox in Kratos's database, and records a mark for each change. */
export class OutboxReader implements MarkSource {
  readonly #options: OutboxReaderOptions;
  readonly #channel: Channel;
  /** The rows whose marks are recorded, which the next poll removes. */
  #recorded: readonly string[] = [];
  #stored: string;
  #lastLine = { text: '', at: 0 };

  constructor(options: OutboxReaderOptions) {
    this.#options = options;
    const state = options.log.readState();
    this.#channel = new Channel(state);
    this.#stored = JSON.stringify(state);
  }

  watermark(): Watermark | undefined {
    return this.#channel.watermark(this.#options.now());
  }

  /** Takes all visible rows, in as many polls as they need. Never rejects: a failure is told to the operator. */
  async read(): Promise<void> {
    const { now, database } = this.#options;
    const until = now() + READING_MS;
    try {
      let isComplete = false;
      while (!isComplete && now() < until) isComplete = await this.#poll();
    } catch (error) {
      database.drop();
      this.#report({ event: 'outbox-failure', reason: reasonOf(error) });
    }
  }

  /** Makes one poll, and records the marks of its rows. Returns whether these were all visible rows. */
  async #poll(): Promise<boolean> {
    const { database, log, now } = this.#options;
    const channel = this.#channel;
    const poll = crypto.randomUUID();
    const sentAt = now();
    const removing = this.#recorded.length;
    channel.noteSent(removing);
    const sent = database.poll([`{${this.#recorded.join(',')}}`, poll]);
    const answer = await within(OUTBOX_TIMEOUT_MS, sent);
    if (answer === LATE) throw new PollTimeout();
    const { rows, isComplete, facts } = readPollAnswer(answer, poll);
    const found = channel.noteAnswer(facts, now(), removing);
    this.#recorded = [];
    if (found !== undefined) this.#report({ event: 'outbox-broken', problem: found });
    // Until the marks are recorded, no row counts as recorded, and nothing is proven.
    await this.#record(
      combineMarks(marksOfRows(rows), () => log.room()),
      channel.stateWith(rows.length),
    );
    this.#recorded = rows.map(({ id }) => id);
    if (isComplete) channel.noteProof(sentAt);
    return isComplete;
  }

  async #record(marks: readonly Mark[], state: ChannelState | undefined): Promise<void> {
    const stored = JSON.stringify(state);
    if (marks.length === 0 && stored === this.#stored) return;
    await this.#options.log.record(marks, state);
    this.#stored = stored;
  }

  #report(event: OperatorEvent): void {
    const { now, report } = this.#options;
    const text = JSON.stringify(event);
    const { text: last, at } = this.#lastLine;
    if (text === last && now() - at < REPEAT_MS) return;
    this.#lastLine = { text, at: now() };
    report(event);
  }
}

class PollTimeout extends Error {
  readonly code = 'poll-timeout';
}

/** Returns the code of a failure: PostgreSQL's SQLSTATE or the driver's. Messages could contain names and addresses. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^[\w-]{1,40}$/.test(code)) return code;
  return error instanceof Error ? error.name : 'unknown';
}

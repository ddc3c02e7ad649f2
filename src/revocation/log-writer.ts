import type { LogClient } from './log-client.ts';
import { type AppendAnswer, type AppendOptions, LOG_START, type LogPage } from './log-protocol.ts';
import type { LogView } from './log-view.ts';
import type { Mark } from './mark.ts';

export interface LogWriterOptions {
  readonly log: Pick<LogClient, 'append'>;
  readonly view: Pick<LogView, 'position' | 'learn'>;
  /** How long a check can be of use, in milliseconds. */
  readonly checkLifeMs: number;
  /** The same of a token. */
  readonly tokenLifeMs: number;
  readonly maxMarks: number;
  readonly now: () => number;
}

/** What a writer asks of the log besides recording marks. */
export type WriteRequest = Pick<AppendOptions, 'once' | 'remember' | 'recall'>;

const NOTHING_NEW: LogPage = Object.freeze({ marks: [], position: LOG_START, hasMore: false });

/** Recording is tried again after so many milliseconds; marking a subject twice says no more than once. */
const RETRIES_MS = [50, 250];

/** Writes marks to the log, and so to this isolate's own view, which does not wait for its next refresh. */
export class LogWriter {
  readonly #options: LogWriterOptions;

  constructor(options: LogWriterOptions) {
    this.#options = options;
  }

  /**
   * Records marks with patience, since nobody else will.
   *
   * @returns whether they were recorded, had been by an earlier message of that name, or could not be
   */
  async record(
    marks: readonly Mark[],
    once?: NonNullable<AppendOptions['once']>,
  ): Promise<AppendAnswer['kind'] | 'unrecorded'> {
    const answer = await this.append(marks, once === undefined ? {} : { once });
    return answer?.kind ?? 'unrecorded';
  }

  /**
   * Writes to the log, and tries again where no answer comes. Without marks it shows whether the log can be reached.
   *
   * @returns the log's answer; `undefined` when none came, which says nothing of what was recorded
   */
  async append(
    marks: readonly Mark[],
    request: WriteRequest = {},
  ): Promise<AppendAnswer | undefined> {
    const first = await this.#appendOnce(marks, request);
    if (first !== undefined) return first;
    for (const delayMs of RETRIES_MS) {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const again = await this.#appendOnce(marks, request);
      // "Repeated" is then our own attempt, of which we were not told.
      if (again?.kind === 'repeated') return { kind: 'recorded', page: NOTHING_NEW };
      if (again !== undefined) return again;
    }
    return undefined;
  }

  async #appendOnce(
    marks: readonly Mark[],
    request: WriteRequest,
  ): Promise<AppendAnswer | undefined> {
    const { log, view, checkLifeMs, tokenLifeMs, maxMarks, now } = this.#options;
    const cursor = view.position();
    const sentAt = now();
    const limits = { cursor, checkLifeMs, tokenLifeMs, maxMarks };
    const answer = await log.append(marks, { ...limits, ...request });
    if (answer?.kind === 'recorded') view.learn(answer.page, cursor, sentAt);
    return answer;
  }
}

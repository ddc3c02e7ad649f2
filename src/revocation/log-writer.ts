import type { LogClient } from './log-client.ts';
import { type AppendAnswer, type AppendOptions, LOG_START, type LogPage } from './log-protocol.ts';
import type { Mark } from './mark.ts';
import type { RevocationReplica } from './revocation-replica.ts';

export interface LogWriterOptions {
  readonly log: Pick<LogClient, 'append'>;
  readonly view: Pick<RevocationReplica, 'position' | 'learn'>;
  /** The longest lifetime of a check, in milliseconds. */
  readonly checkLifeMs: number;
  /** The longest lifetime of a token, in milliseconds. */
  readonly tokenLifeMs: number;
  readonly maxMarks: number;
  readonly now: () => number;
}

/** The parts of a write besides the marks. */
export type WriteRequest = Pick<AppendOptions, 'once' | 'remember' | 'recall'>;

const NOTHING_NEW: LogPage = Object.freeze({ marks: [], position: LOG_START, hasMore: false });

/**
 * Delays before each retry, in milliseconds. Retries are safe: a subject that is marked twice is revoked the same
 * way.
 */
const RETRIES_MS = [50, 250];

/** Writes marks to the log. The log's answer updates this isolate's view at once, before its next refresh. */
export class LogWriter {
  readonly #options: LogWriterOptions;

  constructor(options: LogWriterOptions) {
    this.#options = options;
  }

  /**
   * Records marks, and retries because no later call would record them.
   *
   * @returns `recorded`; `repeated` if an earlier message of that name recorded them; `unrecorded` if all attempts
   *   failed
   */
  async record(
    marks: readonly Mark[],
    once?: NonNullable<AppendOptions['once']>,
  ): Promise<AppendAnswer['kind'] | 'unrecorded'> {
    const answer = await this.append(marks, once === undefined ? {} : { once });
    return answer?.kind ?? 'unrecorded';
  }

  /**
   * Appends to the log, and retries if no answer comes. Without marks it tests whether the log can be reached.
   *
   * @returns the log's answer. `undefined` if no answer came; the marks may be recorded nevertheless
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
      // "Repeated" then means that an earlier attempt of this call was recorded, and its answer was lost.
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

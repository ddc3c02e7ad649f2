import type { LogClient } from './log-client.ts';
import type { AppendAnswer, AppendOptions } from './log-protocol.ts';
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

/** Recording is tried again after so many milliseconds; marking a subject twice says no more than once. */
const RETRIES_MS = [50, 250];

/** Writes marks to the log, and so to this isolate's own view, which does not wait for its next refresh. */
export class LogWriter {
  readonly #options: LogWriterOptions;

  constructor(options: LogWriterOptions) {
    this.#options = options;
  }

  /**
   * Records marks; definite ones with patience, since nobody else will.
   *
   * @returns whether they were recorded, had been by an earlier message of that name, or could not be
   */
  async record(
    marks: readonly Mark[],
    once?: NonNullable<AppendOptions['once']>,
  ): Promise<AppendAnswer['kind'] | 'unrecorded'> {
    const first = await this.#append(marks, once);
    if (first !== undefined || marks.every(({ isTentative }) => isTentative)) {
      return first ?? 'unrecorded';
    }
    for (const delayMs of RETRIES_MS) {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      // "Repeated" is then our own attempt, of which we were not told.
      if ((await this.#append(marks, once)) !== undefined) return 'recorded';
    }
    return 'unrecorded';
  }

  async #append(
    marks: readonly Mark[],
    once: AppendOptions['once'],
  ): Promise<AppendAnswer['kind'] | undefined> {
    const { log, view, checkLifeMs, tokenLifeMs, maxMarks, now } = this.#options;
    const cursor = view.position();
    const sentAt = now();
    const limits = { cursor, checkLifeMs, tokenLifeMs, maxMarks };
    const answer = await log.append(marks, once === undefined ? limits : { ...limits, once });
    if (answer?.kind === 'recorded') view.learn(answer.page, cursor, sentAt);
    return answer?.kind;
  }
}

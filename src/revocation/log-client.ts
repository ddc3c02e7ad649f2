import { LATE, within } from '../runtime/deadline.ts';
import type { Report } from '../runtime/report.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { IsolateSums } from './isolate-sums.ts';
import { isAppendAnswer, isLogPage } from './log-answers.ts';
import type {
  AppendAnswer,
  AppendOptions,
  LogPage,
  LogPosition,
  MarkLimits,
  RevocationLogStub,
} from './log-protocol.ts';
import type { Mark } from './mark.ts';

export interface LogClientOptions {
  /** Opens a new stub of the log for each call, because a stub that failed stays broken. */
  readonly open: () => RevocationLogStub;
  /** The deadline of one call, unless the call has its own. */
  readonly timeoutMs: number;
  /** The limits of marks that the log makes of an outbox. Left out if it reads none. */
  readonly limits?: MarkLimits | undefined;
  /** Returns the counts of this isolate if they are due. Left out if none are sent. */
  readonly sums?: (() => IsolateSums | undefined) | undefined;
  /** Takes an event for every call that failed, missed its deadline or had an unusable answer. */
  readonly report: Report;
}

export interface ReadOptions {
  /** If the marks do not fit one page: whether the page has the newest of them. */
  readonly isNewestFirst: boolean;
  readonly timeoutMs: number;
  /** Takes a page that arrives after the deadline. */
  readonly takeLate: (page: LogPage) => void;
  /** Keeps the call running after the deadline. */
  readonly waitUntil: WaitUntil;
}

/** Late calls are abandoned after this time. */
const LATE_MS = 10_000;

/**
 * The connection of one isolate to the log. Every call has a deadline. A failed call returns `undefined` and never
 * throws.
 */
export class LogClient {
  readonly #options: LogClientOptions;

  constructor(options: LogClientOptions) {
    this.#options = options;
  }

  /** Reads a page. Returns `undefined` if no usable page came in time. */
  async read(cursor: LogPosition, options?: ReadOptions): Promise<LogPage | undefined> {
    const page = this.#readWithSums(cursor, options?.isNewestFirst);
    const answer = await within(options?.timeoutMs ?? this.#options.timeoutMs, page);
    if (answer === LATE) options?.waitUntil(takeLate(page, cursor, options.takeLate));
    else if (answer !== undefined && isLogPage(answer, cursor)) return answer;
    this.#reportFailure('read');
    return undefined;
  }

  /** Appends marks. Returns `undefined` if the log did not confirm them; they may be recorded nevertheless. */
  async append(marks: readonly Mark[], options: AppendOptions): Promise<AppendAnswer | undefined> {
    const answer = await within(
      this.#options.timeoutMs,
      this.#call((log) => log.append(marks, options)),
    );
    if (answer !== LATE && answer !== undefined && isAppendAnswer(answer, options.cursor)) {
      return answer;
    }
    this.#reportFailure('append');
    return undefined;
  }

  /** Reads a page, and sends the isolate's sums with it if they are due. A log that fails with them is read without. */
  async #readWithSums(cursor: LogPosition, isNewestFirst = false): Promise<LogPage | undefined> {
    const { limits } = this.#options;
    const sums = this.#options.sums?.();
    const page =
      sums === undefined
        ? undefined
        : await this.#call((log) => log.read(cursor, { isNewestFirst, limits, sums }));
    return page ?? this.#call((log) => log.read(cursor, { isNewestFirst, limits }));
  }

  #reportFailure(operation: 'read' | 'append'): void {
    this.#options.report({ event: 'revocation-log-failure', operation });
  }

  /** Calls the log; `undefined` if the call fails. Its answer is not checked yet. */
  async #call<Answer>(
    call: (log: RevocationLogStub) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    try {
      return await call(this.#options.open());
    } catch {
      return undefined;
    }
  }
}

/** Takes a page that comes late. The read is already counted as failed. */
async function takeLate(
  page: Promise<LogPage | undefined>,
  cursor: LogPosition,
  take: (page: LogPage) => void,
): Promise<void> {
  const answer = await within(LATE_MS, page);
  if (answer !== LATE && answer !== undefined && isLogPage(answer, cursor)) take(answer);
}

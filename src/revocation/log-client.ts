import { LATE, within } from '../runtime/deadline.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import { isAppendAnswer, isLogPage } from './log-answers.ts';
import type {
  AppendAnswer,
  AppendOptions,
  LogPage,
  LogPosition,
  RevocationLogStub,
} from './log-protocol.ts';
import type { Mark } from './mark.ts';

export interface LogClientOptions {
  /** Opens a new stub of the log for each call, because a stub that failed stays broken. */
  readonly open: () => RevocationLogStub;
  /** The deadline of one call, unless the call has its own. */
  readonly timeoutMs: number;
  /** Called for every call that failed, missed its deadline or had an unusable answer. */
  readonly onFailure: (operation: 'read' | 'append') => void;
}

export interface ReadOptions {
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
    const page = this.#call(
      (log) => log.read(cursor),
      (answer) => isLogPage(answer, cursor),
    );
    try {
      const answer = await within(options?.timeoutMs ?? this.#options.timeoutMs, page);
      if (answer !== LATE) return answer;
      options?.waitUntil(takeLate(page, options.takeLate));
    } catch {
      // counted like a read that missed its deadline
    }
    this.#options.onFailure('read');
    return undefined;
  }

  /** Appends marks. Returns `undefined` if the log did not confirm them; they may be recorded nevertheless. */
  async append(marks: readonly Mark[], options: AppendOptions): Promise<AppendAnswer | undefined> {
    const answer = this.#call(
      (log) => log.append(marks, options),
      (value) => isAppendAnswer(value, options.cursor),
    );
    try {
      const confirmed = await within(this.#options.timeoutMs, answer);
      if (confirmed !== LATE) return confirmed;
    } catch {
      // counted like an append that missed its deadline
    }
    this.#options.onFailure('append');
    return undefined;
  }

  async #call<Answer>(
    call: (log: RevocationLogStub) => Promise<Answer>,
    isUsable: (answer: unknown) => boolean,
  ): Promise<Answer> {
    const answer = await call(this.#options.open());
    if (!isUsable(answer)) throw new Error('the log gave an answer that is none');
    return answer;
  }
}

async function takeLate(page: Promise<LogPage>, take: (page: LogPage) => void): Promise<void> {
  try {
    const answer = await within(LATE_MS, page);
    if (answer !== LATE) take(answer);
  } catch {
    // the read is already counted as failed
  }
}

import { LATE, within } from '../runtime/deadline.ts';
import type { Anchor } from '../runtime/single-flight.ts';
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
  /** A new way to the log for each call: one that failed stays broken. */
  readonly open: () => RevocationLogStub;
  /** For one call, unless it says otherwise. */
  readonly timeoutMs: number;
  /** Told of every call that failed, took too long or was answered by something unusable. */
  readonly onFailure: (operation: 'read' | 'append') => void;
}

export interface ReadOptions {
  readonly timeoutMs: number;
  /** Takes a page that comes when nobody waits for it any more. */
  readonly takeLate: (page: LogPage) => void;
  /** Keeps the call going until then. */
  readonly anchor: Anchor;
}

/** No call is kept going for longer. */
const LATE_MS = 10_000;

/** The log as one isolate reaches it: every call has a deadline, and a failure is `undefined`, never thrown. */
export class LogClient {
  readonly #options: LogClientOptions;

  constructor(options: LogClientOptions) {
    this.#options = options;
  }

  /** `undefined` when no usable page came in time. */
  async read(cursor: LogPosition, options?: ReadOptions): Promise<LogPage | undefined> {
    const page = this.#call(
      (log) => log.read(cursor),
      (answer) => isLogPage(answer, cursor),
    );
    try {
      const answer = await within(options?.timeoutMs ?? this.#options.timeoutMs, page);
      if (answer !== LATE) return answer;
      options?.anchor(takeLate(page, options.takeLate));
    } catch {
      // counted like a read that took too long
    }
    this.#options.onFailure('read');
    return undefined;
  }

  /** `undefined` when it was not confirmed; it may have been recorded nevertheless. */
  async append(marks: readonly Mark[], options: AppendOptions): Promise<AppendAnswer | undefined> {
    const answer = this.#call(
      (log) => log.append(marks, options),
      (value) => isAppendAnswer(value, options.cursor),
    );
    try {
      const confirmed = await within(this.#options.timeoutMs, answer);
      if (confirmed !== LATE) return confirmed;
    } catch {
      // counted like an append that took too long
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
    // the read was counted as failed before
  }
}

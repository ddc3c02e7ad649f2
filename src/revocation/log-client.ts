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
  /** For one call. */
  readonly timeoutMs: number;
  /** Told of every call that failed or took too long. */
  readonly onFailure: (operation: 'read' | 'append') => void;
}

/** The log as one isolate reaches it: every call has a deadline, and a failure is `undefined`, never thrown. */
export class LogClient {
  readonly #options: LogClientOptions;

  constructor(options: LogClientOptions) {
    this.#options = options;
  }

  read(cursor: LogPosition): Promise<LogPage | undefined> {
    return this.#call('read', (log) => log.read(cursor));
  }

  /** `undefined` when it was not confirmed; it may have been recorded nevertheless. */
  append(marks: readonly Mark[], options: AppendOptions): Promise<AppendAnswer | undefined> {
    return this.#call('append', (log) => log.append(marks, options));
  }

  async #call<Value>(
    operation: 'read' | 'append',
    call: (log: RevocationLogStub) => Promise<Value>,
  ): Promise<Value | undefined> {
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('log timeout')), this.#options.timeoutMs);
    try {
      return await Promise.race([call(this.#options.open()), timeout]);
    } catch {
      this.#options.onFailure(operation);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

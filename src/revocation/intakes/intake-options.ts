import type { LogWriter } from '../log-writer.ts';
import type { IntakeLog } from './intake-log.ts';

/** What every intake works with. */
export interface IntakeOptions {
  readonly writer: Pick<LogWriter, 'record'>;
  readonly log: IntakeLog;
  readonly now: () => number;
}

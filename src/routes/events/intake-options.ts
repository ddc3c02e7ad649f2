import type { IntakeLog } from './intake-log.ts';
import type { Recorder } from './recorder.ts';

/** What every intake works with. */
export interface IntakeOptions {
  readonly recorder: Recorder;
  readonly log: IntakeLog;
  readonly now: () => number;
}

import type { IntakeLog } from './intake-log.ts';
import type { Recorder } from './recorder.ts';

/** Options that every intake needs. */
export interface IntakeOptions {
  readonly recorder: Recorder;
  readonly log: IntakeLog;
  readonly now: () => number;
}

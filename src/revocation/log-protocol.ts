// Pure: no I/O, no clock. What the log and its readers say to each other.
import type { Mark, MarkSubject } from './mark.ts';

/**
 * A place in the log: every mark has its own, later ones a greater one, across any restart or replacement
 * of the log. Its value is about the log's time in milliseconds, which serves measurement; order alone
 * decides what is revoked.
 */
export type LogPosition = number;

/** Before the first mark there can be. */
export const LOG_START: LogPosition = 0;

/** What the log knows of one subject. */
export interface RecordedMark {
  readonly key: string;
  /** Where it was last marked: checks begun in ignorance of this place are not believed. */
  readonly position: LogPosition;
  /** Tokens issued at or before this are denied, in milliseconds since the epoch; 0 for none. */
  readonly issuedBefore: number;
  /** When nothing it could apply to can be alive any more, in milliseconds since the epoch. */
  readonly keepUntil: number;
}

/** Every subject marked after the cursor, oldest first, as far as one answer holds. */
export interface LogPage {
  readonly marks: readonly RecordedMark[];
  /** The cursor to go on from: the reader now knows every mark up to here. */
  readonly position: LogPosition;
  readonly hasMore: boolean;
}

export interface AppendOptions {
  /** The writer's own cursor: the answer brings its view up to date. */
  readonly cursor: LogPosition;
  /** How long a check can be of use, and so a mark on it, in milliseconds. */
  readonly checkLifeMs: number;
  /** The same of a token, which only definite marks concern. */
  readonly tokenLifeMs: number;
  /** Subjects the log names before it folds the oldest into coarser ones. */
  readonly maxMarks: number;
  /** Names a message, so that it is acted upon once. */
  readonly once?: { readonly key: string; readonly keepMs: number };
  /** Kept with the marks, for the retry of a change that can no longer find out whom it is about. */
  readonly remember?: Remembered;
  /** The name of which the answer says what was kept. */
  readonly recall?: string;
}

/** Whom a change is about, by the names under which a retry of it asks. */
export interface Remembered {
  readonly keys: readonly string[];
  readonly about: readonly MarkSubject[];
}

export type AppendAnswer =
  | {
      readonly kind: 'recorded';
      readonly page: LogPage;
      /** What was kept under the name to recall; left out when nothing was. */
      readonly recalled?: readonly MarkSubject[];
    }
  /** The message had been acted upon before; nothing was recorded. */
  | { readonly kind: 'repeated' };

/** The log as it is reached from an isolate. Any call may reject, and may never settle. */
export interface RevocationLogStub {
  read(cursor: LogPosition): Promise<LogPage>;
  append(marks: readonly Mark[], options: AppendOptions): Promise<AppendAnswer>;
}

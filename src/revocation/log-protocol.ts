// Pure: no I/O, no clock. The messages between the log and its readers and writers.
import type { IsolateSums, KeptSums } from './isolate-sums.ts';
import type { Mark, MarkSubject } from './mark.ts';

/**
 * The place of a mark in the log. Every mark has its own position, and a later mark has a greater one. This holds
 * across restarts and replacements of the log. A position is about the log's time in milliseconds, which is used for
 * measurement. Revocation is decided by order alone.
 */
export type LogPosition = number;

/** The name of the Durable Object. A deployment has one log. */
export const LOG_NAME = 'log';

/** The position before every mark. */
export const LOG_START: LogPosition = 0;

/** The mark of one subject, as recorded in the log. */
export interface RecordedMark {
  readonly key: string;
  /** The position of the last mark. A check that started with a smaller known position does not count. */
  readonly position: LogPosition;
  /** Tokens issued at or before this are denied, in milliseconds since the epoch; 0 for none. */
  readonly issuedBefore: number;
  /**
   * The time after which the mark can no longer apply to a live session or token, in milliseconds since the epoch.
   */
  readonly keepUntil: number;
}

/** The subjects marked after the cursor, as many as one answer can hold: the oldest of them, or the newest. */
export interface LogPage {
  readonly marks: readonly RecordedMark[];
  /** The page has every mark between this position and its own. Absent: the cursor. */
  readonly after?: LogPosition;
  /** The next cursor. The reader now knows every mark up to this position. */
  readonly position: LogPosition;
  readonly hasMore: boolean;
  /** The log's knowledge of changes made in the store directly. Absent: no outbox is read, or its channel is broken. */
  readonly watermark?: Watermark;
}

/** Time from the sending of one poll of the outbox to the sending of the next, while polls are answered. */
export const OUTBOX_POLL_MS = 1000;
/** The deadline of one poll of the outbox. */
export const OUTBOX_TIMEOUT_MS = 2000;

/**
 * The extent to which the log knows the store's own changes. All times are durations that end when the log made the answer, so no
 * two clocks are compared. Together they say: every change that was committed in the store between `unbrokenForMs` and
 * `ageMs` before the answer has its mark in the log.
 */
export interface Watermark {
  /**
   * The time since the last poll was *sent* that took all visible rows of the outbox, and whose marks are recorded. In
   * milliseconds.
   */
  readonly ageMs: number;
  /**
   * The time for which the channel has been unbroken, in milliseconds: since the first poll after the last break was
   * answered. A break is any time in which a change may have left no row (a trigger that was missing or disabled), or in
   * which rows may have been lost. A poll that only failed or was late is no break: the next one reads its rows.
   */
  readonly unbrokenForMs: number;
}

export interface AppendOptions {
  /** The position of the writer's view. The answer brings the view up to date. */
  readonly cursor: LogPosition;
  /** The longest lifetime of a check, and so of a mark that applies to checks, in milliseconds. */
  readonly checkLifeMs: number;
  /** The longest lifetime of a token, in milliseconds. Only definite marks apply to tokens. */
  readonly tokenLifeMs: number;
  /** Maximum number of subjects in the log. Beyond it the oldest are folded into coarser ones. */
  readonly maxMarks: number;
  /** The name of a message, so that the message is processed once. */
  readonly once?: { readonly key: string; readonly keepMs: number };
  /** Stored with the marks. A retry of the change needs it if the session no longer names its subjects. */
  readonly remember?: Remembered;
  /** The name of an earlier change. The answer returns what was stored under this name. */
  readonly recall?: string;
}

/** The subjects of a change, and the names under which a retry looks them up. */
export interface Remembered {
  readonly keys: readonly string[];
  readonly about: readonly MarkSubject[];
}

export type AppendAnswer =
  | {
      readonly kind: 'recorded';
      readonly page: LogPage;
      /** The subjects stored under the `recall` name; absent if there are none. */
      readonly recalled?: readonly MarkSubject[];
    }
  /** The message was processed before, so the log recorded no mark. */
  | { readonly kind: 'repeated' };

/** Lifetimes and maximum number of marks, as in `AppendOptions`. */
export type MarkLimits = Pick<AppendOptions, 'checkLifeMs' | 'tokenLifeMs' | 'maxMarks'>;

export interface LogReadOptions {
  /** The limits of marks that the log itself makes of an outbox. It makes none until an isolate has said them. */
  readonly limits?: MarkLimits | undefined;
  /** If the marks do not fit one page: whether the page has the newest of them, in place of the oldest. */
  readonly isNewestFirst?: boolean;
  /** The isolate's counts, for operators. The page does not depend on them. */
  readonly sums?: IsolateSums;
}

/** The log as an isolate calls it. Any call may reject, or may never settle. */
export interface RevocationLogStub {
  /** Returns the marks after the cursor, one page per call. */
  read(cursor: LogPosition, options?: LogReadOptions): Promise<LogPage>;
  append(marks: readonly Mark[], options: AppendOptions): Promise<AppendAnswer>;
}

/** The state of the log, for operators. */
export interface LogStatus extends Pick<LogPage, 'position' | 'watermark'> {
  /** The number of subjects in the log. */
  readonly marks: number;
  /** The last sums of each isolate, the oldest first. */
  readonly isolates: readonly KeptSums[];
}

/** The log as the status page calls it. Any call may reject, or may never settle. */
export interface LogStatusStub {
  status(): Promise<LogStatus>;
}

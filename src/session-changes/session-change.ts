// Pure: no I/O, no clock.
import type { Reason } from '../errors/reasons.ts';
import type { Remembered } from '../revocation/log-protocol.ts';
import type { Mark, MarkSubject } from '../revocation/mark.ts';
import type { Result } from '../runtime/result.ts';

/** The provider's answer to a change, as the client gets it; or the reason why the provider gave no answer. */
export type ChangeAnswer = Result<Response, Reason>;

/**
 * One request that may change sessions at a provider. Routes describe it. Only `ChangeMaker` sends it, between two
 * writes to the revocation log.
 */
export interface SessionChange {
  readonly intent: Intent;
  /** Sends the change. Called once, and only after the intent was recorded. */
  send(): Promise<ChangeAnswer>;
  /** Reads from the answer which subjects were changed. */
  conclude(answer: ChangeAnswer): Promise<Conclusion>;
}

/** The subjects that a change may concern, as known before it is sent. */
export type Intent =
  | {
      readonly kind: 'known';
      /** The subjects to mark tentatively: every subject that the change may concern. */
      readonly about: readonly MarkSubject[];
      /** The subjects to keep in the log, for a change whose retry can no longer find them out. */
      readonly remember?: Remembered;
    }
  /** The subjects are in the answer, if the change concerns any. No mark is written before the change is sent. */
  | {
      readonly kind: 'in-the-answer';
      /** Whether the change is sent only while the log can be written. */
      readonly needsLog: boolean;
    };

/** The subjects that a change concerned, according to its answer. */
export type Conclusion =
  /** The answer proves that the change was not made. */
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'changed';
      readonly marks: readonly Mark[];
      /** The client gets the answer even if these marks cannot be written: the answer does not promise their effect. */
      readonly isOptional?: boolean;
      /** The name of the change: the log keeps it with the marks, as a sign that they were written. */
      readonly settles?: string;
    }
  /**
   * The change was made, and no source knows for whom. `settles` is the name of the change: the log keeps it with the
   * marks, as a sign that they were written. A retry needs that sign when the store answers that the change is done.
   */
  | { readonly kind: 'nobody-found'; readonly settles?: string }
  /**
   * The change may have been made, and a source that knows for whom failed. The client gets 503 instead. The marks of the
   * subjects that are known are written.
   */
  | { readonly kind: 'not-told'; readonly marks?: readonly Mark[] };

/** A conclusion that marks subjects. */
type Changed = Conclusion & { readonly kind: 'changed' };

export const UNCHANGED: Conclusion = Object.freeze({ kind: 'unchanged' });
export const NOT_TOLD: Conclusion & { readonly kind: 'not-told' } = Object.freeze({
  kind: 'not-told',
});

/** Makes a change that writes no mark: there is no log, or no mark could reach its subjects. */
export function unrecordedChange(send: SessionChange['send']): SessionChange {
  const intent: Intent = { kind: 'in-the-answer', needsLog: false };
  return { intent, send, conclude: async () => UNCHANGED };
}

/** Concludes that the subjects' sessions ended: cached sessions are checked again, and tokens are denied. */
export function ending(subjects: readonly MarkSubject[]): Changed {
  return { kind: 'changed', marks: subjects.map((subject) => ({ subject, isTentative: false })) };
}

/** Has the subjects' cached sessions checked again; tokens stay valid. `settles`: the change's name, for its retry. */
export function rechecking(subjects: readonly MarkSubject[], settles?: string): Conclusion {
  const marks = subjects.map((subject) => ({ subject, isTentative: true }));
  return { kind: 'changed', marks, ...(settles !== undefined && { settles }) };
}

/** Has the log forget what it keeps for a retry of the change with this name. The client gets the answer in any case. */
export function settling(settles: string): Conclusion {
  return { kind: 'changed', marks: [], settles, isOptional: true };
}

/** Statuses of a refusal that an earlier try of the same request may have caused. */
const AFTER_AN_EARLIER_TRY = [404, 408, 409, 410];

/**
 * Returns whether the answer proves that the change was not made: the provider refused the request. A time-out, a
 * failure of the provider, or a refusal that an earlier try may have caused is no proof.
 */
export function provesUnchanged(answer: ChangeAnswer): boolean {
  if (!answer.ok) return false;
  const { status } = answer.value;
  return status >= 400 && status < 500 && !AFTER_AN_EARLIER_TRY.includes(status);
}

/** Concludes from the status alone: the sessions ended, unless the answer proves that the change was not made. */
export function endingUnlessRefused(
  subjects: readonly MarkSubject[],
): (answer: ChangeAnswer) => Promise<Conclusion> {
  return async (answer) => (provesUnchanged(answer) ? UNCHANGED : ending(subjects));
}

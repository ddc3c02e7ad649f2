// Pure: no I/O, no clock.
import type { Reason } from '../errors/reasons.ts';
import type { Remembered } from '../revocation/log-protocol.ts';
import type { Mark, MarkSubject } from '../revocation/mark.ts';
import type { Result } from '../runtime/result.ts';

/** What a provider answered to a change, as the client will get it; or why there is no answer of the provider's. */
export type ChangeAnswer = Result<Response, Reason>;

/**
 * One request that may change sessions at a provider. Routes describe it; `ChangeMaker` alone makes it, between two
 * marks in the revocation log.
 */
export interface SessionChange {
  readonly intent: Intent;
  /** Sends the change. Called once, and only after the intent was recorded. */
  send(): Promise<ChangeAnswer>;
  /** Reads from the answer who was changed. */
  conclude(answer: ChangeAnswer): Promise<Conclusion>;
}

/** Whom a change may concern, before it is sent. */
export type Intent =
  | {
      readonly kind: 'known';
      /** Marked tentatively, as widely as needed. */
      readonly about: readonly MarkSubject[];
      /** For a change after which its own retry can no longer find out whom it is about. */
      readonly remember?: Remembered;
    }
  /** Whom it concerns is in the answer, if it concerns anybody: nothing is marked before. */
  | {
      readonly kind: 'in-the-answer';
      /** Nothing is sent while the log cannot be written. */
      readonly needsLog: boolean;
    };

/** Whom a change concerned, by its answer. */
export type Conclusion =
  /** The answer proves that nothing was changed. */
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'changed';
      readonly marks: readonly Mark[];
      /** The answer promises nothing that these marks would have to keep: it is given although they cannot be written. */
      readonly isOptional?: boolean;
      readonly settles?: string;
    }
  /**
   * Something was changed, and nobody can say for whom. `settles` names the change: the log keeps with the marks that
   * they were written, for a retry that the store answers as done.
   */
  | { readonly kind: 'nobody-found'; readonly settles?: string }
  /** Something may have been changed, and a source that could say for whom failed: the answer is withheld. */
  | { readonly kind: 'not-told' };

export const UNCHANGED: Conclusion = Object.freeze({ kind: 'unchanged' });

/** Ends what is about the subjects: entries are checked again, tokens are denied. */
export function ending(subjects: readonly MarkSubject[]): Conclusion {
  return { kind: 'changed', marks: subjects.map((subject) => ({ subject, isTentative: false })) };
}

/** Has entries about the subjects checked again; tokens stay good. `settles`: the change's name, for its retry. */
export function rechecking(subjects: readonly MarkSubject[], settles?: string): Conclusion {
  const marks = subjects.map((subject) => ({ subject, isTentative: true }));
  return { kind: 'changed', marks, ...(settles !== undefined && { settles }) };
}

/** Statuses of a refusal that an earlier try of the same request may be the cause of. */
const AFTER_AN_EARLIER_TRY = [404, 408, 409, 410];

/**
 * Whether an answer proves that nothing was changed: the provider refused the request. A time-out, a failure of the
 * provider's, and what an earlier try may have caused prove nothing.
 */
export function provesUnchanged(answer: ChangeAnswer): boolean {
  if (!answer.ok) return false;
  const { status } = answer.value;
  return status >= 400 && status < 500 && !AFTER_AN_EARLIER_TRY.includes(status);
}

/** Concludes by the answer's status alone: ended, unless the answer proves that nothing was changed. */
export function endingUnlessRefused(
  subjects: readonly MarkSubject[],
): (answer: ChangeAnswer) => Promise<Conclusion> {
  return async (answer) => (provesUnchanged(answer) ? UNCHANGED : ending(subjects));
}

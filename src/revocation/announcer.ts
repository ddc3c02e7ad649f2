import { type Result, success } from '../errors/result.ts';
import type { MarkSubject } from './mark.ts';

/**
 * The one way in which a change of sessions is told to everyone: mark, change, mark again, then answer.
 */
export interface Announcer {
  /**
   * Makes a change at the store between two marks.
   *
   * @param expected whom the change may concern, as far as known before: marked tentatively
   * @param change makes the change, and says whom it really concerned (nobody when it failed)
   * @returns what `change` gave, or a failure when it was made but could not be told to everyone
   */
  announce<Value>(
    expected: readonly MarkSubject[],
    change: () => Promise<{ readonly value: Value; readonly changed: readonly MarkSubject[] }>,
  ): Promise<Result<Value, 'revocation_unrecorded'>>;
}

/** For sites that keep no log. */
export const SILENT_ANNOUNCER: Announcer = Object.freeze({
  async announce<Value>(
    _expected: readonly MarkSubject[],
    change: () => Promise<{ readonly value: Value; readonly changed: readonly MarkSubject[] }>,
  ) {
    return success((await change()).value);
  },
});

import { failed, type Result, success } from '../errors/result.ts';
import type { Announcer } from './announcer.ts';
import type { LogWriter } from './log-writer.ts';
import type { MarkSubject } from './mark.ts';

/**
 * Announces changes through the log: mark, change, mark again, then answer.
 *
 * The mark before makes sure that caches are checked again even if this isolate is ended before it can write
 * the second. The mark after is the one that counts: a check that raced the change was begun in ignorance
 * of it and is not believed. A change that failed, or of which nobody knows whether it was made, is
 * followed by a tentative mark as well. A log that cannot be written does not keep anyone from revoking; they
 * are told that it is not known everywhere.
 */
export class LogAnnouncer implements Announcer {
  readonly #writer: Pick<LogWriter, 'record'>;

  constructor(writer: Pick<LogWriter, 'record'>) {
    this.#writer = writer;
  }

  async announce<Value>(
    expected: readonly MarkSubject[],
    change: () => Promise<{ readonly value: Value; readonly changed: readonly MarkSubject[] }>,
  ): Promise<Result<Value, 'revocation_unrecorded'>> {
    await this.#record(expected, { isTentative: true });
    let made: Awaited<ReturnType<typeof change>>;
    try {
      made = await change();
    } catch (error) {
      await this.#record(expected, { isTentative: true });
      throw error;
    }
    const { value, changed } = made;
    if (changed.length === 0) {
      await this.#record(expected, { isTentative: true });
      return success(value);
    }
    const isRecorded = await this.#record(changed, { isTentative: false });
    return isRecorded ? success(value) : failed('revocation_unrecorded');
  }

  async #record(
    subjects: readonly MarkSubject[],
    { isTentative }: { readonly isTentative: boolean },
  ): Promise<boolean> {
    if (subjects.length === 0) return true;
    const marks = subjects.map((subject) => ({ subject, isTentative }));
    return (await this.#writer.record(marks)) === 'recorded';
  }
}

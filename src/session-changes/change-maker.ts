import type { LogWriter } from '../revocation/log-writer.ts';
import type { Mark, MarkSubject } from '../revocation/mark.ts';
import type { Report } from '../runtime/report.ts';
import { failed, success } from '../runtime/result.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { ChangeAnswer, Conclusion, Intent, SessionChange } from './session-change.ts';

export interface ChangeMakerOptions {
  /** `undefined`: no log is kept, and changes are sent without marks. */
  readonly writer: Pick<LogWriter, 'append'> | undefined;
  readonly report: Report;
}

const REQUEST_TIMEOUT = 408;

const EVERYTHING: MarkSubject = Object.freeze({ kind: 'everything' });
/** The shortest time between two marks of everything, for all isolates together. */
const EVERYTHING_INTERVAL_MS = 10_000;

/**
 * Makes changes at a provider. Each change is in the revocation log before its client gets the answer. Every request
 * that may change sessions goes to its provider through this class; docs/revocation.md proves that it keeps the bound.
 *
 * 1. Record the intent: a tentative mark for each subject that the change may concern. If that fails, do not send.
 * 2. Send the change.
 * 3. Record marks for each subject that the change concerned, unless the answer proves that it was not made.
 * 4. Answer the client; with 503 if the change may have been made and step 3 failed.
 */
export class ChangeMaker {
  readonly #options: ChangeMakerOptions;

  constructor(options: ChangeMakerOptions) {
    this.#options = options;
  }

  /** Whether marks are written. Without a log, a route need not find out whom a change is about. */
  get keepsLog(): boolean {
    return this.#options.writer !== undefined;
  }

  /** Makes a change. The work goes on to its end even if the client disconnects. */
  make(change: SessionChange, waitUntil: WaitUntil): Promise<ChangeAnswer> {
    const { writer } = this.#options;
    const work = writer === undefined ? change.send() : this.#makeBetweenMarks(change, writer);
    waitUntil(work.catch(() => {})); // the caller gets the failure from `work`
    return work;
  }

  /**
   * Reads the subjects that the log keeps for an earlier change of this name.
   *
   * @returns no subjects when the log keeps no such change, or there is no log; a failure when it cannot be read
   */
  async recall(name: string) {
    const kept = await this.#readKept(name);
    return kept.ok ? success(kept.value ?? []) : kept;
  }

  /** Reads whether the marks of the change of this name were written. Without a log there are none to write: `true`. */
  async isSettled(name: string) {
    const kept = await this.#readKept(name);
    return kept.ok ? success(kept.value !== undefined) : kept;
  }

  async #readKept(name: string) {
    const { writer } = this.#options;
    if (writer === undefined) return success<readonly MarkSubject[] | undefined>([]);
    const answer = await writer.append([], { recall: name });
    if (answer?.kind !== 'recorded') return failed('revocation_log_unavailable' as const);
    return success(answer.recalled);
  }

  async #makeBetweenMarks(
    change: SessionChange,
    writer: NonNullable<ChangeMakerOptions['writer']>,
  ): Promise<ChangeAnswer> {
    const { intent } = change;
    if (!(await begin(intent, writer))) return failed('revocation_log_unavailable');
    try {
      const answer = await change.send();
      return await this.#finish(await change.conclude(answer), answer, writer);
    } catch (error) {
      // A bug in Postern: the change may have been made nevertheless.
      if (intent.kind === 'known') await writer.append(intent.about.map(asDefinite));
      throw error;
    }
  }

  async #finish(
    conclusion: Conclusion,
    answer: ChangeAnswer,
    writer: NonNullable<ChangeMakerOptions['writer']>,
  ): Promise<ChangeAnswer> {
    if (conclusion.kind === 'unchanged') return answer;
    if (conclusion.kind === 'not-told') {
      if (conclusion.marks !== undefined) await writer.append(conclusion.marks);
      return unrecorded(answer);
    }
    if (conclusion.kind === 'nobody-found') {
      const isRecorded = await this.#markEverything(writer, conclusion.settles);
      return isRecorded ? answer : unrecorded(answer);
    }
    const { marks, isOptional = false, settles } = conclusion;
    if (marks.length === 0 && settles === undefined) return answer;
    const recorded = await writer.append(marks, settled(settles));
    return recorded !== undefined || isOptional || asksForRetry(answer)
      ? answer
      : unrecorded(answer);
  }

  /** Has all cached sessions checked again, for a change that was made and whose subject no source knows. */
  async #markEverything(
    writer: NonNullable<ChangeMakerOptions['writer']>,
    settles: string | undefined,
  ): Promise<boolean> {
    const mark: Mark = { subject: EVERYTHING, isTentative: true };
    const once = { key: 'change:everything', keepMs: EVERYTHING_INTERVAL_MS };
    const answer = await writer.append([mark], { once, ...settled(settles) });
    const isRecorded = answer?.kind === 'recorded';
    const reason = 'A session was changed, and no answer of the store says whose it is.';
    if (isRecorded) this.#options.report({ event: 'revocation-everything', reason });
    return isRecorded;
  }
}

async function begin(
  intent: Intent,
  writer: NonNullable<ChangeMakerOptions['writer']>,
): Promise<boolean> {
  if (intent.kind === 'in-the-answer') {
    return !intent.needsLog || (await writer.append([])) !== undefined;
  }
  const { about, remember } = intent;
  const marks = about.map((subject): Mark => ({ subject, isTentative: true }));
  return (await writer.append(marks, remember === undefined ? {} : { remember })) !== undefined;
}

/** Keeps the change's name with its marks, as a sign that they were written; the list of subjects is empty. */
function settled(name: string | undefined) {
  return name === undefined ? {} : { remember: { keys: [name], about: [] } };
}

function asDefinite(subject: MarkSubject): Mark {
  return { subject, isTentative: false };
}

/**
 * Returns whether the answer makes the client try again: a failure, 5xx or 408. A client does not try
 * again after a success, or after a refusal that an earlier try caused (401, 404, 410).
 */
function asksForRetry(answer: ChangeAnswer): boolean {
  return !answer.ok || answer.value.status >= 500 || answer.value.status === REQUEST_TIMEOUT;
}

/** Replaces the answer to a change whose marks could not be written: the client gets 503, and tries again. */
function unrecorded(answer: ChangeAnswer): ChangeAnswer {
  if (answer.ok && !answer.value.bodyUsed) void answer.value.body?.cancel().catch(() => {});
  return failed('revocation_unrecorded');
}

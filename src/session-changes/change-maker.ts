import type { LogWriter } from '../revocation/log-writer.ts';
import type { Mark, MarkSubject } from '../revocation/mark.ts';
import { failed, success } from '../runtime/result.ts';
import type { Anchor } from '../runtime/single-flight.ts';
import type { ChangeAnswer, Conclusion, Intent, SessionChange } from './session-change.ts';

export interface ChangeMakerOptions {
  /** `undefined`: no log is kept, and changes are sent as they are. */
  readonly writer: Pick<LogWriter, 'append'> | undefined;
  /** Takes one line of the operator's log. */
  readonly write: (line: string) => void;
}

const REQUEST_TIMEOUT = 408;

const EVERYTHING: MarkSubject = Object.freeze({ kind: 'everything' });
/** Marks everything at most this often, for all isolates together. */
const EVERYTHING_INTERVAL_MS = 10_000;

/**
 * Makes changes at a provider so that every isolate hears of each before its client does. The one way to the
 * providers for a request that may change sessions; docs/revocation.md proves that it keeps the bound.
 *
 * 1. The intent is recorded: a tentative mark of everyone the change may concern. If it cannot be, nothing is sent.
 * 2. The change is sent.
 * 3. Marks of everyone it concerned are recorded, unless the answer proves that nothing was changed.
 * 4. The client is answered; with 503 if the change may have been made and step 3 failed.
 */
export class ChangeMaker {
  readonly #options: ChangeMakerOptions;

  constructor(options: ChangeMakerOptions) {
    this.#options = options;
  }

  /** Makes a change to its end, also after the client has gone away. */
  make(change: SessionChange, anchor: Anchor): Promise<ChangeAnswer> {
    const { writer } = this.#options;
    const work = writer === undefined ? change.send() : this.#makeBetweenMarks(change, writer);
    anchor(work.catch(() => {})); // whoever asked for it is told of the failure
    return work;
  }

  /**
   * Reads whom an earlier change of this name was about.
   *
   * @returns nobody when there was none, or none is kept; a failure when the log cannot be read
   */
  async recall(name: string) {
    const kept = await this.#readKept(name);
    return kept.ok ? success(kept.value ?? []) : kept;
  }

  /** Reads whether the marks of the change that is so named were written, or there is no log to write them to. */
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
      // A bug of ours: the change may have been made all the same.
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
    if (conclusion.kind === 'not-told') return unrecorded(answer);
    if (conclusion.kind === 'nobody-found') {
      const isRecorded = await this.#markEverything(writer, conclusion.settles);
      return isRecorded ? answer : unrecorded(answer);
    }
    const { marks, isOptional = false, settles } = conclusion;
    if (marks.length === 0) return answer;
    const recorded = await writer.append(marks, settled(settles));
    return recorded !== undefined || isOptional || asksForRetry(answer)
      ? answer
      : unrecorded(answer);
  }

  /** Has everything that is cached checked once more, where a change was made and nobody can say for whom. */
  async #markEverything(
    writer: NonNullable<ChangeMakerOptions['writer']>,
    settles: string | undefined,
  ): Promise<boolean> {
    const mark: Mark = { subject: EVERYTHING, isTentative: true };
    const once = { key: 'change:everything', keepMs: EVERYTHING_INTERVAL_MS };
    const answer = await writer.append([mark], { once, ...settled(settles) });
    const isRecorded = answer?.kind === 'recorded';
    const reason = 'A session was changed, and no answer of the store says whose it is.';
    if (isRecorded) {
      this.#options.write(JSON.stringify({ event: 'revocation-everything', reason }));
    }
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

/** Keeps with the marks of a change that they were written; nobody is named. */
function settled(name: string | undefined) {
  return name === undefined ? {} : { remember: { keys: [name], about: [] } };
}

function asDefinite(subject: MarkSubject): Mark {
  return { subject, isTentative: false };
}

/**
 * Whether an answer says that the change may not have been made. A client takes a success for the end of it, and a
 * refusal that an earlier try has caused (401, 404, 410) as well.
 */
function asksForRetry(answer: ChangeAnswer): boolean {
  return !answer.ok || answer.value.status >= 500 || answer.value.status === REQUEST_TIMEOUT;
}

/** A change that cannot be told to everyone is not reported as done: the client tries again. */
function unrecorded(answer: ChangeAnswer): ChangeAnswer {
  if (answer.ok && !answer.value.bodyUsed) void answer.value.body?.cancel().catch(() => {});
  return failed('revocation_unrecorded');
}

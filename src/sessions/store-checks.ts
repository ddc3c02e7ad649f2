import type { StoreAnswer } from '../providers/session-store.ts';
import { askConfirmed, type ConfirmedAnswer } from './confirmed-answer.ts';
import type { Question, Refusals } from './refusals.ts';
import type { RevocationGuard, TimedAnswer } from './revocation-guard.ts';
import type { SessionMemory } from './session-memory.ts';
import type { SessionsOptions } from './sessions-options.ts';
import type { StoreHealth } from './store-health.ts';

export interface StoreChecksOptions
  extends Pick<SessionsOptions, 'store' | 'readiness' | 'revocation' | 'counts' | 'now'> {
  readonly memory: SessionMemory;
  readonly guard: RevocationGuard;
  readonly refusals: Refusals;
  readonly health: StoreHealth;
}

const UNUSABLE = { kind: 'fault', scope: 'answer', retryAfterSeconds: undefined } as const;

/** Checks credentials at the store, and remembers the results. */
export class StoreChecks {
  readonly #options: StoreChecksOptions;

  constructor(options: StoreChecksOptions) {
    this.#options = options;
  }

  /**
   * Makes one check at the store, and remembers or removes entries accordingly.
   *
   * @param isAwaited whether the request that started the check still waits for it, asked when the store has answered.
   *   If not, a renewed cookie reaches no client
   */
  async check(
    question: Question,
    startedAt: number,
    isAwaited: () => boolean,
  ): Promise<TimedAnswer> {
    const { name, credential, waitUntil } = question;
    const { store, revocation, memory, guard, refusals, health, now } = this.#options;
    const logPosition = revocation.position(); // read before the call: the store may not know marks written during it
    const refusal = refusals.read(name, startedAt);
    if (refusal !== undefined)
      return { answer: refusal, startedAt: refusal.checkedAt, logPosition };
    const answer = await this.ask(question, startedAt, () => store.check(credential));
    health.note(answer, now());
    // Kratos never rejects whoami without a template: the store is another product.
    if (answer.kind === 'rejected') {
      return { answer: { ...UNUSABLE, detail: 'store-400' }, startedAt, logPosition };
    }
    if (answer.kind === 'session') {
      const { session, body, cacheForSeconds, setCookies } = answer;
      const checked = { session, body, checkedAt: startedAt, logPosition, cacheForSeconds };
      const hasUndeliveredCookie = !isAwaited() && setCookies.length > 0;
      // The new result must not be cached (the store's limit, revoked or expired), so the old entry goes too.
      if (guard.usability(name, checked) === 'unusable')
        memory.forget(question, startedAt, waitUntil);
      else memory.remember(question, { checked, hasUndeliveredCookie }, waitUntil);
    } else this.dismiss(question, answer, startedAt);
    return { answer, startedAt, logPosition };
  }

  /** Removes the cached session after an answer that found none. A refusal is remembered. */
  dismiss(question: Question, answer: ConfirmedAnswer, startedAt: number): void {
    const { memory } = this.#options;
    const { waitUntil } = question;
    if (answer.kind === 'no-session') {
      memory.refuse(question, { ...answer, checkedAt: startedAt }, waitUntil);
    } else if (answer.kind === 'insufficient') memory.forget(question, startedAt, waitUntil);
  }

  /** Asks the store. A refusal of a credential that was valid moments ago needs more evidence. */
  async ask(
    question: Question,
    startedAt: number,
    check: () => Promise<StoreAnswer>,
  ): Promise<ConfirmedAnswer> {
    const { readiness, guard, refusals, counts } = this.#options;
    const { name, waitUntil } = question;
    const countedCheck = () => {
      counts.storeCalls += 1;
      return check();
    };
    const isWarm = async (arrivedAt: number) => {
      const prior = await this.#priorOf(question);
      if (prior === undefined || startedAt >= prior.session.expiresAt) return false;
      if (guard.usability(name, prior) === 'unusable') return false;
      refusals.noteRefused(prior, arrivedAt);
      return true;
    };
    const answer = await askConfirmed(countedCheck, readiness, { isWarm, waitUntil });
    refusals.noteConfirmed(answer);
    return answer;
  }

  /**
   * The session that was known before this check. Reads the shared places only for requests that skipped them to get a
   * new check.
   */
  async #priorOf(question: Question) {
    const { memory } = this.#options;
    const known = memory.read(question.credential);
    if (known !== undefined || question.requirement.minCheckedAt === 0) return known?.checked;
    const shared =
      (await memory.readShared('location', question)) ?? (await memory.readShared('kv', question));
    return shared?.checked;
  }
}

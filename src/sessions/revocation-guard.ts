import type { CredentialName } from '../credentials/credential-name.ts';
import type { LogPosition } from '../revocation/log-protocol.ts';
import type { RevocationSubject, RevocationView } from '../revocation/revocation-view.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { ConfirmedAnswer } from './confirmed-answer.ts';
import { type Lifetimes, ttlSeconds, type Usability, usabilityOf } from './freshness.ts';
import type { CheckedSession } from './resolution.ts';

/** A store's answer, the start of its check and the log position known then. Plain data, shared between requests. */
export interface TimedAnswer {
  readonly answer: ConfirmedAnswer;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly logPosition: LogPosition;
}

/**
 * The reason why a store's answer must not be used as it is:
 * - `revoked-meanwhile`: a revocation overtook the check, so the store has to be asked again;
 * - `revocation-log`: the check is older than the lag and the log cannot be read, so a revocation may be unknown
 *   here.
 */
export type RecheckReason = 'revoked-meanwhile' | 'revocation-log';

/** Checks sessions against the revocation view. */
export class RevocationGuard {
  readonly #view: RevocationView;
  readonly #lifetimes: Lifetimes;
  readonly #now: () => number;

  constructor(view: RevocationView, lifetimes: Lifetimes, now: () => number) {
    this.#view = view;
    this.#lifetimes = lifetimes;
    this.#now = now;
  }

  /** The position of the last mark that names the session, its identity or the credential. */
  #lastMark(name: CredentialName, known: Pick<CheckedSession, 'session'>): LogPosition {
    return this.#view.lastMark(subjectOf(name, known));
  }

  /** Whether a mark that this isolate knows revokes a check. */
  isRevoked(name: CredentialName, known: CheckedSession): boolean {
    return known.logPosition < this.#lastMark(name, known);
  }

  /** The time until which all changes of the store since a check are known here; `undefined` if the store does not tell. */
  changesKnownUntil({ checkedAt }: CheckedSession): number | undefined {
    return this.#view.changesKnownUntil(checkedAt, this.#now());
  }

  /** Reads the log, unless that was done just now. */
  async refresh(waitUntil: WaitUntil): Promise<void> {
    await this.#view.refresh(this.#now(), waitUntil, 1);
  }

  /** Decides how a cached session may be used at this moment. */
  usability(
    name: CredentialName,
    checked: CheckedSession,
    minCheckedAt = 0,
    now = this.#now(), // read again: the clock moves while tiers and store are awaited
  ): Usability {
    const lastMark = this.#lastMark(name, checked);
    const trustedSince = this.#view.trustedSince(now);
    const changesKnownUntil = this.#view.changesKnownUntil(checked.checkedAt, now);
    const context = { now, minCheckedAt, lastMark, trustedSince, changesKnownUntil };
    return usabilityOf(checked, context, this.#lifetimes);
  }

  /** Whole seconds until a session is stale, negative after that. */
  ttlSeconds(checked: CheckedSession, now = this.#now()): number {
    const changesKnownUntil = this.#view.changesKnownUntil(checked.checkedAt, now);
    return ttlSeconds(checked, { now, changesKnownUntil }, this.#lifetimes);
  }

  /**
   * Checks a store's answer against the revocation view. The view is refreshed first if it is too old *now*, because
   * the store may have been slow. Only a session can be revoked, so every other answer passes.
   */
  async recheckReason(
    name: CredentialName,
    { answer, startedAt, logPosition }: TimedAnswer,
    waitUntil: WaitUntil,
  ): Promise<RecheckReason | undefined> {
    if (answer.kind !== 'session') return undefined;
    await this.#view.refresh(this.#now(), waitUntil);
    if (logPosition < this.#lastMark(name, answer)) return 'revoked-meanwhile';
    return startedAt < this.#view.trustedSince(this.#now()) ? 'revocation-log' : undefined;
  }

  /**
   * The age in milliseconds of the mark that revokes a cached session; `undefined` if the mark has done so here
   * before.
   */
  firstRefusalLagMs(name: CredentialName, known: CheckedSession | undefined): number | undefined {
    if (known === undefined || !this.isRevoked(name, known)) return undefined;
    return this.#view.firstRefusalLagMs(subjectOf(name, known), this.#now());
  }
}

/** The names by which marks can revoke a session that was found by a credential. */
function subjectOf(
  credentialName: CredentialName,
  { session }: Pick<CheckedSession, 'session'>,
): RevocationSubject {
  return { sessionId: session.id, identityId: session.identity.id, credentialName };
}

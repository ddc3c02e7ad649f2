import type { CredentialName } from '../credentials/credential-name.ts';
import type { LogPosition } from '../revocation/log-protocol.ts';
import type { RevocationSubject, RevocationView } from '../revocation/revocation-view.ts';
import type { Anchor } from '../runtime/single-flight.ts';
import type { CheckedSession } from './checked-session.ts';
import type { ConfirmedAnswer } from './confirmed-answer.ts';

/** A store's answer with what was known when its check started; plain data, shared between requests. */
export interface TimedAnswer {
  readonly answer: ConfirmedAnswer;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly logPosition: LogPosition;
}

/**
 * Why an answer of the store's is not to be given as it is:
 * - `revoked-meanwhile`: a revocation overtook the check, so the store has to be asked again;
 * - `revocation-log`: nobody can tell, because the check is older than the lag and the log cannot be read.
 */
export type Doubt = 'revoked-meanwhile' | 'revocation-log';

/** Holds what is known of sessions against the revocation view. */
export class RevocationGuard {
  readonly #view: RevocationView;
  readonly #now: () => number;

  constructor(view: RevocationView, now: () => number) {
    this.#view = view;
    this.#now = now;
  }

  /** Where in the log the session, its identity or the credential was last marked. */
  notBefore(name: CredentialName, known: Pick<CheckedSession, 'session'>): LogPosition {
    return this.#view.notBefore(subjectOf(name, known));
  }

  /**
   * By a view that is young enough *now*, for the store may have taken its time. Only a "yes" can be wrong on
   * account of a revocation.
   */
  async doubt(
    name: CredentialName,
    { answer, startedAt, logPosition }: TimedAnswer,
    anchor: Anchor,
  ): Promise<Doubt | undefined> {
    if (answer.kind !== 'session') return undefined;
    await this.#view.refresh(this.#now(), anchor);
    if (logPosition < this.notBefore(name, answer)) return 'revoked-meanwhile';
    return startedAt < this.#view.trustedSince(this.#now()) ? 'revocation-log' : undefined;
  }

  /** Whether what is remembered is refused for the first time on account of a mark: how old that is, in milliseconds. */
  firstRefusalLagMs(name: CredentialName, known: CheckedSession | undefined): number | undefined {
    if (known === undefined || known.logPosition >= this.notBefore(name, known)) return undefined;
    return this.#view.firstRefusalLagMs(subjectOf(name, known), this.#now());
  }
}

/** What marks can name of a session that was found by a credential. */
function subjectOf(
  credentialName: CredentialName,
  { session }: Pick<CheckedSession, 'session'>,
): RevocationSubject {
  return { sessionId: session.id, identityId: session.identity.id, credentialName };
}

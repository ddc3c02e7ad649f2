import type { LogPosition } from '../revocation/log-protocol.ts';
import type { Session } from '../session/session.ts';

/** A session as a store confirmed it: a fact with its time, never a verdict. */
export interface CheckedSession {
  readonly session: Session;
  /** The bytes of the store's answer. */
  readonly body: string;
  /** When the check *started*, in milliseconds since the epoch: nothing later than this is known. */
  readonly checkedAt: number;
  /** How far the revocation log was known when the check started: it saw whatever was marked up to there. */
  readonly logPosition: LogPosition;
  /** Seconds the store allows it to be kept; `undefined` when it named none. */
  readonly cacheForSeconds: number | undefined;
}

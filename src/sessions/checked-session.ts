import type { LogPosition } from '../revocation/log-protocol.ts';
import type { Session } from '../session/session.ts';

/** A session that the store confirmed, with the time of the check. It is a fact, not a verdict. */
export interface CheckedSession {
  readonly session: Session;
  /** The body of the store's answer, unchanged. */
  readonly body: string;
  /** When the check *started*, in milliseconds since the epoch. Later changes are not in this session. */
  readonly checkedAt: number;
  /**
   * The log position that the isolate knew when the check started. The check covers every mark up to this position.
   */
  readonly logPosition: LogPosition;
  /** Seconds for which the store allows caching; `undefined` if the store named no limit. */
  readonly cacheForSeconds: number | undefined;
}

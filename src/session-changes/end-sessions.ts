import type { Credential } from '../credentials/credential.ts';
import type { Upstream } from '../providers/upstream.ts';
import type { Session } from '../session/session.ts';
import { sendAsCaller } from './send-as-caller.ts';
import { endingUnlessRefused, type SessionChange } from './session-change.ts';
import { namedSession, otherSessions } from './subjects.ts';

/** Somebody who ends sessions of their own. */
export interface Ender {
  readonly request: Request;
  readonly credential: Credential;
  /** The session they ask with. */
  readonly session: Session;
}

/**
 * Ends one of the caller's sessions by Kratos's `DELETE /sessions/{id}`. Kratos answers 204 for anybody's id and
 * leaves other people's sessions alone; so does the mark, which names the caller too.
 */
export function endSession(id: string, ender: Ender, kratos: Upstream): SessionChange {
  const about = namedSession(id, ender.session);
  return {
    intent: { kind: 'known', about },
    send: () => sendAsCaller(kratos, { method: 'DELETE', segments: ['sessions', id] }, ender),
    conclude: endingUnlessRefused(about),
  };
}

/**
 * Ends all of a person's sessions but the one they ask with, by Kratos's `DELETE /sessions`. Its count says nothing of
 * which ended: it counts dead sessions too (`session/handler.go`), and others may be begun and ended meanwhile.
 */
export function endOtherSessions(ender: Ender, kratos: Upstream): SessionChange {
  const about = otherSessions(ender.session);
  return {
    intent: { kind: 'known', about },
    send: () => sendAsCaller(kratos, { method: 'DELETE', segments: ['sessions'] }, ender),
    conclude: endingUnlessRefused(about),
  };
}

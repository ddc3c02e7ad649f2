import type { Credential } from '../credentials/credential.ts';
import type { Upstream } from '../providers/upstream.ts';
import type { Session } from '../session/session.ts';
import { sendAsCaller } from './send-as-caller.ts';
import { endingUnlessRefused, type SessionChange } from './session-change.ts';
import { namedSession, otherSessions } from './subjects.ts';

/** A caller who ends sessions of their own. */
export interface Ender {
  readonly request: Request;
  readonly credential: Credential;
  /** The session of the request. */
  readonly session: Session;
}

/**
 * Ends one of the caller's sessions with Kratos's `DELETE /sessions/{id}`. Kratos answers 204 for any session's id, but
 * ends only sessions of the caller. The mark names the caller too, so it applies to the caller's sessions only.
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
 * Ends all of the caller's sessions except the session of the request, with Kratos's `DELETE /sessions`. The count in
 * the answer does not tell which sessions ended: it includes dead sessions (`session/handler.go`), and sessions may
 * begin and end in the meantime.
 */
export function endOtherSessions(ender: Ender, kratos: Upstream): SessionChange {
  const about = otherSessions(ender.session);
  return {
    intent: { kind: 'known', about },
    send: () => sendAsCaller(kratos, { method: 'DELETE', segments: ['sessions'] }, ender),
    conclude: endingUnlessRefused(about),
  };
}

import type { Credential } from '../credentials/credential.ts';
import type { Upstream } from '../providers/upstream.ts';
import type { MarkSubject } from '../revocation/mark.ts';
import type { Session } from '../session/session.ts';
import { sendAsCaller } from './caller.ts';
import { endingUnlessRefused, type SessionChange } from './session-change.ts';
import { namedSession, otherSessions } from './subjects.ts';

/** A caller who ends sessions of their own. */
export interface SessionOwner {
  readonly request: Request;
  readonly credential: Credential;
  /** The session of the request. */
  readonly session: Session;
}

/** A request to Kratos that ends sessions of its caller. */
export interface EndRequest {
  readonly segments: readonly string[];
  /** Returns the subjects of the change, by the session of its caller. */
  about(session: Session): MarkSubject[];
}

/**
 * Ends one of the caller's sessions with Kratos's `DELETE /sessions/{id}`. Kratos answers 204 for any session's id, but
 * ends only sessions of the caller. The mark names the caller too, so it applies to the caller's sessions only.
 */
export function oneSession(id: string): EndRequest {
  return { segments: ['sessions', id], about: (session) => namedSession(id, session) };
}

/**
 * Ends all of the caller's sessions except the session of the request, with Kratos's `DELETE /sessions`. The count in
 * the answer does not tell which sessions ended: it includes dead sessions (`session/handler.go`), and sessions may
 * begin and end in the meantime.
 */
export const ALL_OTHER_SESSIONS: EndRequest = Object.freeze({
  segments: ['sessions'],
  about: otherSessions,
});

export function endSessions(
  { segments, about }: EndRequest,
  owner: SessionOwner,
  kratos: Upstream,
): SessionChange {
  const subjects = about(owner.session);
  return {
    intent: { kind: 'known', about: subjects },
    send: () => sendAsCaller(kratos, { method: 'DELETE', segments }, owner),
    conclude: endingUnlessRefused(subjects),
  };
}

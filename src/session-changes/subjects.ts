// Pure: no I/O, no clock.
import type { MarkSubject } from '../revocation/mark.ts';
import { namesOf } from '../session/identity-names.ts';
import type { Session } from '../session/session.ts';

/** A person as a whole. */
export function wholePerson(session: Session): MarkSubject[] {
  return identityMarks(namesOfSession(session));
}

export function identityMarks(names: readonly string[]): MarkSubject[] {
  return names.map((identityId) => ({ kind: 'identity', identityId }));
}

/** The session that a request was made with. */
export function ownSession({ id, identity }: Session): MarkSubject[] {
  return [{ kind: 'session', sessionId: id, identityId: identity.id }];
}

/**
 * A session that a person names by its id. The mark carries the person's names too, so that naming somebody else's
 * session reaches nothing.
 */
export function namedSession(sessionId: string, person: Session): MarkSubject[] {
  return namesOfSession(person).map((identityId) => ({
    kind: 'session-of',
    sessionId,
    identityId,
  }));
}

/** Every session of a person but the one given. */
export function otherSessions(session: Session): MarkSubject[] {
  return otherSessionsOf(namesOfSession(session), session.id);
}

/** The same by the person's names; of a session that is not known none can be spared. */
export function otherSessionsOf(
  names: readonly string[],
  exceptSessionId: string | undefined,
): MarkSubject[] {
  if (exceptSessionId === undefined) return identityMarks(names);
  return names.map((identityId) => ({ kind: 'other-sessions', identityId, exceptSessionId }));
}

function namesOfSession({ identity, document }: Session): string[] {
  return [...new Set([identity.id, ...namesOf(document.identity)])];
}

// Pure: no I/O, no clock.
import type { MarkSubject } from '../revocation/mark.ts';
import { namesOf } from '../session/identity-names.ts';
import type { Session } from '../session/session.ts';

/** Names every session of the identity that a session belongs to. */
export function wholePerson(session: Session): MarkSubject[] {
  return identityMarks(namesOfSession(session));
}

export function identityMarks(names: readonly string[]): MarkSubject[] {
  return names.map((identityId) => ({ kind: 'identity', identityId }));
}

/** Names the session of a request. */
export function callersSession({ id, identity }: Session): MarkSubject[] {
  return [{ kind: 'session', sessionId: id, identityId: identity.id }];
}

/**
 * Names a session by an id that a person gave. The mark carries the person's names too, so it has no effect if the
 * session belongs to another person.
 */
export function namedSession(sessionId: string, person: Session): MarkSubject[] {
  return namesOfSession(person).map((identityId) => ({
    kind: 'session-of',
    sessionId,
    identityId,
  }));
}

/** Names every session of an identity except the given one. */
export function otherSessions(session: Session): MarkSubject[] {
  return otherSessionsOf(namesOfSession(session), session.id);
}

/** Does the same by the identity's names. If the session to spare is not known, every session is named. */
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

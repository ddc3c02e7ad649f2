// Pure: no I/O, no clock.
import type { EndingSession } from '../../providers/keycard/session-tree.ts';
import { type MarkSubject, subjectKey } from '../../revocation/mark.ts';

/**
 * Names the tokens that end, for each issuer of the zone: tokens that name one of the sessions, and those of the users
 * and applications. No type or page of Keycard's shows a token that names its session, so the latter reach the tokens.
 */
export function endingSubjects(
  sessions: readonly EndingSession[],
  issuers: readonly string[],
): MarkSubject[] {
  const named = issuers.flatMap((issuer) =>
    sessions.flatMap(({ id, names, applicationId }): MarkSubject[] => [
      ...bySession(id, issuer, names[0]),
      ...names.map(
        (identityId): MarkSubject =>
          applicationId === undefined
            ? { kind: 'identity', identityId, issuer }
            : { kind: 'application-of', identityId, applicationId, issuer },
      ),
    ]),
  );
  return distinct(named);
}

/** Names the tokens that name a session, at an issuer. */
function bySession(
  sessionId: string | undefined,
  issuer: string,
  identityId: string | undefined,
): MarkSubject[] {
  if (sessionId === undefined) return [];
  return [{ kind: 'session', sessionId, issuer, ...(identityId !== undefined && { identityId }) }];
}

/** Names all tokens of a person in place of those of one application. */
export function withoutApplications(subjects: readonly MarkSubject[]): MarkSubject[] {
  const wider = subjects.map((subject): MarkSubject => {
    if (subject.kind !== 'application-of') return subject;
    const { identityId, issuer } = subject;
    return { kind: 'identity', identityId, issuer };
  });
  return distinct(wider);
}

function distinct(subjects: readonly MarkSubject[]): MarkSubject[] {
  return [...new Map(subjects.map((subject) => [subjectKey(subject), subject])).values()];
}

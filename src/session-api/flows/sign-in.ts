import type { Mark, MarkSubject } from '../../revocation/mark.ts';
import {
  type ChangeAnswer,
  type Conclusion,
  ending,
  provesUnchanged,
  rechecking,
  type SessionChange,
  UNCHANGED,
} from '../../session-changes/session-change.ts';
import {
  identityMarks,
  otherSessionsOf,
  ownSession,
  wholePerson,
} from '../../session-changes/subjects.ts';
import { readOtherSessions } from '../other-sessions.ts';
import { type FlowRequest, isLook, readFlow } from './flow-request.ts';
import {
  findIssuedTo,
  type IssuedSession,
  type IssuedTo,
  readIssuedSession,
} from './issued-session.ts';

/**
 * Signs in, steps up, registers. Kratos may end the person's other sessions at it (hook `revoke_active_sessions`),
 * and does not say so in its answer.
 */
export function signIn(flow: FlowRequest): SessionChange {
  const { caller, options } = flow;
  const own = caller?.kind === 'known' && !isLook(flow) ? ownSession(caller.session) : [];
  const needsLog = options.signInEndsSessions && !isLook(flow);
  return {
    intent: own.length > 0 ? { kind: 'known', about: own } : { kind: 'in-the-answer', needsLog },
    send: () => flow.send(),
    conclude: (answer) => concludeSignIn(answer, own, flow),
  };
}

/**
 * Comes back from a social sign-in: as signing in, or, for somebody who is signed in, as linking it to their account in
 * a settings flow.
 */
export function comeBack(flow: FlowRequest): SessionChange {
  const { caller } = flow;
  if (caller?.kind !== 'known') return signIn(flow);
  const about = wholePerson(caller.session);
  return {
    intent: { kind: 'known', about },
    send: () => flow.send(),
    conclude: async (answer) => {
      if (!answer.ok || answer.value.status >= 500) return ending(about);
      const issued = await readIssuedSession(answer.value, flow.options);
      const isLinked = await isSettingsTaken(answer.value, flow);
      if (isLinked) return ending(about);
      return issued === undefined ? UNCHANGED : concludeSignIn(answer, about, flow);
    },
  };
}

async function isSettingsTaken(response: Response, flow: FlowRequest): Promise<boolean> {
  const id = URL.parse(response.headers.get('location') ?? '')?.searchParams.get('flow') ?? '';
  if (id === '') return false;
  const reading = await readFlow('settings', id, flow);
  return reading.kind === 'document' && reading.document.state === 'success';
}

async function concludeSignIn(
  answer: ChangeAnswer,
  own: readonly MarkSubject[],
  flow: FlowRequest,
): Promise<Conclusion> {
  if (!answer.ok || answer.value.status >= 500) return rechecking(own);
  const issued = await readIssuedSession(answer.value, flow.options);
  if (issued === undefined) return provesUnchanged(answer) ? UNCHANGED : rechecking(own);
  const found = await findIssuedTo(issued, flow);
  const { signInEndsSessions } = flow.options;
  if (found === undefined) {
    return signInEndsSessions ? { kind: 'nobody-found' } : rechecking(own);
  }
  const marks = [
    ...own.map(tentative),
    ...changedSession(found, flow).map(tentative),
    ...(await endedMarks(found, issued, flow)),
  ];
  return { kind: 'changed', marks, isOptional: !signInEndsSessions && own.length === 0 };
}

/** A session that stepped up or was refreshed: whoever presents one gets it back. */
function changedSession({ sessionId, names: [identityId] }: IssuedTo, { credential }: FlowRequest) {
  return sessionId === undefined || identityId === undefined || credential === undefined
    ? []
    : [{ kind: 'session', sessionId, identityId } as const];
}

/**
 * Marks of the sessions that ended with a sign-in. Where the operator did not say that any do, the store's list tells: a
 * person who has no other session may have had some until now, and marks of ended sessions harm nobody; one who has
 * others is checked again, in case that some ended.
 */
async function endedMarks(
  found: IssuedTo,
  { credential }: IssuedSession,
  flow: FlowRequest,
): Promise<Mark[]> {
  const { kratos, signInEndsSessions } = flow.options;
  const others = otherSessionsOf(found.names, found.sessionId);
  if (signInEndsSessions) return others.map(definite);
  const person = identityMarks(found.names).map(tentative);
  if (credential === undefined || found.sessionId === undefined) return person;
  const listed = await readOtherSessions(kratos, credential, { page: 1, size: 1 });
  const isAlone = listed.ok && listed.value.sessions.length === 0 && listed.value.isLast;
  return isAlone ? others.map(definite) : person;
}

function tentative(subject: MarkSubject): Mark {
  return { subject, isTentative: true };
}

function definite(subject: MarkSubject): Mark {
  return { subject, isTentative: false };
}

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
  callersSession,
  identityMarks,
  otherSessionsOf,
  wholePerson,
} from '../../session-changes/subjects.ts';
import { type FlowRequest, isReadOnly, readFlow } from './flow-request.ts';
import { findIssuedTo, type IssuedTo, readIssuedSession } from './issued-session.ts';

/**
 * Signs in, steps up or registers. Kratos may then end the person's other sessions (hook `revoke_active_sessions`), but
 * its answer does not say so. If the operator says that it does, the other sessions are marked as ended. Otherwise they
 * are checked again, which does no harm.
 */
export function signIn(flow: FlowRequest): SessionChange {
  const { caller, options } = flow;
  const own = caller?.kind === 'known' && !isReadOnly(flow) ? callersSession(caller.session) : [];
  const needsLog = options.signInEndsSessions && !isReadOnly(flow);
  return {
    intent: own.length > 0 ? { kind: 'known', about: own } : { kind: 'in-the-answer', needsLog },
    send: () => flow.send(),
    conclude: (answer) => concludeSignIn(answer, own, flow),
  };
}

/**
 * Ends a social sign-in at its callback. The caller signs in; or a caller who is signed in links the social account to
 * their own, in a settings flow.
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

/** Concludes from the session that an answer issues, if it issues one. */
export async function concludeSignIn(
  answer: ChangeAnswer,
  own: readonly MarkSubject[],
  flow: FlowRequest,
): Promise<Conclusion> {
  if (!answer.ok || answer.value.status >= 500) return rechecking(own);
  const issued = await readIssuedSession(answer.value, flow.options);
  if (issued === undefined) return provesUnchanged(answer) ? UNCHANGED : rechecking(own);
  const found = await findIssuedTo(issued, flow);
  const { signInEndsSessions } = flow.options;
  if (found === 'nobody' || found === 'fault') {
    if (!signInEndsSessions) return rechecking(own);
    return { kind: found === 'fault' ? 'not-told' : 'nobody-found' };
  }
  const others = signInEndsSessions
    ? otherSessionsOf(found.names, found.sessionId).map(definite)
    : identityMarks(found.names).map(tentative);
  const marks = [...own.map(tentative), ...changedSession(found, flow).map(tentative), ...others];
  return { kind: 'changed', marks, isOptional: !signInEndsSessions && own.length === 0 };
}

/** Names a session that stepped up or was refreshed: a caller with a session gets the same session back. */
function changedSession(
  { sessionId, names: [identityId] }: IssuedTo,
  { credential }: FlowRequest,
): MarkSubject[] {
  return sessionId === undefined || identityId === undefined || credential === undefined
    ? []
    : [{ kind: 'session', sessionId, identityId }];
}

function tentative(subject: MarkSubject): Mark {
  return { subject, isTentative: true };
}

function definite(subject: MarkSubject): Mark {
  return { subject, isTentative: false };
}

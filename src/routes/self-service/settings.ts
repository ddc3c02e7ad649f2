import type { MarkSubject } from '../../revocation/mark.ts';
import { failed } from '../../runtime/result.ts';
import { namesOf } from '../../session/identity-names.ts';
import { type ApiPlan, answerWith, make } from '../../session-changes/api-route.ts';
import {
  type ChangeAnswer,
  type Conclusion,
  ending,
  type Intent,
  UNCHANGED,
} from '../../session-changes/session-change.ts';
import { identityMarks, wholePerson } from '../../session-changes/subjects.ts';
import { documentOf, type FlowRequest, flowIdOf, isReadOnly, readFlow } from './flow-request.ts';
import { findIssuedTo, namesBySettings, readIssuedSession } from './issued-session.ts';

/** Whether Kratos took the new settings, by its answer and by the flow. */
type Outcome = 'taken' | 'not-taken' | 'unsure';

/** Changes a person's settings. The person is identified before the request is sent. */
export async function changeSettings(flow: FlowRequest): Promise<ApiPlan> {
  if (flow.caller?.kind === 'unknown' && !isReadOnly(flow)) {
    return answerWith(failed('store_unavailable'));
  }
  const about = isReadOnly(flow) ? [] : await findPerson(flow);
  if (about === undefined) return answerWith(failed('store_unavailable'));
  const intent: Intent =
    about.length > 0
      ? { kind: 'known', about }
      : { kind: 'in-the-answer', needsLog: !isReadOnly(flow) && flow.credential !== undefined };
  return make({
    intent,
    send: () => flow.send(),
    conclude: (answer) => concludeSettings(answer, about, flow),
  });
}

/** Finds the person whose settings change: the caller, or, below the level that whoami asks for, the flow's person. */
async function findPerson(flow: FlowRequest): Promise<MarkSubject[] | undefined> {
  const { caller, credential } = flow;
  if (caller?.kind === 'known') return wholePerson(caller.session);
  if (caller?.kind !== 'below' || credential === undefined) return [];
  const id = flowIdOf(flow);
  const names = await namesBySettings(credential, id === '' ? [] : [id], flow);
  return names && identityMarks(names);
}

async function concludeSettings(
  answer: ChangeAnswer,
  about: readonly MarkSubject[],
  flow: FlowRequest,
): Promise<Conclusion> {
  const outcome = await outcomeOf(answer, flow);
  if (outcome === 'not-taken') return UNCHANGED;
  if (about.length > 0) return ending(about);
  // The person was not known before the request. So a change counts only if the answer shows it.
  if (outcome === 'unsure' || !answer.ok) return UNCHANGED;
  const names = namesOf((await documentOf(answer.value))?.identity);
  if (names.length > 0) return ending(identityMarks(names));
  const issued = await readIssuedSession(answer.value, flow.options);
  const found = issued === undefined ? 'nobody' : await findIssuedTo(issued, flow);
  if (typeof found === 'object') return ending(identityMarks(found.names));
  return { kind: found === 'fault' ? 'not-told' : 'nobody-found' };
}

async function outcomeOf(answer: ChangeAnswer, flow: FlowRequest): Promise<Outcome> {
  if (!answer.ok || answer.value.status >= 500) return 'unsure';
  const { status } = answer.value;
  const document = await documentOf(answer.value);
  const stated = stateOf(document?.state);
  if (stated !== undefined) return stated;
  // A browser is redirected to the same page whether its settings were taken or not. The flow's state tells.
  const isRedirect = (status >= 300 && status < 400) || status === 422;
  if (isRedirect) return stateByFlow(flow);
  // Above 400, Kratos refuses the caller or an expired flow, before any change. After a change, a hook may fail with 400.
  return status > 400 ? 'not-taken' : 'unsure';
}

async function stateByFlow(flow: FlowRequest): Promise<Outcome> {
  const id = flowIdOf(flow);
  if (id === '') return 'unsure';
  const reading = await readFlow('settings', id, flow);
  if (reading.kind !== 'document') return 'unsure';
  return stateOf(reading.document.state) ?? 'unsure';
}

/** Reads the outcome from a flow's own `state`. Other values are ignored: a trait may have the same name. */
function stateOf(state: unknown): Outcome | undefined {
  switch (state) {
    case 'success':
      return 'taken';
    case 'show_form':
      return 'not-taken';
    default:
      return undefined;
  }
}

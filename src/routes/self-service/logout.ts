import type { Credential } from '../../credentials/credential.ts';
import { nameCredential } from '../../credentials/credential-name.ts';
import type { MarkSubject } from '../../revocation/mark.ts';
import { failed } from '../../runtime/result.ts';
import { type ApiPlan, answerWith, make } from '../../session-changes/api-route.ts';
import {
  type ChangeAnswer,
  ending,
  rechecking,
  UNCHANGED,
} from '../../session-changes/session-change.ts';
import { identityMarks, ownSession } from '../../session-changes/subjects.ts';
import type { FlowRequest } from './flow-request.ts';
import { isSignedOut, namesBySettings } from './issued-session.ts';

/** Signing out: the request's own session ends, and with it the credential by which a retry could be told from nobody's. */
export interface Logout {
  readonly flow: FlowRequest;
  /** The session's credential. */
  readonly credential: Credential;
}

/** Whose session it is that signs out, as far as that can be found out. */
type Subjects =
  /** By the store, for a session that is good. */
  | { readonly kind: 'known'; readonly about: readonly MarkSubject[] }
  /** By an earlier try: the credential is a session's no more. */
  | { readonly kind: 'kept'; readonly about: readonly MarkSubject[] }
  | { readonly kind: 'nobody' }
  /** Whoever could say did not. */
  | {
      readonly kind: 'unknown';
      readonly reason: 'store_unavailable' | 'revocation_log_unavailable';
    };

/**
 * Signs out. Before anything is sent, the log keeps which session the credential stood for, so that a retry, which
 * the store knows nothing of any more, ends in the same marks. A session that is below the level the store asks for is
 * taken for all of its person's; one that no store, flow or log knows is marked by its credential.
 */
export async function signOut({ flow, credential }: Logout): Promise<ApiPlan> {
  const names = await credentialNames(credential, flow);
  const subjects = await findSubjects(flow, credential, names);
  const send = () => flow.send();
  switch (subjects.kind) {
    case 'known': {
      const { about } = subjects;
      const intent = { kind: 'known', about, remember: { keys: names, about } } as const;
      return make({
        intent,
        send,
        async conclude(answer) {
          const isUnsure = !answer.ok || answer.value.status >= 500;
          if (isUnsure || hasSignedOut(answer, flow)) return ending(about);
          return (await isStillSignedIn(flow, credential)) ? UNCHANGED : ending(about);
        },
      });
    }
    case 'kept': {
      const { about } = subjects;
      return make({ intent: { kind: 'known', about }, send, conclude: async () => ending(about) });
    }
    case 'nobody': {
      const about = names.map(
        (credentialName): MarkSubject => ({ kind: 'credential', credentialName }),
      );
      return make({
        intent: { kind: 'in-the-answer', needsLog: true },
        send,
        conclude: async (answer) => (hasSignedOut(answer, flow) ? rechecking(about) : UNCHANGED),
      });
    }
    case 'unknown':
      return answerWith(failed(subjects.reason));
  }
}

function hasSignedOut(answer: ChangeAnswer, { options }: FlowRequest): boolean {
  return answer.ok && isSignedOut(answer.value, options.cookieNames);
}

async function findSubjects(
  flow: FlowRequest,
  credential: Credential,
  [name = '']: readonly string[],
): Promise<Subjects> {
  const { caller, options } = flow;
  if (caller?.kind === 'known') return { kind: 'known', about: ownSession(caller.session) };
  if (caller?.kind === 'below') {
    const person = await namesBySettings(credential, [], flow);
    if (person === undefined) return { kind: 'unknown', reason: 'store_unavailable' };
    if (person.length > 0) return { kind: 'known', about: identityMarks(person) };
  }
  const kept = await options.changes.recall(name);
  if (!kept.ok) return { kind: 'unknown', reason: kept.failure };
  return kept.value.length > 0 ? { kind: 'kept', about: kept.value } : { kind: 'nobody' };
}

/** Asked of the store after the answer: a session that it still knows was not ended by the request. */
async function isStillSignedIn(
  { call, options }: FlowRequest,
  credential: Credential,
): Promise<boolean> {
  const demand = { asOf: options.now(), onlyIfCached: false };
  const { outcome } = await options.sessions.resolve(credential, demand, call.anchor);
  return outcome === 'signed-in' || outcome === 'insufficient';
}

/** A token is the same session's in both of its headers; a cookie has one name. */
function credentialNames(
  credential: Credential,
  { options }: FlowRequest,
): Promise<readonly string[]> {
  const { carrier, value } = credential;
  const carriers =
    carrier.kind === 'cookie'
      ? [carrier]
      : ([{ kind: 'session-token-header' }, { kind: 'bearer' }] as const);
  return Promise.all(
    carriers.map((one) => nameCredential({ carrier: one, value }, options.store.id)),
  );
}

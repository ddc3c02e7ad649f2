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
import { callersSession, identityMarks } from '../../session-changes/subjects.ts';
import type { FlowRequest } from './flow-request.ts';
import { isSignedOut, namesBySettings } from './issued-session.ts';

/** A sign-out: it ends the request's own session. After that, the store no longer knows whose the credential was. */
export interface Logout {
  readonly flow: FlowRequest;
  /** The session's credential. */
  readonly credential: Credential;
}

/** The subjects of a sign-out, by the source that knows them. */
type Subjects =
  /** The store knows them: the session is valid. */
  | { readonly kind: 'known'; readonly about: readonly MarkSubject[] }
  /** The log kept them from an earlier try: the credential's session has ended. */
  | { readonly kind: 'kept'; readonly about: readonly MarkSubject[] }
  | { readonly kind: 'nobody' }
  /** A source that may know them failed. */
  | {
      readonly kind: 'unknown';
      readonly reason: 'store_unavailable' | 'revocation_log_unavailable';
    };

/**
 * Signs out. Before the request is sent, the log keeps the session of the credential. So a retry leads to the same
 * marks, although the store no longer knows the credential. For a session below the level that the store asks for, all
 * sessions of its person are marked. A credential that no store, flow or log knows is marked by its own name.
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
  return answer.ok && isSignedOut(answer.value, options.callers.cookieNames);
}

async function findSubjects(
  flow: FlowRequest,
  credential: Credential,
  [name = '']: readonly string[],
): Promise<Subjects> {
  const { caller, options } = flow;
  if (caller?.kind === 'known') return { kind: 'known', about: callersSession(caller.session) };
  if (caller?.kind === 'below') {
    const person = await namesBySettings(credential, [], flow);
    if (person === undefined) return { kind: 'unknown', reason: 'store_unavailable' };
    if (person.length > 0) return { kind: 'known', about: identityMarks(person) };
  }
  const kept = await options.changes.recall(name);
  if (!kept.ok) return { kind: 'unknown', reason: kept.failure };
  return kept.value.length > 0 ? { kind: 'kept', about: kept.value } : { kind: 'nobody' };
}

/** Asks the store after the answer. A session that the store still knows was not ended by the request. */
async function isStillSignedIn(
  { call, options }: FlowRequest,
  credential: Credential,
): Promise<boolean> {
  const requirement = { minCheckedAt: options.now(), onlyIfCached: false };
  const { outcome } = await options.callers.sessions.resolve(
    credential,
    requirement,
    call.waitUntil,
  );
  return outcome === 'signed-in' || outcome === 'insufficient';
}

/** The names of a credential. A session token has one for each of its two headers, a cookie has one. */
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

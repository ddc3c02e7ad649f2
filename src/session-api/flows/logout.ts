import type { Credential } from '../../credentials/credential.ts';
import type { MarkSubject } from '../../revocation/mark.ts';
import {
  type Conclusion,
  ending,
  provesUnchanged,
  type SessionChange,
  UNCHANGED,
} from '../../session-changes/session-change.ts';
import { identityMarks, ownSession } from '../../session-changes/subjects.ts';
import { nameCredential } from '../../whoami/credential-name.ts';
import type { FlowRequest } from './flow-request.ts';
import { isSignedOut, namesBySettings } from './issued-session.ts';

/** Signing out: the request's own session ends, and with it the credential by which a retry could be told from nobody's. */
export interface Logout {
  readonly flow: FlowRequest;
  /** The session's credential. */
  readonly credential: Credential;
}

/** Whose session it is that signs out, where the store or an earlier try says so. */
type Subjects =
  | { readonly kind: 'known'; readonly about: readonly MarkSubject[] }
  | { readonly kind: 'credential' };

/**
 * Signs out. Before anything is sent, the log keeps which session the credential stood for, so that a retry, which
 * the store knows nothing of any more, ends in the same marks. A session that is below the level the store asks for is
 * taken for all of its person's; one that no store, flow or log knows is marked by its credential.
 */
export async function signOut({ flow, credential }: Logout): Promise<SessionChange> {
  const names = await credentialNames(credential, flow);
  const subjects = await findSubjects(flow, credential);
  if (subjects.kind === 'known') {
    const { about } = subjects;
    return {
      intent: { kind: 'known', about, remember: { keys: names, about } },
      send: () => flow.send(),
      conclude: async (answer) => {
        const isUnsure = !answer.ok || answer.value.status >= 500;
        if (isUnsure || isSignedOut(answer.value, flow.options.cookieNames)) return ending(about);
        return (await isStillSignedIn(flow, credential)) ? UNCHANGED : ending(about);
      },
    };
  }
  return {
    intent: { kind: 'in-the-answer', needsLog: true },
    send: () => flow.send(),
    conclude: async (answer) => {
      const isOver = answer.ok && isSignedOut(answer.value, flow.options.cookieNames);
      const isRefused = provesUnchanged(answer) || !answer.ok || answer.value.status >= 500;
      if (!isOver && isRefused) return UNCHANGED;
      return byEarlierTry(names, { isOver, flow });
    },
  };
}

/** By what an earlier try said before the session ended; a redirect that took no cookie away ended nothing itself. */
async function byEarlierTry(
  names: readonly string[],
  { isOver, flow }: { readonly isOver: boolean; readonly flow: FlowRequest },
): Promise<Conclusion> {
  const [name = ''] = names;
  const recalled = await flow.options.changes.recall(name);
  if (recalled.ok && recalled.value.length > 0) return ending(recalled.value);
  if (!isOver) return UNCHANGED;
  return ending(names.map((credentialName) => ({ kind: 'credential', credentialName })));
}

async function findSubjects(flow: FlowRequest, credential: Credential): Promise<Subjects> {
  const { caller } = flow;
  if (caller?.kind === 'known') return { kind: 'known', about: ownSession(caller.session) };
  if (caller?.kind !== 'below') return { kind: 'credential' };
  const names = await namesBySettings(credential, [], flow);
  return names.length > 0 ? { kind: 'known', about: identityMarks(names) } : { kind: 'credential' };
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

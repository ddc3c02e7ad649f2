import { CallLog } from '../../recording/src/call-log.ts';
import type { Flow } from './flow.ts';
import type { HerodotError } from './herodot-error.ts';
import { type Identity, seedIdentities } from './identity.ts';
import { isActive, type Session } from './session.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';

/** Everything the stand-in knows, in the isolate's memory: gone when the isolate is. */
export interface Store {
  settings: Settings;
  readonly calls: CallLog;
  readonly identities: Map<string, Identity>;
  readonly sessions: Map<string, Session>;
  readonly flows: Map<string, Flow>;
  /** Sessions by `init_code return_to_code`. */
  readonly exchangeCodes: Map<string, string>;
  /** Errors that error pages show, by their id. */
  readonly errors: Map<string, HerodotError>;
  /** Payloads of continuity cookies, by the cookie's value. */
  readonly continuities: Map<string, string>;
}

export const store: Store = {
  settings: DEFAULT_SETTINGS,
  calls: new CallLog(),
  identities: new Map(seedIdentities().map((identity) => [identity.id, identity])),
  sessions: new Map(),
  flows: new Map(),
  exchangeCodes: new Map(),
  errors: new Map(),
  continuities: new Map(),
};

/** A session together with the identity it belongs to. */
export interface SignedIn {
  session: Session;
  identity: Identity;
}

/** Finds a session by id, whether it is active or not. */
export function readSession(id: string): SignedIn | undefined {
  const session = store.sessions.get(id);
  return session && withIdentity(session);
}

/** Finds a session by its token, whether it is active or not. */
export function readSessionByToken(token: string): SignedIn | undefined {
  const session = [...store.sessions.values()].find((candidate) => candidate.token === token);
  return session && withIdentity(session);
}

/** All sessions of an identity, the newest first, as Kratos lists them. */
export function readSessionsOf(identityId: string): SignedIn[] {
  return [...store.sessions.values()]
    .filter((session) => session.identityId === identityId)
    .sort((a, b) => b.createdAt - a.createdAt)
    .flatMap((session) => withIdentity(session) ?? []);
}

/** Kratos's hook `revoke_active_sessions`, if it is configured after this kind of flow. */
export function endOthersAfter(
  kind: Settings['revokesAfter'][number],
  { id, identityId }: Pick<Session, 'id' | 'identityId'>,
): void {
  if (!store.settings.revokesAfter.includes(kind)) return;
  for (const { session } of readSessionsOf(identityId))
    if (session.id !== id) session.active = false;
}

/** The sessions of all identities, in no order. */
export function readAllSessions(): SignedIn[] {
  return [...store.sessions.values()].flatMap((session) => withIdentity(session) ?? []);
}

export function isActiveNow({ session, identity }: SignedIn): boolean {
  return isActive(session, identity, Date.now());
}

function withIdentity(session: Session): SignedIn | undefined {
  const identity = store.identities.get(session.identityId);
  return identity && { session, identity };
}

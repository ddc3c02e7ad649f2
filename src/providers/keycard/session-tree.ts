// Pure: no I/O, no clock.
import type { KeycardSession } from './keycard-session.ts';

/** A session that ends, and the tokens that end with it. */
export interface EndingSession {
  readonly id: string | undefined;
  /** Every known name of its user or application. */
  readonly names: readonly string[];
  /** The application whose tokens end; `undefined`: all tokens of the names end. */
  readonly applicationId: string | undefined;
}

/**
 * Returns the sessions that end with one session: that session, and all sessions derived from it, of any user. A member
 * that is absent makes the result name more tokens, and never fewer:
 * - A session that does not say whether it is derived may be. If its user is among those that are found, all tokens of
 *   that user end.
 * - A derived session without an `id` may have others derived from it. All tokens of every user that is found end.
 * - A user's name may be absent in one document. It is then taken from another session of that user.
 *
 * @param root the session itself, as far as it is known
 * @param listed the sessions of the zone. A session may be listed twice.
 */
export function endingWith(
  rootId: string,
  root: KeycardSession | undefined,
  listed: readonly KeycardSession[],
): EndingSession[] {
  const derived = descendantsOf(rootId, listed);
  const found = [...(root === undefined ? [] : [{ ...root, id: rootId }]), ...derived];
  const isTraced = derived.every(({ id }) => id !== undefined);
  const unclear = new Set(listed.filter((each) => mayBeDerived(each, rootId)).map(userOf));
  const names = namesByUser([...found, ...listed]);
  return found.map(({ id, userId, names: own, applicationId }) => ({
    id,
    names: userId === undefined ? own : [...(names.get(userId) ?? own)],
    applicationId: isTraced && !unclear.has(userId) ? applicationId : undefined,
  }));
}

function mayBeDerived({ id, parentId, userId }: KeycardSession, rootId: string): boolean {
  return parentId === undefined && userId !== undefined && id !== rootId;
}

function userOf({ userId }: KeycardSession): string | undefined {
  return userId;
}

function namesByUser(sessions: readonly KeycardSession[]): Map<string, Set<string>> {
  const byUser = new Map<string, Set<string>>();
  for (const { userId, names } of sessions) {
    if (userId === undefined) continue;
    const known = byUser.get(userId) ?? new Set();
    for (const name of names) known.add(name);
    byUser.set(userId, known);
  }
  return byUser;
}

/** Returns all sessions derived from one session, directly or through other sessions. */
function descendantsOf(rootId: string, sessions: readonly KeycardSession[]): KeycardSession[] {
  const byParent = new Map<string, KeycardSession[]>();
  for (const session of sessions) {
    const { parentId } = session;
    if (typeof parentId !== 'string') continue;
    const siblings = byParent.get(parentId) ?? [];
    siblings.push(session);
    byParent.set(parentId, siblings);
  }
  const found = new Set<KeycardSession>();
  const open = [rootId];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const child of byParent.get(id) ?? []) {
      if (found.has(child)) continue;
      found.add(child);
      if (child.id !== undefined) open.push(child.id);
    }
  }
  return [...found];
}

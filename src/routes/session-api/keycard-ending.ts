import { MAX_KEYCARD_PAGE_BYTES } from '../../http/body-limits.ts';
import { BROKEN_OFF, readBoundedText, TOO_LONG } from '../../http/read-bounded-text.ts';
import {
  descendantsOf,
  type KeycardSession,
  readKeycardPage,
  readKeycardSession,
} from '../../providers/keycard/keycard-session.ts';
import type { MarkSubject } from '../../revocation/mark.ts';
import type { JsonObject } from '../../runtime/json.ts';
import { parseObject } from '../../runtime/json.ts';
import type { KeycardCall, KeycardCaller } from './keycard-caller.ts';

/**
 * The sessions that end with one session: that session, and all sessions derived from it. `absent`: Keycard shows the
 * caller no such session. `fault`: the sessions could not be read.
 */
export type Ending =
  | { readonly kind: 'found'; readonly sessions: readonly KeycardSession[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'fault' };

const PAGE_LIMIT = 100;
/** Enough for 10,000 active sessions of a zone, in fewer calls than the platform allows for one request. */
const MAX_PAGES = 100;

/**
 * Finds the sessions that end with one session, as Keycard shows them to the caller. A derived session may belong to
 * another user, so all active user sessions of the zone are read. If the list fails or does not end, the result is a
 * fault.
 */
export async function findEnding(
  id: string,
  zoneId: string,
  caller: KeycardCaller,
): Promise<Ending> {
  const segments = ['zones', zoneId, 'sessions'];
  const root = await readDocument(caller, { method: 'GET', segments: [...segments, id] });
  if (root.kind !== 'document') return root;
  const session = readKeycardSession(root.document);
  if (session === undefined) return FAULT;
  if (session.kind === 'application') return { kind: 'found', sessions: [session] };
  const found: KeycardSession[] = [];
  const query = new URLSearchParams({
    status: 'active',
    session_type: 'user',
    include_nested: 'true',
    limit: String(PAGE_LIMIT),
  });
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const list = await readDocument(caller, { method: 'GET', segments, query: query.toString() });
    const page = list.kind === 'document' ? readKeycardPage(list.document) : undefined;
    if (page === undefined) return FAULT;
    found.push(...page.sessions);
    if (page.afterCursor === null) {
      return { kind: 'found', sessions: [session, ...descendantsOf(id, found)] };
    }
    query.set('after', page.afterCursor);
  }
  return FAULT;
}

const FAULT: Ending & { readonly kind: 'fault' } = Object.freeze({ kind: 'fault' });

/**
 * Makes marks of sessions for the tokens of their issuers. Keycard's access tokens need not name their session. So the
 * user or application of the session is marked too, by every name that `sub` may carry.
 */
export function endingMarks(
  id: string,
  sessions: readonly KeycardSession[],
  issuers: readonly string[],
): MarkSubject[] {
  return issuers.flatMap((issuer) => {
    const people = new Set(sessions.flatMap(namesOf));
    return [
      ...sessions.flatMap((session, index): MarkSubject[] => {
        const sessionId = index === 0 ? id : session.id;
        const [identityId] = namesOf(session);
        return sessionId === undefined || identityId === undefined
          ? []
          : [{ kind: 'session', sessionId, identityId, issuer }];
      }),
      ...Array.from(
        people,
        (identityId): MarkSubject => ({ kind: 'identity', identityId, issuer }),
      ),
    ];
  });
}

function namesOf(session: KeycardSession): string[] {
  const name = session.kind === 'user' ? session.userId : session.applicationId;
  return session.subject === undefined ? [name] : [name, session.subject];
}

type Reading =
  | { readonly kind: 'document'; readonly document: JsonObject }
  | { readonly kind: 'absent' }
  | { readonly kind: 'fault' };

async function readDocument(caller: KeycardCaller, call: KeycardCall): Promise<Reading> {
  const sent = await caller.send(call);
  if (!sent.ok) return FAULT;
  const { status } = sent.value;
  const text = await readBoundedText(sent.value, MAX_KEYCARD_PAGE_BYTES);
  if (text === BROKEN_OFF) return FAULT;
  const document = status === 200 && text !== TOO_LONG ? parseObject(text) : undefined;
  if (document !== undefined) return { kind: 'document', document };
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return isRefusal ? { kind: 'absent' } : FAULT;
}

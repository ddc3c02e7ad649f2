import { MAX_KEYCARD_PAGE_BYTES } from '../../http/body-limits.ts';
import { BROKEN_OFF, readBoundedText, TOO_LONG } from '../../http/read-bounded-text.ts';
import {
  type KeycardSession,
  readKeycardPage,
  readKeycardSession,
} from '../../providers/keycard/keycard-session.ts';
import { type RetryHeaders, retryHeaders } from '../../providers/pass-through.ts';
import { isObject, type JsonObject, parseObject } from '../../runtime/json.ts';
import type { KeycardCall, KeycardCaller } from './keycard-caller.ts';

/** A place in Keycard's API, as a caller sees it. */
export interface KeycardView {
  readonly zoneId: string;
  readonly caller: KeycardCaller;
}

/** Keycard could not be read. If it is busy, it may say when to try again. */
export interface ReadFault {
  readonly kind: 'fault';
  readonly retry: RetryHeaders;
}

/** `refused`: Keycard does not show it to the caller. */
type Unread = { readonly kind: 'refused' } | ReadFault;

/** `endless`: there are more pages than Postern reads. */
export type Listing =
  | { readonly kind: 'listed'; readonly sessions: readonly KeycardSession[] }
  | { readonly kind: 'endless' }
  | Unread;

const FAULT: ReadFault = Object.freeze({ kind: 'fault', retry: {} });
const PAGE_LIMIT = 100;
/**
 * Enough for 100,000 active and 10,000 revoked sessions of a zone. Each page is one call, of the 10,000 that the platform
 * allows for one request.
 */
const MAX_PAGES = { active: 1000, revoked: 100 };

/** Reads one session. A document without any name of a user or application is no session. */
export async function readSessionOf(
  id: string,
  { zoneId, caller }: KeycardView,
): Promise<{ readonly kind: 'session'; readonly session: KeycardSession } | Unread> {
  const segments = ['zones', zoneId, 'sessions', id];
  const read = await readDocument(caller, { method: 'GET', segments });
  if (read.kind !== 'document') return read;
  const session = readKeycardSession(read.document);
  return session === undefined || session.names.length === 0 ? FAULT : { kind: 'session', session };
}

/** Reads all user sessions of the zone that have this status, as Keycard shows them to the caller. */
export async function listSessionsOf(
  { zoneId, caller }: KeycardView,
  status: keyof typeof MAX_PAGES,
): Promise<Listing> {
  const sessions: KeycardSession[] = [];
  const query = new URLSearchParams({
    status,
    session_type: 'user',
    include_nested: 'true',
    limit: String(PAGE_LIMIT),
  });
  for (let count = 0; count < MAX_PAGES[status]; count += 1) {
    const segments = ['zones', zoneId, 'sessions'];
    const read = await readDocument(caller, { method: 'GET', segments, query: query.toString() });
    if (read.kind !== 'document') return read;
    const page = readKeycardPage(read.document);
    if (page === undefined) return FAULT;
    sessions.push(...page.sessions);
    if (page.afterCursor === null) return { kind: 'listed', sessions };
    // A cursor that leads to itself would be followed for ever.
    if (page.afterCursor === query.get('after')) return FAULT;
    query.set('after', page.afterCursor);
  }
  return { kind: 'endless' };
}

/**
 * Reads the documents of a user's active sessions, as Keycard lists them to the caller: sessions with an application or a
 * user agent, without those derived from them.
 */
export async function listOwnSessions(
  { zoneId, caller }: KeycardView,
  userId: string,
  maxPages: number,
): Promise<
  | { readonly kind: 'listed'; readonly documents: readonly JsonObject[]; readonly isCut: boolean }
  | Unread
> {
  const segments = ['zones', zoneId, 'sessions'];
  const limit = String(PAGE_LIMIT);
  const query = new URLSearchParams({ user_id: userId, status: 'active', limit });
  const documents: JsonObject[] = [];
  for (let count = 0; count < maxPages; count += 1) {
    const read = await readDocument(caller, { method: 'GET', segments, query: query.toString() });
    if (read.kind !== 'document') return read;
    const page = readKeycardPage(read.document);
    const { items } = read.document;
    if (page === undefined || !Array.isArray(items)) return FAULT;
    // A list that is not limited to the user would show and end sessions of other people.
    documents.push(
      ...items.filter(isObject).filter((each) => readKeycardSession(each)?.userId === userId),
    );
    if (page.afterCursor === null) return { kind: 'listed', documents, isCut: false };
    query.set('after', page.afterCursor);
  }
  return { kind: 'listed', documents, isCut: true };
}

/** Whether Keycard accepts the caller's bearer: it shows the caller a list of the zone. */
export async function isAccepted({ zoneId, caller }: KeycardView): Promise<boolean | 'fault'> {
  const segments = ['zones', zoneId, 'sessions'];
  const read = await readDocument(caller, { method: 'GET', segments, query: 'limit=1' });
  return read.kind === 'fault' ? 'fault' : read.kind === 'document';
}

type Reading = { readonly kind: 'document'; readonly document: JsonObject } | Unread;

async function readDocument(caller: KeycardCaller, call: KeycardCall): Promise<Reading> {
  const sent = await caller.send(call);
  if (!sent.ok) return FAULT;
  const { status } = sent.value;
  const text = await readBoundedText(sent.value, MAX_KEYCARD_PAGE_BYTES);
  if (text === BROKEN_OFF) return FAULT;
  const document = status === 200 && text !== TOO_LONG ? parseObject(text) : undefined;
  if (document !== undefined) return { kind: 'document', document };
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return isRefusal ? { kind: 'refused' } : { kind: 'fault', retry: retryHeaders(sent.value) };
}

import { failed } from '../errors/result.ts';
import { readBoundedText, TOO_LONG } from '../http/read-bounded-text.ts';
import {
  descendantIds,
  type KeycardSession,
  readKeycardPage,
  readKeycardSession,
} from '../providers/keycard/keycard-session.ts';
import { parseObject } from '../providers/kratos/kratos-session.ts';
import type { Announcer } from '../revocation/announcer.ts';
import type { JsonObject } from '../session/session.ts';
import { announced } from './announced.ts';
import type { ApiAnswer, ApiCall, ApiHandler, ApiMethods } from './api-route.ts';
import { sessionMark } from './caller.ts';
import { checkQuery, matching, oneOf, type QueryShape, wholeNumber } from './checked-query.ts';
import type { KeycardCall, KeycardCaller, KeycardCallers } from './keycard-caller.ts';
import { passThrough } from './pass-through.ts';
import { readJsonBody } from './request-body.ts';

export interface KeycardOptions {
  readonly callers: KeycardCallers;
  readonly announcer: Announcer;
  /** `undefined`: every zone may be asked about. */
  readonly zones: readonly string[] | undefined;
}

/** Ids and cursors are Keycard's own words: bounded, of characters that mean nothing in a path. */
const ID = /^[A-Za-z0-9_:~-][A-Za-z0-9_:.~-]{0,254}$/;
const CURSOR = /^[A-Za-z0-9_=+/.:~-]{1,2048}$/;

const LIST: QueryShape = {
  checks: {
    active: oneOf('true'),
    status: oneOf('active', 'expired', 'revoked'),
    session_type: oneOf('user', 'application'),
    user_id: matching(ID),
    include_nested: oneOf('true'),
    limit: wholeNumber(1, 1000),
    after: matching(CURSOR),
    before: matching(CURSOR),
    'expand[]': oneOf('total_count'),
  },
  repeatable: ['expand[]'],
};

/** Keycard's session routes (its `api/openapi.yaml`), by path. */
export function keycardRoutes(options: KeycardOptions): Record<string, ApiMethods> {
  const called =
    (handle: (visit: KeycardVisit) => Promise<ApiAnswer>): ApiHandler =>
    async (call) => {
      const caller = await options.callers.identify(call);
      if (!caller.ok) return caller;
      const zoneId = call.parameter('zoneId');
      const isZone = ID.test(zoneId) && (options.zones?.includes(zoneId) ?? true);
      if (!isZone) return failed('not_found');
      return handle({ ...options, call, caller: caller.value, zoneId });
    };
  return {
    '/zones/:zoneId/sessions': { GET: called(listSessions) },
    '/zones/:zoneId/sessions/:id': {
      GET: called(readSession),
      PATCH: called(revokeSession),
      DELETE: called(deleteSession),
    },
  };
}

interface KeycardVisit extends KeycardOptions {
  readonly call: ApiCall;
  readonly caller: KeycardCaller;
  readonly zoneId: string;
}

async function listSessions({ call, caller, zoneId }: KeycardVisit): Promise<ApiAnswer> {
  const query = checkQuery(call.target.search, LIST);
  if (!query.ok) return query;
  const segments = ['zones', zoneId, 'sessions'];
  return passed(caller, { method: 'GET', segments, query: query.value.toString() });
}

async function readSession({ call, caller, zoneId }: KeycardVisit): Promise<ApiAnswer> {
  const id = readId(call);
  if (id === undefined) return failed('parameter_not_valid');
  return passed(caller, { method: 'GET', segments: ['zones', zoneId, 'sessions', id] });
}

async function revokeSession(visit: KeycardVisit): Promise<ApiAnswer> {
  const id = readId(visit.call);
  if (id === undefined) return failed('parameter_not_valid');
  const body = await readJsonBody(visit.call.request);
  if (!body.ok) return body;
  if (body.value.status !== 'revoked') return failed('body_not_valid');
  return end(visit, id, { method: 'PATCH', body: '{"status":"revoked"}' });
}

async function deleteSession(visit: KeycardVisit): Promise<ApiAnswer> {
  const id = readId(visit.call);
  return id === undefined ? failed('parameter_not_valid') : end(visit, id, { method: 'DELETE' });
}

/** Ends a session and, with it, every session derived from it: Keycard says nothing of those in its answer. */
async function end(
  { call, caller, zoneId, announcer }: KeycardVisit,
  id: string,
  change: Pick<KeycardCall, 'method' | 'body'>,
): Promise<ApiAnswer> {
  const ids = [id, ...(await derivedFrom(id, zoneId, caller))];
  const segments = ['zones', zoneId, 'sessions', id];
  const subjects = ids.map((each) => sessionMark(each));
  // A caller with a bearer of their own is entitled to nothing until Keycard has made the change.
  const expected = caller.isGuarded ? subjects : [];
  return announced(
    { announcer, anchor: call.anchor },
    expected,
    () => passed(caller, { ...change, segments }),
    async (response) => (response.ok ? subjects : []),
  );
}

const MAX_PAGES = 20;
const PAGE_LIMIT = 100;
const MAX_PAGE_BYTES = 2 * 1024 * 1024;

/** The sessions derived from one, as far as the caller may see them; none when that cannot be found out. */
async function derivedFrom(id: string, zoneId: string, caller: KeycardCaller): Promise<string[]> {
  const segments = ['zones', zoneId, 'sessions'];
  const document = await readDocument(caller, { method: 'GET', segments: [...segments, id] });
  const session = readKeycardSession(document);
  if (session?.session_type !== 'user') return [];
  const found: KeycardSession[] = [];
  const query = new URLSearchParams({
    user_id: session.user_id,
    include_nested: 'true',
    limit: String(PAGE_LIMIT),
  });
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const list = await readDocument(caller, { method: 'GET', segments, query: query.toString() });
    const page = list && readKeycardPage(list);
    if (page === undefined) break;
    found.push(...page.sessions);
    if (page.afterCursor === null) break;
    query.set('after', page.afterCursor);
  }
  return descendantIds(id, found);
}

async function readDocument(
  caller: KeycardCaller,
  call: KeycardCall,
): Promise<JsonObject | undefined> {
  const sent = await caller.send(call);
  if (!sent.ok) return undefined;
  try {
    const text = await readBoundedText(sent.value, MAX_PAGE_BYTES);
    return sent.value.status === 200 && text !== TOO_LONG ? parseObject(text) : undefined;
  } catch {
    return undefined;
  }
}

async function passed(caller: KeycardCaller, call: KeycardCall): Promise<ApiAnswer> {
  const sent = await caller.send(call);
  return sent.ok ? passThrough(sent.value) : sent;
}

function readId(call: ApiCall): string | undefined {
  const id = call.parameter('id');
  return ID.test(id) ? id : undefined;
}

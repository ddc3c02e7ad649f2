import type { Context } from 'hono';
import * as v from 'valibot';
import { keycardError } from './keycard-error.ts';
import { showSession } from './session-document.ts';
import { type KeptSession, parentOf, store } from './session-store.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;
const CURSOR_BYTES = 187;

const Once = v.pipe(
  v.array(v.string()),
  v.length(1),
  v.transform(([value = '']) => value),
);
const cursor = v.optional(
  v.pipe(Once, v.minLength(1), v.maxLength(255), v.transform(numberOf), v.number()),
);
const oneOf = (...values: string[]) => v.optional(v.pipe(Once, v.picklist(values)));

/** The parameters, as `types/zones/session_list_params.py` of `keycardai-api` and the API reference have them. */
const ListQuery = v.object({
  active: oneOf('true'),
  after: cursor,
  before: cursor,
  'expand[]': v.optional(v.array(v.picklist(['total_count'])), []),
  include_nested: oneOf('true'),
  limit: v.optional(
    v.pipe(Once, v.regex(/^\d+$/), v.transform(Number), v.minValue(1), v.maxValue(MAX_LIMIT)),
    [String(DEFAULT_LIMIT)],
  ),
  session_type: oneOf('user', 'application'),
  status: oneOf('active', 'expired', 'revoked'),
  user_id: v.optional(Once),
});
type ListQuery = v.InferOutput<typeof ListQuery>;

/** `GET /zones/{zoneId}/sessions` */
export function listSessions(c: Context): Response {
  const parsed = v.safeParse(ListQuery, c.req.queries());
  if (!parsed.success) {
    const name = v.getDotPath(parsed.issues[0])?.split('.')[0];
    return keycardError(400, 'bad_request', `${name} is not valid`);
  }
  const query = parsed.output;
  const found = [...store.sessions.values()].filter(
    (session) => session.members.zone_id === c.req.param('zoneId') && isWanted(session, query),
  );
  const { start, end } = pageOf(found, query);
  const items = found.slice(start, end);
  return Response.json({
    items: items.map(showSession),
    pagination: {
      after_cursor: end < found.length ? cursorOf(items.at(-1)) : null,
      before_cursor: start > 0 ? cursorOf(items[0]) : null,
      ...(query['expand[]'].includes('total_count') && { total_count: found.length }),
    },
  });
}

function isWanted({ members }: KeptSession, query: ListQuery): boolean {
  return (
    (query.active === undefined || members.active) &&
    (query.status === undefined || members.status === query.status) &&
    (query.session_type === undefined || members.session_type === query.session_type) &&
    (query.user_id === undefined ||
      (members.session_type === 'user' && members.user_id === query.user_id)) &&
    isInitiated(members) &&
    (query.include_nested === 'true' || isEntry(members, query))
  );
}

/** Whether an application or a user agent initiated the session. Others are in no list. */
function isInitiated(members: KeptSession['members']): boolean {
  return (
    members.application_id !== null ||
    (members.session_type === 'user' && members.user_agent_id !== null)
  );
}

/**
 * Whether the session is in a list that does not include nested ones: a user session without a parent, or whose parent has
 * none. A list of application sessions has to be asked for by their type.
 */
function isEntry(members: KeptSession['members'], { session_type }: ListQuery): boolean {
  if (members.session_type === 'application') return session_type === 'application';
  if (members.parent_id === null) return true;
  const parent = store.sessions.get(members.parent_id);
  return parent !== undefined && parentOf(parent.members) === null;
}

function pageOf(found: readonly KeptSession[], query: ListQuery) {
  const { after, before } = query;
  const limit = Math.min(query.limit, store.settings.pageLimit);
  const indexOf = (isThere: (session: KeptSession) => boolean) => {
    const index = found.findIndex(isThere);
    return index < 0 ? found.length : index;
  };
  if (before !== undefined) {
    const end = indexOf(({ number }) => number >= before);
    return { start: Math.max(0, end - limit), end };
  }
  const start = after === undefined ? 0 : indexOf(({ number }) => number > after);
  return { start, end: Math.min(start + limit, found.length) };
}

/** A cursor of 252 characters, of the 255 that one may have, with every special character of base64. */
function cursorOf(session: KeptSession | undefined): string | null {
  return session === undefined ? null : btoa(`${session.number} `.padEnd(CURSOR_BYTES, 'ûÿþ'));
}

/** The number of the session that a cursor names; `undefined` for a foreign one. */
function numberOf(text: string): number | undefined {
  const number = Number.parseInt(decode(text), 10);
  return Number.isNaN(number) ? undefined : number;
}

function decode(text: string): string {
  try {
    return atob(text);
  } catch {
    return '';
  }
}

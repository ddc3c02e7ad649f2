import type { Context } from 'hono';
import { keycardError } from './keycard-error.ts';
import { revoke, type Session, store } from './session-store.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

/** `GET /zones/{zoneId}/sessions` */
export function listSessions(c: Context): Response {
  const query = c.req.query();
  const limit = Number(query.limit ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) return badRequest('limit');
  const found = [...store.sessions.values()].filter((session) => isWanted(c, session));
  const after = positionOf(found, query.after);
  const before = positionOf(found, query.before);
  if (after === undefined || before === undefined) return badRequest('cursor');
  const start = query.before === undefined ? after + 1 : Math.max(0, before - limit);
  const end = query.before === undefined ? start + limit : before;
  const items = found.slice(start, end);
  const wantsTotal = (c.req.queries('expand[]') ?? []).includes('total_count');
  return Response.json({
    items,
    pagination: {
      after_cursor: end < found.length ? cursorOf(items.at(-1)) : null,
      before_cursor: start > 0 ? cursorOf(items[0]) : null,
      ...(wantsTotal && { total_count: found.length }),
    },
  });
}

function isWanted(c: Context, session: Session): boolean {
  const query = c.req.query();
  const isNested = session.session_type === 'user' && session.parent_id !== null;
  return (
    session.zone_id === c.req.param('zoneId') &&
    (query.active === undefined || session.active) &&
    (query.status === undefined || session.status === query.status) &&
    (query.session_type === undefined || session.session_type === query.session_type) &&
    (query.user_id === undefined ||
      (session.session_type === 'user' && session.user_id === query.user_id)) &&
    (query.include_nested === 'true' || !isNested)
  );
}

/** The target of a cursor; -1 without one, undefined for a foreign one. */
function positionOf(found: readonly Session[], cursor: string | undefined): number | undefined {
  if (cursor === undefined) return -1;
  const index = found.findIndex((session) => cursorOf(session) === cursor);
  return index < 0 ? undefined : index;
}

function cursorOf(session: Session | undefined): string | null {
  return session === undefined ? null : btoa(`cursor:${session.id}`);
}

/** `GET /zones/{zoneId}/sessions/{id}` */
export function readSession(c: Context): Response {
  const session = find(c);
  return session === undefined ? notFound() : Response.json(session);
}

/** `PATCH /zones/{zoneId}/sessions/{id}`: accepts only `{"status":"revoked"}`. */
export async function updateSession(c: Context): Promise<Response> {
  const session = find(c);
  if (session === undefined) return notFound();
  const body: unknown = await c.req.json().catch(() => undefined);
  const status = typeof body === 'object' && body !== null && 'status' in body ? body.status : '';
  if (status !== 'revoked') {
    return keycardError(422, 'validation_error', 'status must be "revoked"');
  }
  revoke(session);
  return Response.json(session);
}

/** `DELETE /zones/{zoneId}/sessions/{id}` */
export function deleteSession(c: Context): Response {
  const session = find(c);
  if (session === undefined) return notFound();
  revoke(session);
  store.sessions.delete(session.id);
  return new Response(null, { status: 204 });
}

function find(c: Context): Session | undefined {
  const session = store.sessions.get(c.req.param('id') ?? '');
  return session?.zone_id === c.req.param('zoneId') ? session : undefined;
}

function notFound(): Response {
  return keycardError(404, 'not_found', 'The session does not exist.');
}

function badRequest(parameter: string): Response {
  return keycardError(400, 'bad_request', `${parameter} is not valid`);
}

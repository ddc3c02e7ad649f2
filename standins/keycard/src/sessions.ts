import type { Context } from 'hono';
import { keycardError } from './keycard-error.ts';
import { showSession } from './session-document.ts';
import { type KeptSession, revoke, store } from './session-store.ts';

/** `GET /zones/{zoneId}/sessions/{id}` */
export function readSession(c: Context): Response {
  const session = find(c);
  return session === undefined ? notFound() : Response.json(showSession(session));
}

/** `PATCH /zones/{zoneId}/sessions/{id}`: accepts only `{"status":"revoked"}`, and revokes a session once. */
export async function updateSession(c: Context): Promise<Response> {
  const session = find(c);
  if (session === undefined) return notFound();
  const body: unknown = await c.req.json().catch(() => undefined);
  const status = typeof body === 'object' && body !== null && 'status' in body ? body.status : '';
  if (status !== 'revoked') {
    return keycardError(422, 'validation_error', 'status must be "revoked"');
  }
  if (session.members.status === 'revoked' && store.settings.revokedAgain === 'conflict') {
    return keycardError(409, 'conflict', 'The session is already revoked.');
  }
  revoke(session);
  return Response.json(showSession(session));
}

/** `DELETE /zones/{zoneId}/sessions/{id}` */
export function deleteSession(c: Context): Response {
  const session = find(c);
  if (session === undefined) return notFound();
  revoke(session);
  store.sessions.delete(session.members.id);
  return new Response(null, { status: 204 });
}

function find(c: Context): KeptSession | undefined {
  const session = store.sessions.get(c.req.param('id') ?? '');
  return session?.members.zone_id === c.req.param('zoneId') ? session : undefined;
}

function notFound(): Response {
  return keycardError(404, 'not_found', 'The session does not exist.');
}

import { emptyGoJson, goJson } from './answers.ts';
import { authenticate } from './credential.ts';
import { herodotError } from './herodot-error.ts';
import { LISTED } from './identity.ts';
import { pageByNumber } from './paging.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { sessionDocument } from './session.ts';
import { isActiveNow, readSessionsOf, type SignedIn } from './store.ts';
import { invalidUuid, isUuid } from './uuid.ts';
import { satisfiesRequiredAal, stepUpRequired } from './whoami.ts';

/** `GET /sessions`: the caller's other active sessions. */
export async function listOwnSessions(c: KratosContext): Promise<Response> {
  const current = await authenticate(c.req.raw);
  if (!current) return noSessionCookie(c.req.raw);
  const others = otherActiveSessions(current);
  if (!satisfiesRequiredAal(current)) return stepUpRequired(c); // since ory/kratos#3671
  const options = { publicUrl: publicUrl(c), now: Date.now(), shape: LISTED };
  const { items, headers } = pageByNumber(c, others);
  return goJson(
    items.map(({ session, identity }) => sessionDocument(session, identity, options)),
    200,
    headers,
  );
}

/** `DELETE /sessions`: ends all but the session that asks; counts every other row, ended ones too, at any level. */
export async function revokeOtherSessions(c: KratosContext): Promise<Response> {
  const current = await authenticate(c.req.raw);
  if (!current) return noSessionCookie(c.req.raw);
  const others = readSessionsOf(current.identity.id).filter(
    ({ session }) => session.id !== current.session.id,
  );
  for (const { session } of others) session.active = false;
  return goJson({ count: others.length });
}

/** `DELETE /sessions/{id}`: 204 too for a session that is gone or another's, which is left alone. */
export async function revokeOwnSession(c: KratosContext): Promise<Response> {
  const current = await authenticate(c.req.raw);
  if (!current) return noSessionCookie(c.req.raw);
  const id = (c.req.param('id') ?? '').toLowerCase();
  if (!isUuid(id)) return herodotError(c.req.raw, invalidUuid(c.req.param('id') ?? ''));
  if (id === current.session.id) {
    return herodotError(c.req.raw, { code: 400, message: 'cannot revoke current session' });
  }
  const found = otherActiveSessions(current).find(({ session }) => session.id === id);
  if (found) found.session.active = false;
  return emptyGoJson();
}

function otherActiveSessions(current: SignedIn): SignedIn[] {
  return readSessionsOf(current.identity.id).filter(
    (other) => other.session.id !== current.session.id && isActiveNow(other),
  );
}

function noSessionCookie(request: Request): Response {
  return herodotError(request, { code: 401, reason: 'No valid session cookie found.' });
}

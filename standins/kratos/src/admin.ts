import { goJson, noContent } from './answers.ts';
import { herodotError } from './herodot-error.ts';
import { identityDocument } from './identity.ts';
import { pageByKey, pageByNumber } from './paging.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { type Expansion, type Session, sessionDocument } from './session.ts';
import { isActiveNow, readAllSessions, readSession, readSessionsOf, store } from './store.ts';

/** `GET /admin/sessions/{id}`: related rows only when `expand` names them. */
export function readAdminSession(c: KratosContext): Response {
  const found = readSession(c.req.param('id') ?? '');
  if (!found) return herodotError(c.req.raw, { code: 404 });
  const options = { publicUrl: publicUrl(c), now: Date.now(), expand: readExpansion(c) };
  return goJson(sessionDocument(found.session, found.identity, options));
}

/** `DELETE /admin/sessions/{id}`: deactivates, the row stays. */
export function deactivateSession(c: KratosContext): Response {
  const found = readSession(c.req.param('id') ?? '');
  if (!found) return herodotError(c.req.raw, { code: 404 });
  found.session.active = false;
  return noContent();
}

/** `PATCH /admin/sessions/{id}/extend`: a session too young to be extended is answered all the same. */
export function extendSession(c: KratosContext): Response {
  const found = readSession(c.req.param('id') ?? '');
  if (!found) return herodotError(c.req.raw, { code: 404 });
  const now = Date.now();
  if (mayExtend(found.session, now)) {
    found.session.expiresAt = now + store.settings.sessionLifespanSeconds * 1000;
  }
  if (store.settings.fasterSessionExtend) return noContent();
  return goJson(sessionDocument(found.session, found.identity, { publicUrl: publicUrl(c), now }));
}

/** `GET /admin/identities/{id}/sessions`: an unknown identity has an empty list. */
export function listIdentitySessions(c: KratosContext): Response {
  const active = c.req.query('active');
  const found = readSessionsOf(c.req.param('id') ?? '').filter(
    (signedIn) => active === undefined || String(isActiveNow(signedIn)) === active,
  );
  const options = { publicUrl: publicUrl(c), now: Date.now() };
  const url = `${publicUrl(c)}/admin/identities/${c.req.param('id')}/sessions`;
  const { items, headers } = pageByNumber(c, found, url);
  return goJson(
    items.map(({ session, identity }) => sessionDocument(session, identity, options)),
    200,
    headers,
  );
}

/** `GET /admin/sessions`: the sessions of all identities, newest first. */
export function listSessions(c: KratosContext): Response {
  const active = c.req.query('active');
  const found = readAllSessions().filter(
    (signedIn) => active === undefined || String(isActiveNow(signedIn)) === active,
  );
  const page = pageByKey(c, found, ({ session }) => ({
    id: session.id,
    createdAt: session.issuedAt,
  }));
  if (page === undefined) {
    return herodotError(c.req.raw, {
      code: 400,
      reason: 'The page token is invalid, do not craft it.',
    });
  }
  const options = { publicUrl: publicUrl(c), now: Date.now(), expand: readExpansion(c) };
  return goJson(
    page.items.map(({ session, identity }) => sessionDocument(session, identity, options)),
    200,
    page.headers,
  );
}

/** `DELETE /admin/identities/{id}/sessions`: deletes the rows; 404 when there are none. */
export function deleteIdentitySessions(c: KratosContext): Response {
  const found = readSessionsOf(c.req.param('id') ?? '');
  if (found.length === 0) return herodotError(c.req.raw, { code: 404 });
  for (const { session } of found) store.sessions.delete(session.id);
  return noContent();
}

function readExpansion(c: KratosContext): Expansion {
  const names = c.req.queries('expand') ?? [];
  return {
    identity: names.some((name) => name.toLowerCase() === 'identity'),
    devices: names.some((name) => name.toLowerCase() === 'devices'),
  };
}

function mayExtend(session: Session, now: number): boolean {
  const { earliestPossibleExtendSeconds: seconds } = store.settings;
  return seconds === null || session.expiresAt - now <= seconds * 1000;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_IDS = 500;

/**
 * `GET /admin/identities`: those of `ids`, in no promised order and without those that do not exist, or the one that
 * signs in by `credentials_identifier` (`identity/handler.go`, `parseListIdentitiesParameters`).
 */
export function listIdentities(c: KratosContext): Response {
  const refuse = (reason: string) => herodotError(c.req.raw, { code: 400, reason });
  const ids = c.req.queries('ids') ?? [];
  const wrong = ids.find((id) => !UUID.test(id));
  if (wrong !== undefined) return refuse(`Invalid UUID value \`${wrong}\` for parameter \`ids\`.`);
  if (ids.length > MAX_IDS) return refuse('The number of ids to filter must not exceed 500.');
  const wanted = c.req.query('credentials_identifier') ?? '';
  if (ids.length > 0 && wanted !== '') {
    return refuse('You cannot combine multiple filters in this API');
  }
  const named = new Set(ids.map((id) => id.toLowerCase()));
  const found = [...store.identities.values()].filter(({ id, traits }) =>
    ids.length > 0 ? named.has(id) : traits.email === wanted,
  );
  const size = Number(c.req.query('page_size') ?? 250);
  return goJson(found.slice(0, size).map((identity) => identityDocument(identity, publicUrl(c))));
}

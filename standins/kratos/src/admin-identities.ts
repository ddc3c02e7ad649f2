import { goJson, noContent } from './answers.ts';
import { herodotError, noRows } from './herodot-error.ts';
import { ADMIN_WHOLE, identityDocument } from './identity.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { readSessionsOf, store } from './store.ts';
import { isUuid } from './uuid.ts';

const MAX_IDS = 500;

/**
 * `GET /admin/identities`: those of `ids`, in no promised order and without those that do not exist, or the one that
 * signs in by `credentials_identifier` (`identity/handler.go`, `parseListIdentitiesParameters`).
 */
export function listIdentities(c: KratosContext): Response {
  const refuse = (reason: string) => herodotError(c.req.raw, { code: 400, reason });
  const ids = c.req.queries('ids') ?? [];
  const wrong = ids.find((id) => !isUuid(id));
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
  const url = publicUrl(c);
  return goJson(
    found.slice(0, size).map((identity) => identityDocument(identity, url, ADMIN_WHOLE)),
  );
}

/** `DELETE /admin/identities/{id}`: the account goes with all of its sessions. */
export function deleteIdentity(c: KratosContext): Response {
  const id = c.req.param('id') ?? '';
  if (!store.identities.has(id)) return herodotError(c.req.raw, noRows());
  for (const { session } of readSessionsOf(id)) store.sessions.delete(session.id);
  store.identities.delete(id);
  return noContent();
}

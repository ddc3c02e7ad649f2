import { emptyGoJson, goJson, noContent, redirect } from './answers.ts';
import { herodotError, noRows } from './herodot-error.ts';
import { ADMIN_LISTED, ADMIN_PLAIN, ADMIN_WHOLE, type JsonObject } from './identity.ts';
import { pageByKey, pageByNumber } from './paging.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import {
  type Expansion,
  type Session,
  type SessionDocumentOptions,
  sessionDocument,
} from './session.ts';
import {
  isActiveNow,
  readAllSessions,
  readSession,
  readSessionsOf,
  type SignedIn,
  store,
} from './store.ts';
import { invalidUuid, isUuid } from './uuid.ts';

/** `GET /admin/sessions/{id}`: related rows only when `expand` names them. */
export function readAdminSession(c: KratosContext): Response {
  if (c.req.param('id') === 'whoami') {
    return redirect(c.req.raw, `${publicUrl(c)}/sessions/whoami`, 307);
  }
  const expand = readExpansion(c);
  const found = findSession(c);
  if (found instanceof Response) return found;
  if (expand instanceof Response) return expand;
  const options = { publicUrl: publicUrl(c), now: Date.now(), expand, shape: ADMIN_WHOLE };
  return goJson(oneSession(found, options));
}

/** A row read alone shows devices that it was not asked for as an empty list, where lists of rows have null. */
function oneSession({ session, identity }: SignedIn, options: SessionDocumentOptions): JsonObject {
  const document = sessionDocument(session, identity, options);
  return { ...document, devices: document.devices ?? [] };
}

/** `DELETE /admin/sessions/{id}`: deactivates, the row stays. */
export function deactivateSession(c: KratosContext): Response {
  const found = findSession(c);
  if (found instanceof Response) return found;
  found.session.active = false;
  return emptyGoJson();
}

/** `PATCH /admin/sessions/{id}/extend`: a session too young to be extended is answered all the same. */
export function extendSession(c: KratosContext): Response {
  const found = findSession(c);
  if (found instanceof Response) return found;
  const now = Date.now();
  if (mayExtend(found.session, now)) {
    found.session.expiresAt = now + store.settings.sessionLifespanSeconds * 1000;
  }
  if (store.settings.fasterSessionExtend) return noContent();
  const expand = { identity: true, devices: false };
  return goJson(oneSession(found, { publicUrl: publicUrl(c), now, expand }));
}

/** `GET /admin/identities/{id}/sessions`: an unknown identity has an empty list. */
export function listIdentitySessions(c: KratosContext): Response {
  const id = c.req.param('id') ?? '';
  if (!isUuid(id)) return herodotError(c.req.raw, invalidUuid(id));
  const found = ofActivity(c, readSessionsOf(id));
  if (found instanceof Response) return found;
  const options = { publicUrl: publicUrl(c), now: Date.now(), shape: ADMIN_LISTED };
  const { items, headers } = pageByNumber(c, found);
  return goJson(
    items.map(({ session, identity }) => sessionDocument(session, identity, options)),
    200,
    headers,
  );
}

/** `GET /admin/sessions`: the sessions of all identities, newest first. */
export function listSessions(c: KratosContext): Response {
  const found = ofActivity(c, readAllSessions());
  if (found instanceof Response) return found;
  const page = pageByKey(c, found, ({ session }) => ({
    id: session.id,
    createdAt: session.createdAt,
  }));
  if ('refusal' in page) return herodotError(c.req.raw, { code: 400, ...page.refusal });
  const expand = readExpansion(c);
  if (expand instanceof Response) return expand;
  const options = { publicUrl: publicUrl(c), now: Date.now(), expand, shape: ADMIN_PLAIN };
  return goJson(
    page.items.map(({ session, identity }) => sessionDocument(session, identity, options)),
    200,
    page.headers,
  );
}

/** `DELETE /admin/identities/{id}/sessions`: deletes the rows; 404 when there are none. */
export function deleteIdentitySessions(c: KratosContext): Response {
  const id = c.req.param('id') ?? '';
  if (!isUuid(id)) return herodotError(c.req.raw, invalidUuid(id));
  const found = readSessionsOf(id);
  if (found.length === 0) return herodotError(c.req.raw, noRows());
  for (const { session } of found) store.sessions.delete(session.id);
  return noContent();
}

function findSession(c: KratosContext): SignedIn | Response {
  const id = c.req.param('id') ?? '';
  if (!isUuid(id)) return herodotError(c.req.raw, invalidUuid(id));
  return readSession(id.toLowerCase()) ?? herodotError(c.req.raw, noRows());
}

const TRUE = /^(?:1|t|T|TRUE|true|True)$/;
const FALSE = /^(?:0|f|F|FALSE|false|False)$/;

/** Returns the sessions that `active` asks for, as Go's `strconv.ParseBool` reads it; all if it is empty. */
function ofActivity(c: KratosContext, all: SignedIn[]): SignedIn[] | Response {
  const active = c.req.query('active') ?? '';
  if (active === '') return all;
  if (TRUE.test(active)) return all.filter(isActiveNow);
  if (FALSE.test(active)) return all.filter((signedIn) => !isActiveNow(signedIn));
  return herodotError(c.req.raw, { code: 400, message: 'could not parse parameter active' });
}

/** `session/expandable.go` `ParseExpandable`, in any case. */
function readExpansion(c: KratosContext): Expansion | Response {
  const names = c.req.queries('expand') ?? [];
  const wrong = names.find((name) => !/^(identity|devices)$/i.test(name));
  if (wrong !== undefined) {
    const reason = `Could not parse expand option: ${wrong}`;
    return herodotError(c.req.raw, { code: 400, reason });
  }
  return {
    identity: names.some((name) => name.toLowerCase() === 'identity'),
    devices: names.some((name) => name.toLowerCase() === 'devices'),
  };
}

function mayExtend(session: Session, now: number): boolean {
  const { earliestPossibleExtendSeconds: seconds } = store.settings;
  return seconds === null || session.expiresAt - now <= seconds * 1000;
}

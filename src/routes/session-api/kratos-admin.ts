import { checkQuery, type QueryShape } from '../../http/checked-query.ts';
import { invalidParameter } from '../../http/invalid-part.ts';
import { readJsonBody } from '../../http/request-body.ts';
import { tracingHeaders } from '../../http/request-headers.ts';
import {
  type BulkChange,
  bulkChangeBody,
  readBulkChange,
} from '../../providers/kratos/bulk-change.ts';
import { readKratosId } from '../../providers/kratos/kratos-id.ts';
import { EXPANSION, GO_BOOLEAN, KEYSET_PAGE_CHECKS } from '../../providers/kratos/kratos-query.ts';
import {
  moveLinks,
  numberedLinks,
  numberedQuery,
  readNumberedPage,
} from '../../providers/kratos/paging.ts';
import { passThrough } from '../../providers/pass-through.ts';
import type { Upstream } from '../../providers/upstream.ts';
import type { MarkSubject } from '../../revocation/mark.ts';
import { failed } from '../../runtime/result.ts';
import type { ReadNames } from '../../session/identity-names.ts';
import {
  type ApiAnswer,
  type ApiCall,
  type ApiChange,
  type ApiMethods,
  type ApiPlan,
  type ApiRead,
  answerWith,
  change,
  make,
  read,
} from '../../session-changes/api-route.ts';
import {
  endingUnlessRefused,
  provesUnchanged,
  rechecking,
  UNCHANGED,
} from '../../session-changes/session-change.ts';
import { identityMarks } from '../../session-changes/subjects.ts';
import type { Guard } from './guard.ts';
import { setNumberedLinks } from './kratos-public.ts';

export interface KratosAdminOptions {
  readonly kratosAdmin: Upstream;
  /** Ory Network's API key; self-hosted Kratos needs no key. */
  readonly apiKey: string | undefined;
  readonly guard: Guard;
  /** `undefined`: tokens name an identity by its id only. */
  readonly readNames: ReadNames | undefined;
  /** The URL of the session API for clients, without a slash at its end. */
  readonly apiUrl: string;
  /** The path of that URL; empty when the URL has no path. */
  readonly apiPath: string;
}

const LIST: QueryShape = {
  checks: { expand: EXPANSION, active: GO_BOOLEAN, ...KEYSET_PAGE_CHECKS },
  repeatable: ['expand'],
  isLenient: true,
};
const READ: QueryShape = {
  checks: { expand: EXPANSION },
  repeatable: ['expand'],
  isLenient: true,
};
const FILTERS: QueryShape = { checks: { active: GO_BOOLEAN }, isLenient: true };
const INVALID_ID = Object.freeze(invalidParameter('id', 'a UUID'));

/** Kratos's admin session routes (`session/handler.go`), by path, each behind the guard. */
export function kratosAdminRoutes(options: KratosAdminOptions): Record<string, ApiMethods> {
  const reading = (handle: Handle<ApiAnswer>): ApiRead =>
    read(async (call) => {
      const passed = await options.guard.check(call);
      return passed.ok ? handle(call, options) : passed;
    });
  const changing = (plan: Handle<ApiPlan>): ApiChange =>
    change(async (call) => {
      const passed = await options.guard.check(call);
      return passed.ok ? plan(call, options) : answerWith(passed);
    });
  return {
    '/admin/sessions': { GET: reading(listSessions), POST: changing(changeInBulk) },
    '/admin/sessions/:id': { GET: reading(readSession), DELETE: changing(disableSession) },
    '/admin/sessions/:id/extend': { PATCH: changing(extendSession) },
    '/admin/identities/:id/sessions': {
      GET: reading(listIdentitySessions),
      DELETE: changing(deleteIdentitySessions),
    },
  };
}

type Handle<Outcome> = (call: ApiCall, options: KratosAdminOptions) => Promise<Outcome>;

async function listSessions(call: ApiCall, options: KratosAdminOptions): Promise<ApiAnswer> {
  const query = checkQuery(call.target.search, LIST);
  if (!query.ok) return query;
  const segments = ['admin', 'sessions'];
  const sent = await send(call, options, { method: 'GET', segments, query: query.value });
  const links = sent.ok ? sent.value.headers.get('link') : null;
  if (sent.ok && links !== null) {
    sent.value.headers.set('link', moveLinks(links, `${options.apiPath}/admin/sessions`));
  }
  return sent;
}

async function readSession(call: ApiCall, options: KratosAdminOptions): Promise<ApiAnswer> {
  const id = readKratosId(call.parameter('id'));
  if (id === undefined) return INVALID_ID;
  const query = checkQuery(call.target.search, READ);
  if (!query.ok) return query;
  const segments = ['admin', 'sessions', id];
  return send(call, options, { method: 'GET', segments, query: query.value });
}

async function disableSession(call: ApiCall, options: KratosAdminOptions): Promise<ApiPlan> {
  const id = readKratosId(call.parameter('id'));
  if (id === undefined) return answerWith(INVALID_ID);
  const sent = { method: 'DELETE', segments: ['admin', 'sessions', id] };
  return ends(call, options, [sessionMark(id)], sent);
}

/**
 * Extends a session, and has it checked again at the next request. That request gets the new expiry, and the cookie
 * that Kratos renews for it (ory/kratos#2562). The session's tokens stay valid. Kratos gives the same answer if it did
 * not extend the session.
 */
async function extendSession(call: ApiCall, options: KratosAdminOptions): Promise<ApiPlan> {
  const id = readKratosId(call.parameter('id'));
  if (id === undefined) return answerWith(INVALID_ID);
  const about = [sessionMark(id)];
  const sent = { method: 'PATCH', segments: ['admin', 'sessions', id, 'extend'] };
  return make({
    intent: { kind: 'known', about },
    send: () => send(call, options, sent),
    conclude: async (answer) => (provesUnchanged(answer) ? UNCHANGED : rechecking(about)),
  });
}

async function listIdentitySessions(
  call: ApiCall,
  options: KratosAdminOptions,
): Promise<ApiAnswer> {
  const id = readKratosId(call.parameter('id'));
  if (id === undefined) return INVALID_ID;
  const { search } = call.target;
  const checked = checkQuery(search, FILTERS);
  if (!checked.ok) return checked;
  const filters = checked.value;
  const page = readNumberedPage(new URLSearchParams(search));
  const segments = ['admin', 'identities', id, 'sessions'];
  const asked = new URLSearchParams(numberedQuery(page, filters));
  const sent = await send(call, options, { method: 'GET', segments, query: asked });
  if (!sent.ok) return sent;
  const url = `${options.apiUrl}/${segments.join('/')}`;
  setNumberedLinks(sent.value, (total) => numberedLinks(url, page, { total, filters }));
  return sent;
}

async function deleteIdentitySessions(
  call: ApiCall,
  options: KratosAdminOptions,
): Promise<ApiPlan> {
  const id = readKratosId(call.parameter('id'));
  if (id === undefined) return answerWith(INVALID_ID);
  const about = await aboutPeople([id], options);
  if (about === undefined) return answerWith(failed('store_unavailable'));
  const sent = { method: 'DELETE', segments: ['admin', 'identities', id, 'sessions'] };
  return ends(call, options, about, sent);
}

async function changeInBulk(call: ApiCall, options: KratosAdminOptions): Promise<ApiPlan> {
  const body = await readJsonBody(call.request);
  if (!body.ok) return answerWith(body);
  const bulk = readBulkChange(body.value);
  if (!bulk.ok) return answerWith(bulk);
  const about = await aboutBulk(bulk.value, options);
  if (about === undefined) return answerWith(failed('store_unavailable'));
  const sent = {
    method: 'POST',
    segments: ['admin', 'sessions'],
    body: bulkChangeBody(bulk.value),
  };
  return ends(call, options, about, sent);
}

/** The subjects of a bulk change; `undefined`: the store did not give the identities' names. */
async function aboutBulk(
  bulk: BulkChange,
  options: KratosAdminOptions,
): Promise<MarkSubject[] | undefined> {
  switch (bulk.kind) {
    case 'everybody':
      return [{ kind: 'everything' }];
    case 'sessions':
      return bulk.ids.map(sessionMark);
    case 'identities':
      return aboutPeople(bulk.ids, options);
  }
}

/** Names identities by every name that their tokens may carry; `undefined`: the store did not give the names. */
async function aboutPeople(
  ids: readonly string[],
  { readNames }: KratosAdminOptions,
): Promise<MarkSubject[] | undefined> {
  if (readNames === undefined) return identityMarks(ids);
  const names = await readNames(ids);
  return names && identityMarks([...new Set([...ids, ...[...names.values()].flat()])]);
}

/**
 * Ends the sessions that an operator names. The operator passed the guard and may end any session, so a 404 after an
 * earlier try is marked like a success.
 */
function ends(
  call: ApiCall,
  options: KratosAdminOptions,
  about: readonly MarkSubject[],
  sent: AdminCall,
): ApiPlan {
  return make({
    intent: { kind: 'known', about },
    send: () => send(call, options, sent),
    conclude: endingUnlessRefused(about),
  });
}

function sessionMark(sessionId: string): MarkSubject {
  return { kind: 'session', sessionId };
}

interface AdminCall {
  readonly method: string;
  readonly segments: readonly string[];
  readonly query?: URLSearchParams;
  readonly body?: string;
}

async function send(
  { request }: ApiCall,
  { kratosAdmin, apiKey }: KratosAdminOptions,
  { query, body, ...call }: AdminCall,
): Promise<ApiAnswer> {
  const headers = {
    accept: 'application/json',
    ...tracingHeaders(request.headers),
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const sent = await kratosAdmin.send({
    ...call,
    headers,
    ...(query !== undefined && { query: query.toString() }),
    ...(body !== undefined && { body }),
  });
  return sent.ok ? passThrough(sent.value) : sent;
}

import { failed } from '../errors/result.ts';
import type { Upstream } from '../providers/upstream.ts';
import type { Announcer } from '../revocation/announcer.ts';
import type { MarkSubject } from '../revocation/mark.ts';
import { announced } from './announced.ts';
import type { ApiAnswer, ApiCall, ApiHandler, ApiMethods } from './api-route.ts';
import { bulkChangeBody, readBulkChange } from './bulk-change.ts';
import { identityMark, sessionMark } from './caller.ts';
import { checkQuery, matching, oneOf, type QueryShape, wholeNumber } from './checked-query.ts';
import type { Guard } from './guard.ts';
import { moveLinks } from './keyset-links.ts';
import { setNumberedLinks } from './kratos-public.ts';
import {
  NUMBERED_PAGE_CHECKS,
  numberedLinks,
  numberedQuery,
  readNumberedPage,
} from './numbered-paging.ts';
import { passThrough } from './pass-through.ts';
import { readJsonBody } from './request-body.ts';
import { tracingHeaders } from './request-headers.ts';
import { readUuid } from './uuid.ts';

export interface KratosAdminOptions {
  readonly kratosAdmin: Upstream;
  /** Ory Network's API key; self-hosted Kratos asks for none. */
  readonly apiKey: string | undefined;
  readonly guard: Guard;
  readonly announcer: Announcer;
  /** Where clients find the session API, without a slash at its end. */
  readonly apiUrl: string;
  /** The path of that URL, empty when it has none. */
  readonly apiPath: string;
}

const EXPAND = { expand: oneOf('identity', 'devices', 'Identity', 'Devices') };
const LIST: QueryShape = {
  checks: {
    ...EXPAND,
    active: oneOf('true', 'false'),
    page_size: wholeNumber(1, 1000),
    page_token: matching(/^[A-Za-z0-9_+/-]{1,2048}={0,2}$/),
  },
  repeatable: ['expand'],
};
const READ: QueryShape = { checks: EXPAND, repeatable: ['expand'] };
const LIST_OF_IDENTITY: QueryShape = {
  checks: { ...NUMBERED_PAGE_CHECKS, active: oneOf('true', 'false') },
};

/** Kratos's admin session routes (`session/handler.go`), by path, each behind the guard. */
export function kratosAdminRoutes(options: KratosAdminOptions): Record<string, ApiMethods> {
  const guarded =
    (handle: (call: ApiCall, options: KratosAdminOptions) => Promise<ApiAnswer>): ApiHandler =>
    async (call) => {
      const passed = await options.guard.check(call);
      return passed.ok ? handle(call, options) : passed;
    };
  return {
    '/admin/sessions': { GET: guarded(listSessions), POST: guarded(changeInBulk) },
    '/admin/sessions/:id': { GET: guarded(readSession), DELETE: guarded(disableSession) },
    '/admin/sessions/:id/extend': { PATCH: guarded(extendSession) },
    '/admin/identities/:id/sessions': {
      GET: guarded(listIdentitySessions),
      DELETE: guarded(deleteIdentitySessions),
    },
  };
}

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
  const id = readUuid(call.parameter('id'));
  const query = checkQuery(call.target.search, READ);
  if (id === undefined || !query.ok) return failed('parameter_not_valid');
  const segments = ['admin', 'sessions', id];
  return send(call, options, { method: 'GET', segments, query: query.value });
}

async function disableSession(call: ApiCall, options: KratosAdminOptions): Promise<ApiAnswer> {
  const id = readUuid(call.parameter('id'));
  if (id === undefined) return failed('parameter_not_valid');
  const change = { method: 'DELETE', segments: ['admin', 'sessions', id] };
  return announced({ announcer: options.announcer, anchor: call.anchor }, [sessionMark(id)], () =>
    send(call, options, change),
  );
}

/**
 * The mark makes whoever asks next be checked at the store, and so be given the new expiry and the cookie
 * that Kratos renews for it (ory/kratos#2562). Kratos answers the same when it extended nothing.
 */
async function extendSession(call: ApiCall, options: KratosAdminOptions): Promise<ApiAnswer> {
  const id = readUuid(call.parameter('id'));
  if (id === undefined) return failed('parameter_not_valid');
  const change = { method: 'PATCH', segments: ['admin', 'sessions', id, 'extend'] };
  return announced({ announcer: options.announcer, anchor: call.anchor }, [sessionMark(id)], () =>
    send(call, options, change),
  );
}

async function listIdentitySessions(
  call: ApiCall,
  options: KratosAdminOptions,
): Promise<ApiAnswer> {
  const id = readUuid(call.parameter('id'));
  const query = checkQuery(call.target.search, LIST_OF_IDENTITY);
  if (id === undefined || !query.ok) return failed('parameter_not_valid');
  const page = readNumberedPage(query.value);
  if (!page.ok) return page;
  const filters = query.value;
  const segments = ['admin', 'identities', id, 'sessions'];
  const asked = new URLSearchParams(numberedQuery(page.value, filters));
  const sent = await send(call, options, { method: 'GET', segments, query: asked });
  if (!sent.ok) return sent;
  const url = `${options.apiUrl}/${segments.join('/')}`;
  setNumberedLinks(sent.value, (total) => numberedLinks(url, page.value, { total, filters }));
  return sent;
}

async function deleteIdentitySessions(
  call: ApiCall,
  options: KratosAdminOptions,
): Promise<ApiAnswer> {
  const id = readUuid(call.parameter('id'));
  if (id === undefined) return failed('parameter_not_valid');
  const change = { method: 'DELETE', segments: ['admin', 'identities', id, 'sessions'] };
  return announced({ announcer: options.announcer, anchor: call.anchor }, [identityMark(id)], () =>
    send(call, options, change),
  );
}

async function changeInBulk(call: ApiCall, options: KratosAdminOptions): Promise<ApiAnswer> {
  const body = await readJsonBody(call.request);
  if (!body.ok) return body;
  const change = readBulkChange(body.value);
  if (change === undefined) return failed('body_not_valid');
  const expected: MarkSubject[] =
    change.kind === 'everybody'
      ? [{ kind: 'everything' }]
      : change.ids.map((id) => (change.kind === 'sessions' ? sessionMark(id) : identityMark(id)));
  const segments = ['admin', 'sessions'];
  return announced({ announcer: options.announcer, anchor: call.anchor }, expected, () =>
    send(call, options, { method: 'POST', segments, body: bulkChangeBody(change) }),
  );
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

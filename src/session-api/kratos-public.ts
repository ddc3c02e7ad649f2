import type { Credential } from '../credentials/credential.ts';
import { errorHeaders } from '../errors/error-response.ts';
import { failed, type Result, success } from '../errors/result.ts';
import { readBoundedText, TOO_LONG } from '../http/read-bounded-text.ts';
import { credentialHeaders } from '../providers/kratos/credential-headers.ts';
import { sessions401Body } from '../providers/kratos/kratos-errors.ts';
import { parseObject } from '../providers/kratos/kratos-session.ts';
import type { Upstream } from '../providers/upstream.ts';
import type { Announcer } from '../revocation/announcer.ts';
import type { MarkSubject } from '../revocation/mark.ts';
import { announced } from './announced.ts';
import type { ApiAnswer, ApiCall, ApiMethods } from './api-route.ts';
import {
  type CallerOptions,
  type CallerRefusal,
  chooseCredential,
  identityMark,
  resolveSession,
  sessionMark,
} from './caller.ts';
import { checkQuery, matching } from './checked-query.ts';
import {
  NUMBERED_PAGE_CHECKS,
  numberedLinks,
  numberedQuery,
  readNumberedPage,
} from './numbered-paging.ts';
import { listOtherSessions } from './other-sessions.ts';
import { passThrough } from './pass-through.ts';
import { tracingHeaders } from './request-headers.ts';
import { readUuid } from './uuid.ts';

export interface KratosPublicOptions extends CallerOptions {
  readonly kratos: Upstream;
  readonly announcer: Announcer;
  /** Where clients find the session API, without a slash at its end. */
  readonly apiUrl: string;
}

const EXCHANGE_CODE = matching(/^[\x21-\x7e]{1,512}$/);
const COUNT_MAX_BYTES = 4096;

/** Kratos's public session routes (`session/handler.go`), by path. */
export function kratosPublicRoutes(options: KratosPublicOptions): Record<string, ApiMethods> {
  return {
    '/sessions': {
      GET: (call) => listSessions(call, options),
      DELETE: (call) => revokeOthers(call, options),
    },
    '/sessions/token-exchange': { GET: (call) => exchangeToken(call, options) },
    '/sessions/:id': { DELETE: (call) => revokeOne(call, options) },
  };
}

async function listSessions(call: ApiCall, options: KratosPublicOptions): Promise<ApiAnswer> {
  const credential = await callerOf(call, options, { isChange: false });
  if (!credential.ok) return refuse(call, credential.failure);
  const query = checkQuery(call.target.search, { checks: NUMBERED_PAGE_CHECKS });
  if (!query.ok) return query;
  const page = readNumberedPage(query.value);
  if (!page.ok) return page;
  const filters = new URLSearchParams();
  const sent = await send(call, credential.value, options, {
    method: 'GET',
    segments: ['sessions'],
    query: numberedQuery(page.value, filters),
  });
  if (!sent.ok) return sent;
  const url = `${options.apiUrl}/sessions`;
  setNumberedLinks(sent.value, (total) => numberedLinks(url, page.value, { total, filters }));
  return sent;
}

/** Replaces the links of a numbered list by ones that lead to its end; without a total there are none. */
export function setNumberedLinks(response: Response, links: (total: number) => string): void {
  const total = response.headers.get('x-total-count') ?? '';
  response.headers.delete('link');
  if (response.ok && /^\d{1,9}$/.test(total)) response.headers.set('link', links(Number(total)));
}

async function revokeOne(call: ApiCall, options: KratosPublicOptions): Promise<ApiAnswer> {
  const credential = await callerOf(call, options, { isChange: true });
  if (!credential.ok) return refuse(call, credential.failure);
  const id = readUuid(call.parameter('id'));
  if (id === undefined) return failed('parameter_not_valid');
  const others = await listOtherSessions(options.kratos, credential.value, id);
  if (!others.ok) return others.failure;
  // Whoever names a session that is not theirs causes no mark, whatever Kratos answers.
  const expected = others.value.ids.has(id) ? [sessionMark(id, others.value.identityId)] : [];
  const change = { method: 'DELETE', segments: ['sessions', id] };
  return announced({ announcer: options.announcer, anchor: call.anchor }, expected, () =>
    send(call, credential.value, options, change),
  );
}

async function revokeOthers(call: ApiCall, options: KratosPublicOptions): Promise<ApiAnswer> {
  const credential = await callerOf(call, options, { isChange: true });
  if (!credential.ok) return refuse(call, credential.failure);
  const others = await listOtherSessions(options.kratos, credential.value);
  if (!others.ok) return others.failure;
  const { ids, identityId, isCut } = others.value;
  const expected = Array.from(ids, (id) => sessionMark(id, identityId));
  let text: string | undefined;
  const answer = await announced(
    { announcer: options.announcer, anchor: call.anchor },
    expected,
    () => send(call, credential.value, options, { method: 'DELETE', segments: ['sessions'] }),
    async (response) => {
      if (!response.ok) return [];
      text = await readCount(response);
      const isListWhole = !isCut && countIn(text) <= ids.size;
      if (isListWhole) return expected;
      // Somebody signed in between the list and the change: which of the sessions ended is not known.
      return [...expected, ...(await identityOf(call, credential.value, options, identityId))];
    },
  );
  return answer.ok && text !== undefined ? success(new Response(text, answer.value)) : answer;
}

async function identityOf(
  { anchor }: ApiCall,
  credential: Credential,
  { sessions }: KratosPublicOptions,
  known: string | undefined,
): Promise<MarkSubject[]> {
  const id = known ?? (await resolveSession(credential, anchor, sessions))?.identity.id;
  return id === undefined ? [] : [identityMark(id)];
}

async function readCount(response: Response): Promise<string | undefined> {
  try {
    const text = await readBoundedText(response, COUNT_MAX_BYTES);
    return text === TOO_LONG ? '' : text;
  } catch {
    return '';
  }
}

/** What cannot be read counts as more than was listed. */
function countIn(text: string | undefined): number {
  const count = parseObject(text ?? '')?.count;
  return typeof count === 'number' ? count : Number.POSITIVE_INFINITY;
}

async function exchangeToken(call: ApiCall, options: KratosPublicOptions): Promise<ApiAnswer> {
  const query = checkQuery(call.target.search, {
    checks: { init_code: EXCHANGE_CODE, return_to_code: EXCHANGE_CODE },
  });
  if (!query.ok) return query;
  const sent = await options.kratos.send({
    method: 'GET',
    segments: ['sessions', 'token-exchange'],
    query: query.value.toString(),
    headers: { accept: 'application/json', ...tracingHeaders(call.request.headers) },
  });
  return sent.ok ? passThrough(sent.value) : sent;
}

function callerOf(
  { request, anchor }: ApiCall,
  options: KratosPublicOptions,
  { isChange }: { readonly isChange: boolean },
): Promise<Result<Credential, CallerRefusal>> {
  return chooseCredential(request, anchor, { ...options, isChange });
}

/** Without a credential the answer is known, to the byte. */
function refuse({ request }: ApiCall, reason: CallerRefusal): ApiAnswer {
  if (reason !== 'credential_missing') return failed(reason);
  const headers = errorHeaders(reason);
  headers.set('ory-error-id', '');
  const body = sessions401Body(request.headers.get('x-request-id'));
  return success(new Response(body, { status: 401, headers }));
}

async function send(
  { request }: ApiCall,
  credential: Credential,
  { kratos }: KratosPublicOptions,
  call: { readonly method: string; readonly segments: readonly string[]; readonly query?: string },
): Promise<ApiAnswer> {
  const headers = {
    accept: 'application/json',
    ...tracingHeaders(request.headers),
    ...credentialHeaders(credential),
  };
  const sent = await kratos.send({ ...call, headers });
  return sent.ok ? passThrough(sent.value) : sent;
}

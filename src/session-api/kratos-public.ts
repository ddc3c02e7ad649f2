import type { Credential } from '../credentials/credential.ts';
import { errorHeaders } from '../errors/error-response.ts';
import { failed, type Result, success } from '../errors/result.ts';
import { sessions401Body } from '../providers/kratos/kratos-errors.ts';
import type { Upstream } from '../providers/upstream.ts';
import type { Announcer } from '../revocation/announcer.ts';
import type { ApiAnswer, ApiCall, ApiMethods } from './api-route.ts';
import { type CallerOptions, type CallerRefusal, chooseCredential } from './caller.ts';
import { checkQuery, matching } from './checked-query.ts';
import { endOtherSessions, endSession } from './end-sessions.ts';
import {
  NUMBERED_PAGE_CHECKS,
  numberedLinks,
  numberedQuery,
  readNumberedPage,
} from './numbered-paging.ts';
import { passThrough } from './pass-through.ts';
import { tracingHeaders } from './request-headers.ts';
import { sendAsCaller } from './send-as-caller.ts';
import { readUuid } from './uuid.ts';

export interface KratosPublicOptions extends CallerOptions {
  readonly kratos: Upstream;
  readonly announcer: Announcer;
  /** Where clients find the session API, without a slash at its end. */
  readonly apiUrl: string;
}

const EXCHANGE_CODE = matching(/^[\x21-\x7e]{1,512}$/);

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
  const checked = checkQuery(call.target.search, { checks: NUMBERED_PAGE_CHECKS });
  if (!checked.ok) return checked;
  const page = readNumberedPage(checked.value);
  if (!page.ok) return page;
  const filters = new URLSearchParams();
  const query = numberedQuery(page.value, filters);
  const sent = await sendAsCaller(
    options.kratos,
    { method: 'GET', segments: ['sessions'], query },
    { request: call.request, credential: credential.value },
  );
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
  return endSession(id, { ...call, credential: credential.value }, options);
}

async function revokeOthers(call: ApiCall, options: KratosPublicOptions): Promise<ApiAnswer> {
  const credential = await callerOf(call, options, { isChange: true });
  if (!credential.ok) return refuse(call, credential.failure);
  return endOtherSessions({ ...call, credential: credential.value }, options);
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

async function callerOf(
  { request, anchor }: ApiCall,
  options: KratosPublicOptions,
  { isChange }: { readonly isChange: boolean },
): Promise<Result<Credential, CallerRefusal>> {
  const chosen = await chooseCredential(request, anchor, { ...options, isChange });
  return chosen.ok ? success(chosen.value.credential) : chosen;
}

/** Without a credential the answer is known, to the byte. */
function refuse({ request }: ApiCall, reason: CallerRefusal): ApiAnswer {
  if (reason !== 'credential_missing') return failed(reason);
  const headers = errorHeaders(reason);
  headers.set('ory-error-id', '');
  const body = sessions401Body(request.headers.get('x-request-id'));
  return success(new Response(body, { status: 401, headers }));
}

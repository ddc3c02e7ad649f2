import { errorHeaders } from '../../errors/error-response.ts';
import { invalidParameter } from '../../http/invalid-part.ts';
import { sessions401Body } from '../../providers/kratos/kratos-errors.ts';
import { readKratosId } from '../../providers/kratos/kratos-id.ts';
import { numberedLinks, numberedQuery, readNumberedPage } from '../../providers/kratos/paging.ts';
import type { Upstream } from '../../providers/upstream.ts';
import { failed, success } from '../../runtime/result.ts';
import {
  type ApiAnswer,
  type ApiCall,
  type ApiMethods,
  type ApiPlan,
  answerWith,
  change,
  make,
  read,
} from '../../session-changes/api-route.ts';
import {
  type CallerOptions,
  type CallerRefusal,
  type Chosen,
  chooseCredential,
  identifyCaller,
  sendAsCaller,
} from '../../session-changes/caller.ts';
import type { ChangeMaker } from '../../session-changes/change-maker.ts';
import {
  ALL_OTHER_SESSIONS,
  type EndRequest,
  endSessions,
  oneSession,
} from '../../session-changes/end-sessions.ts';
import { unrecordedChange } from '../../session-changes/session-change.ts';

export interface KratosPublicOptions {
  readonly callers: CallerOptions;
  readonly kratos: Upstream;
  readonly changes: Pick<ChangeMaker, 'keepsLog'>;
  /** The URL of the session API for clients, without a slash at its end. */
  readonly apiUrl: string;
}

/** Kratos's public session routes (`session/handler.go`), by path. */
export function kratosPublicRoutes(options: KratosPublicOptions): Record<string, ApiMethods> {
  return {
    '/sessions': {
      GET: read((call) => listSessions(call, options)),
      DELETE: change((call) => revokeOthers(call, options)),
    },
    '/sessions/:id': { DELETE: change((call) => revokeOne(call, options)) },
  };
}

async function listSessions(call: ApiCall, options: KratosPublicOptions): Promise<ApiAnswer> {
  const chosen = await chooseCredential(call, options.callers, { isChange: false });
  if (!chosen.ok) return refuse(call, chosen.failure);
  const page = readNumberedPage(new URLSearchParams(call.target.search));
  const filters = new URLSearchParams();
  const query = numberedQuery(page, filters);
  const sent = await sendAsCaller(
    options.kratos,
    { method: 'GET', segments: ['sessions'], query },
    { request: call.request, credential: chosen.value.credential },
  );
  if (!sent.ok) return sent;
  const url = `${options.apiUrl}/sessions`;
  setNumberedLinks(sent.value, (total) => numberedLinks(url, page, { total, filters }));
  return sent;
}

/** Replaces the links of a numbered list by links that lead to its end. Without a total, the links are removed. */
export function setNumberedLinks(response: Response, links: (total: number) => string): void {
  const total = response.headers.get('x-total-count') ?? '';
  response.headers.delete('link');
  if (response.ok && /^\d{1,9}$/.test(total)) response.headers.set('link', links(Number(total)));
}

async function revokeOne(call: ApiCall, options: KratosPublicOptions): Promise<ApiPlan> {
  const chosen = await chooseCredential(call, options.callers, { isChange: true });
  if (!chosen.ok) return answerWith(refuse(call, chosen.failure));
  const id = readKratosId(call.parameter('id'));
  if (id === undefined) return answerWith(invalidParameter('id', 'a UUID'));
  return planEnd(oneSession(id), chosen.value, call, options);
}

async function revokeOthers(call: ApiCall, options: KratosPublicOptions): Promise<ApiPlan> {
  const chosen = await chooseCredential(call, options.callers, { isChange: true });
  if (!chosen.ok) return answerWith(refuse(call, chosen.failure));
  return planEnd(ALL_OTHER_SESSIONS, chosen.value, call, options);
}

/**
 * Plans a change of the caller's own sessions. If the caller's identity is not known, the request is not sent, because
 * the sessions cannot be named. A caller below the level that the store asks for gets 403, as at the list. Without a
 * log no mark has to name a session, so the request is sent and the store answers it.
 */
async function planEnd(
  end: EndRequest,
  chosen: Chosen,
  call: ApiCall,
  { callers, kratos, changes }: KratosPublicOptions,
): Promise<ApiPlan> {
  const { request, waitUntil } = call;
  const { credential } = chosen;
  const by = { request, credential };
  const caller = await identifyCaller(chosen, waitUntil, callers.sessions);
  switch (caller.kind) {
    case 'known':
      return make(endSessions(end, { ...by, session: caller.session }, kratos));
    case 'below':
      return answerWith(success(belowLevel(caller.body)));
    case 'nobody':
      return answerWith(refuse(call, 'credential_missing'));
    case 'unknown': {
      if (changes.keepsLog) return answerWith(failed('store_unavailable'));
      const { segments } = end;
      return make(unrecordedChange(() => sendAsCaller(kratos, { method: 'DELETE', segments }, by)));
    }
  }
}

/** Kratos's own refusal of a session that has to step up. It is the same at whoami and at the list. */
function belowLevel(body: string): Response {
  const headers = errorHeaders('session_aal2_required');
  headers.set('ory-error-id', 'session_aal2_required');
  return new Response(body, { status: 403, headers });
}

/** Answers a refusal. A caller without a session gets Kratos's own answer, to the byte. */
function refuse({ request }: ApiCall, reason: CallerRefusal): ApiAnswer {
  if (reason !== 'credential_missing') return failed(reason);
  const headers = errorHeaders(reason);
  headers.set('ory-error-id', '');
  const body = sessions401Body(request.headers.get('x-request-id'));
  return success(new Response(body, { status: 401, headers }));
}

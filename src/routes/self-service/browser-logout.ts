import type { Credential } from '../../credentials/credential.ts';
import type { RouteRequest } from '../../http/routes.ts';
import { parseObject, textOf } from '../../runtime/json.ts';
import { failed } from '../../runtime/result.ts';
import type { ApiAnswer } from '../../session-changes/api-route.ts';
import { identifyCaller } from '../../session-changes/caller.ts';
import type { ChangeMaker } from '../../session-changes/change-maker.ts';
import { type ChangeAnswer, unrecordedChange } from '../../session-changes/session-change.ts';
import { passFlow } from './flow-answer.ts';
import { flowHeaders, readTextOf, type SelfServiceOptions } from './flow-request.ts';
import { signOut } from './logout.ts';
import { selfServiceHeaders } from './self-service-request.ts';

export interface BrowserLogoutOptions extends SelfServiceOptions {
  readonly changes: ChangeMaker;
}

/**
 * Ends the session of a cookie with Kratos's logout for browsers (`selfservice/flow/logout/handler.go`), between the marks
 * of a sign-out.
 *
 * @returns Kratos's answer: 204 with the cleared cookie, or 401 if the cookie has no session
 */
export async function logOutBrowser(
  received: RouteRequest,
  credential: Credential,
  options: BrowserLogoutOptions,
): Promise<ApiAnswer> {
  const { changes, callers } = options;
  const { waitUntil } = received;
  const send = () => sendLogout(received, credential, options);
  if (!changes.keepsLog) return changes.make(unrecordedChange(send), waitUntil);
  const chosen = { credential, resolution: undefined };
  const caller = await identifyCaller(chosen, waitUntil, callers.sessions);
  if (caller.kind === 'unknown') return failed('store_unavailable');
  const call = { ...received, parameter: () => '' };
  const plan = await signOut({ flow: { call, credential, caller, options, send }, credential });
  return plan.kind === 'make' ? changes.make(plan.change, waitUntil) : plan.answer;
}

/** Asks Kratos for the logout token of the cookie's session, and logs out with it. */
async function sendLogout(
  { request }: RouteRequest,
  credential: Credential,
  options: SelfServiceOptions,
): Promise<ChangeAnswer> {
  const headers = selfServiceHeaders(request, credential, flowHeaders(options));
  headers.set('accept', 'application/json');
  headers.delete('content-type');
  const segments = ['self-service', 'logout'];
  const begun = await options.kratos.send({
    method: 'GET',
    segments: [...segments, 'browser'],
    headers,
  });
  if (!begun.ok) return begun;
  if (begun.value.status !== 200) return changeAnswerOf(await passFlow(begun.value, options));
  const text = await readTextOf(begun.value);
  const token = textOf(text === undefined ? undefined : parseObject(text)?.logout_token);
  if (token === undefined) return failed('upstream_not_valid');
  const query = new URLSearchParams({ token }).toString();
  const sent = await options.kratos.send({
    method: 'GET',
    segments,
    query,
    headers,
    isChange: true,
  });
  return sent.ok ? changeAnswerOf(await passFlow(sent.value, options)) : sent;
}

/** Narrows the type: an answer of Kratos names no invalid part of the request. */
function changeAnswerOf(answer: ApiAnswer): ChangeAnswer {
  return answer.ok ? answer : failed(answer.failure);
}

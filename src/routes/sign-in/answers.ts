import { errorResponse } from '../../errors/error-response.ts';
import type { Reason } from '../../errors/reasons.ts';
import { PRIVATE_NO_STORE } from '../../http/cache-control.ts';
import type { RouteRequest } from '../../http/routes.ts';
import type { Reporting } from '../../observability/reporting.ts';
import { type Answer, logFieldsOf } from '../../refusals/denial.ts';
import type { ServerFailure } from '../../sign-in/authorization-server.ts';

/** Headers of every answer of a sign-in. The URL of the callback has a code, which other sites must not get. */
export const SIGN_IN_HEADERS = {
  'cache-control': PRIVATE_NO_STORE,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** Error codes with which the issuer says that the person did not sign in (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6). */
const DECLINED = [
  'access_denied',
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
];

/** Answers a request of a sign-in, and logs the answer. */
export async function answerSignIn(
  { request, target }: RouteRequest,
  { log, now }: Pick<Reporting, 'log' | 'now'>,
  make: () => Promise<Answer>,
): Promise<Response> {
  const startedAt = now();
  const answer = await make();
  log(request, () => ({
    route: 'sign-in',
    ...logFieldsOf(answer),
    method: target.method,
    path: target.path,
    durationMs: now() - startedAt,
  }));
  return answer.response;
}

/** Redirects the browser. A form that was sent is not sent again (RFC 9110 section 15.4.4). */
export function redirect(location: string, cookies: readonly string[]): Answer {
  const headers = new Headers({ ...SIGN_IN_HEADERS, location });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return {
    response: new Response(null, { status: 303, headers }),
    outcome: 'pass',
    reason: undefined,
  };
}

export function refused(reason: Reason, detail?: string): Answer {
  const response = errorResponse(reason);
  const outcome = response.status >= 500 ? 'fault' : 'refuse';
  return { response, outcome, reason, ...(detail !== undefined && { detail }) };
}

/** Answers a sign-in that the authorization server did not complete. */
export function serverFailed(failure: ServerFailure): Answer {
  switch (failure.kind) {
    case 'unavailable':
      return refused('sign_in_unavailable', failure.detail);
    case 'not-valid':
      return refused('sign_in_not_valid', failure.detail);
    case 'error': {
      const { code } = failure;
      if (DECLINED.includes(code)) return refused('sign_in_declined', code);
      // A code that is wrong, was used, or is another client's (RFC 6749 section 5.2).
      return refused(code === 'invalid_grant' ? 'sign_in_not_valid' : 'sign_in_failed', code);
    }
  }
}

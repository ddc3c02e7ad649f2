import { VARY } from '../../credentials/credential.ts';
import { errorHeaders, errorResponse } from '../../errors/error-response.ts';
import { isTokenReason } from '../../errors/token-reasons.ts';
import { PRIVATE_NO_STORE } from '../../http/cache-control.ts';
import {
  kratosErrorId,
  whoami401Body,
  withRequestId,
} from '../../providers/kratos/kratos-errors.ts';
import {
  type NotSignedIn,
  type SignedIn,
  sessionAnswer,
  type WhoamiAnswers,
} from './whoami-answers.ts';

/**
 * whoami as Kratos answers it (`session/handler.go`): the store's bytes and headers, its 401 without `error.id`, its
 * 403 with `redirect_browser_to`.
 */
export const KRATOS_ANSWERS: WhoamiAnswers = Object.freeze({
  errorShape: errorResponse,
  session,
  refusal,
});

function session(resolution: SignedIn): Response {
  return sessionAnswer(resolution, setKratosHeaders);
}

function setKratosHeaders(headers: Headers, { session, cacheForSeconds }: SignedIn): void {
  headers.set('x-kratos-authenticated-identity-id', session.identity.id);
  setCacheFor(headers, cacheForSeconds);
}

function setCacheFor(headers: Headers, seconds: number | undefined): void {
  if (seconds !== undefined) headers.set('ory-session-cache-for', String(seconds));
}

function refusal(resolution: NotSignedIn, requestId: string | null): Response {
  switch (resolution.outcome) {
    case 'not-signed-in': {
      if (isTokenReason(resolution.reason)) return errorResponse(resolution.reason);
      const headers = errorHeaders(resolution.reason);
      headers.set('ory-error-id', '');
      setCacheFor(headers, resolution.cacheForSeconds);
      return new Response(whoami401Body(resolution.body, requestId), { status: 401, headers });
    }
    case 'insufficient': {
      const headers = errorHeaders('session_aal2_required');
      headers.set('ory-error-id', 'session_aal2_required');
      return new Response(withRequestId(resolution.body, requestId), { status: 403, headers });
    }
    case 'rejected': {
      const headers = new Headers({
        'content-type': 'application/json',
        'cache-control': PRIVATE_NO_STORE,
        vary: VARY,
        'ory-error-id': kratosErrorId(resolution.body),
      });
      const { status, body } = resolution;
      return new Response(withRequestId(body, requestId), { status, headers });
    }
    case 'not-cached':
      return errorResponse('not_cached');
    case 'unknown': {
      const { reason, retryAfterSeconds } = resolution;
      return errorResponse(reason, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
    }
  }
}

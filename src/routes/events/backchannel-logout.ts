import { explain } from '../../errors/explanations.ts';
import { MAX_LOGOUT_FORM_BYTES } from '../../http/body-limits.ts';
import { readWholeText } from '../../http/read-bounded-text.ts';
import { FORM, mediaTypeOf } from '../../http/request-body.ts';
import type { WaitUntil } from '../../runtime/single-flight.ts';
import type { EventIssuers } from './event-issuers.ts';
import { LOGOUT_PROFILE, marksOfLogout } from './logout-token.ts';

import { type ReceiverOptions, ReceiverRate, reportReceived } from './receiver.ts';

export interface BackchannelLogoutOptions extends ReceiverOptions {
  readonly issuers: EventIssuers;
}

/** A token's name is kept for this long after the token has expired. */
const REMEMBER_MARGIN_MS = 120_000;

/**
 * Serves `POST /.postern/events/backchannel-logout` (OpenID Connect Back-Channel Logout 1.0):
 * - 200 when the logout is recorded (section 2.8), now or earlier: a sender repeats a token if the answer was lost;
 * - 400 with an OAuth error for a token that fails a check of section 2.6;
 * - 503 when the token could not be verified or recorded. It says nothing about the token.
 */
export function createBackchannelLogout(options: BackchannelLogoutOptions) {
  const rate = new ReceiverRate();
  return async function backchannelLogout(
    request: Request,
    waitUntil: WaitUntil,
  ): Promise<Response> {
    const answer = (status: number, outcome: string, error?: OAuthError, marks = 0) => {
      reportReceived(options.report, { intake: 'backchannel-logout', status, outcome, marks });
      return logoutResponse(status, error);
    };
    const compact = await readLogoutToken(request);
    if (compact === undefined)
      return answer(400, 'form', invalid('Send logout_token, once, as a form.'));
    const { issuers, now, recorder } = options;
    const verified = await issuers.verify(compact, LOGOUT_PROFILE, { now: now(), waitUntil });
    if (!verified.ok) {
      const { failure } = verified;
      if (failure.kind === 'cannot-tell') return answer(503, failure.reason, TRY_AGAIN);
      return answer(400, failure.reason, invalid(explain(failure.reason).message));
    }
    if (!rate.admit(options.now())) return answer(429, 'rate', TRY_AGAIN);
    const { issuedAt, expiresAt, claims, issuer } = verified.value;
    if (issuedAt === undefined || expiresAt === undefined)
      throw new TypeError('the profile requires both');
    const marks = marksOfLogout(verified.value, issuedAt);
    const once = {
      key: `logout:${issuer}\n${claims.jti}`,
      keepMs: expiresAt - now() + REMEMBER_MARGIN_MS,
    };
    switch (await recorder.record({ marks, once })) {
      case 'recorded':
        return answer(200, 'recorded', undefined, marks.length);
      case 'repeated': // a session that was signed out before counts as signed out (section 2.7)
        return answer(200, 'repeated');
      case 'unrecorded':
        return answer(503, 'revocation_unrecorded', TRY_AGAIN);
      case 'names-unknown':
        return answer(503, 'store_unavailable', TRY_AGAIN);
    }
  };
}

/** An error in the form of RFC 6749 section 5.2, as section 2.8 of the specification requires. */
interface OAuthError {
  readonly error: 'invalid_request' | 'temporarily_unavailable';
  readonly error_description: string;
}

const TRY_AGAIN: OAuthError = {
  error: 'temporarily_unavailable',
  error_description: 'Send it again after the time in Retry-After.',
};

function invalid(description: string): OAuthError {
  return { error: 'invalid_request', error_description: description };
}

function logoutResponse(status: number, error: OAuthError | undefined): Response {
  const headers = new Headers({ 'cache-control': 'no-store' });
  if (error === undefined) return new Response(null, { status, headers });
  headers.set('content-type', 'application/json');
  if (status === 503 || status === 429) headers.set('retry-after', '2');
  return new Response(JSON.stringify(error), { status, headers });
}

async function readLogoutToken(request: Request): Promise<string | undefined> {
  if (mediaTypeOf(request) !== FORM) return undefined;
  const body = await readWholeText(request, MAX_LOGOUT_FORM_BYTES);
  if (body === undefined) return undefined;
  const tokens = new URLSearchParams(body).getAll('logout_token');
  return tokens.length === 1 ? tokens[0] : undefined;
}

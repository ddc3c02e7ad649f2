import { explain } from '../../errors/explanations.ts';
import type { TokenDenialReason } from '../../errors/token-reasons.ts';
import { MAX_SECURITY_EVENT_BYTES } from '../../http/body-limits.ts';
import { readWholeText } from '../../http/read-bounded-text.ts';
import { mediaTypeOf } from '../../http/request-body.ts';
import type { WaitUntil } from '../../runtime/single-flight.ts';
import type { EventIssuers } from './event-issuers.ts';

import { type ReceiverOptions, ReceiverRate, reportReceived } from './receiver.ts';
import { EVENT_PROFILE, readSecurityEvents } from './security-event.ts';
import type { SubjectProblem } from './subject-identifier.ts';

export interface SecurityEventsOptions extends ReceiverOptions {
  readonly issuers: EventIssuers;
}

/** Error codes of RFC 8935 section 2.4, as registered with IANA. */
type DeliveryError =
  | 'invalid_request'
  | 'invalid_key'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'access_denied';

/** A token sent again within a day is not recorded again. */
const REMEMBER_MS = 86_400_000;

/**
 * Serves `POST /.postern/events/security-events`: security event tokens (RFC 8417) by push (RFC 8935):
 * - 202 when the token's events are recorded, now or by an earlier delivery (section 2);
 * - 400 with an error code when the token is refused;
 * - 503 when the token could not be verified or recorded, so that the sender sends it again.
 */
export function createSecurityEvents(options: SecurityEventsOptions) {
  const rate = new ReceiverRate();
  return async function securityEvents(request: Request, waitUntil: WaitUntil): Promise<Response> {
    const log = (status: number, outcome: string, marks = 0) =>
      reportReceived(options.report, { intake: 'security-events', status, outcome, marks });
    const refuse = (err: DeliveryError, description: string, outcome: string) => {
      log(400, outcome);
      return problem(400, { err, description });
    };
    const postpone = (status: 429 | 503, outcome: string) => {
      log(status, outcome);
      return problem(status, { description: 'Send it again after the time in Retry-After.' });
    };
    const accept = (outcome: string, marks = 0) => {
      log(202, outcome, marks);
      return new Response(null, { status: 202, headers: { 'cache-control': 'no-store' } });
    };

    const compact = await readEventToken(request);
    if (compact === undefined) {
      return refuse('invalid_request', 'Send one token as application/secevent+jwt.', 'body');
    }
    const { issuers, now, recorder } = options;
    const verified = await issuers.verify(compact, EVENT_PROFILE, { now: now(), waitUntil });
    if (!verified.ok) {
      const { failure } = verified;
      if (failure.kind === 'cannot-tell') return postpone(503, failure.reason);
      const { reason } = failure;
      return refuse(deliveryError(reason), explain(reason).message, reason);
    }
    if (!rate.admit(options.now())) return postpone(429, 'rate');
    const { issuedAt, issuer, claims } = verified.value;
    if (issuedAt === undefined) throw new TypeError('the profile requires iat');
    const reading = readSecurityEvents(verified.value, issuedAt);
    switch (reading.kind) {
      case 'problem': {
        const { err, description } = explainProblem(reading.problem);
        return refuse(err, description, `subject-${reading.problem}`);
      }
      case 'nothing-to-do':
        return accept(reading.isAboutStream ? 'stream' : 'ignored');
      case 'marks': {
        const once = { key: `event:${issuer}\n${claims.jti}`, keepMs: REMEMBER_MS };
        const outcome = await recorder.record({ marks: reading.marks, once });
        if (outcome === 'unrecorded') return postpone(503, 'revocation_unrecorded');
        if (outcome === 'names-unknown') return postpone(503, 'store_unavailable');
        return accept(outcome, outcome === 'recorded' ? reading.marks.length : 0);
      }
    }
  };
}

function deliveryError(reason: TokenDenialReason): DeliveryError {
  switch (reason) {
    case 'token_issuer_untrusted':
      return 'invalid_issuer';
    case 'token_audience_mismatch':
      return 'invalid_audience';
    case 'token_algorithm_refused':
    case 'token_key_unknown':
    case 'token_signature_invalid':
      return 'invalid_key';
    default:
      return 'invalid_request';
  }
}

function explainProblem(problem: SubjectProblem | 'event'): {
  readonly err: DeliveryError;
  readonly description: string;
} {
  switch (problem) {
    case 'foreign':
      return { err: 'access_denied', description: 'The subject is of another issuer.' };
    case 'unmappable':
      return {
        err: 'invalid_request',
        description:
          'Subjects are known here by iss_sub, opaque, jwt_id, or complex with a session or user.',
      };
    case 'malformed':
      return { err: 'invalid_request', description: 'The subject is not a subject identifier.' };
    case 'event':
      return { err: 'invalid_request', description: 'The event lacks a member it must have.' };
  }
}

function problem(
  status: number,
  body: { readonly err?: DeliveryError; readonly description: string },
): Response {
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  headers.set('content-language', 'en');
  if (status !== 400) headers.set('retry-after', '2');
  return new Response(JSON.stringify(body), { status, headers });
}

async function readEventToken(request: Request): Promise<string | undefined> {
  if (mediaTypeOf(request) !== 'application/secevent+jwt') return undefined;
  const body = await readWholeText(request, MAX_SECURITY_EVENT_BYTES);
  return body === '' ? undefined : body;
}

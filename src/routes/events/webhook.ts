import { errorResponse } from '../../errors/error-response.ts';
import type { Reason } from '../../errors/reasons.ts';
import { readBearer } from '../../http/bearer.ts';
import { MAX_WEBHOOK_BYTES } from '../../http/body-limits.ts';
import { BROKEN_OFF, readBoundedText, TOO_LONG } from '../../http/read-bounded-text.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';

import { type ReceiverOptions, ReceiverRate, reportReceived } from './receiver.ts';
import { readWebhookMessage } from './webhook-message.ts';
import { isSigned } from './webhook-signature.ts';

const API_KEY = /^[\x21-\x7e]{1,512}$/;

export interface WebhookOptions extends ReceiverOptions {
  readonly secrets: readonly string[];
  readonly apiKeys: readonly string[];
}

/** The largest difference between a message's time and now: clocks differ, and a sender may repeat a message. */
const WINDOW_SECONDS = 300;
const TIMESTAMP = /^\d{1,12}$/;
const MESSAGE_ID = /^[\x21-\x7e]{1,256}$/;

/** A message from a sender that has proven itself. `once` is set if the sender gave the message a name. */
interface ProvenMessage {
  readonly body: string;
  readonly once: { readonly key: string; readonly keepMs: number } | undefined;
}

/**
 * Serves `POST /.postern/events/webhook`: a sender with a secret reports whose sessions ended. The message is signed as
 * in Standard Webhooks, at most five minutes old, and recorded once per `webhook-id` and content. A sender that cannot
 * sign sends a key in `Authorization` instead. 204 is sent only after the marks are recorded.
 */
export function createWebhookReceiver(options: WebhookOptions) {
  const rate = new ReceiverRate();
  return async function webhook(request: Request): Promise<Response> {
    const refuse = (reason: Reason) => {
      const response = errorResponse(reason);
      reportReceived(options.report, {
        intake: 'webhook',
        status: response.status,
        outcome: reason,
        marks: 0,
      });
      return response;
    };
    const body = await readBody(request);
    if (body === undefined) return refuse('event_malformed');
    if (body === TOO_LONG) return refuse('event_too_long');
    const proven = await prove(request.headers, body, options);
    if (typeof proven === 'string') return refuse(proven);
    if (!rate.admit(options.now())) return refuse('event_rate_exceeded');
    const message = readWebhookMessage(proven.body);
    if (message === undefined) return refuse('event_malformed');
    const outcome = await options.recorder.record({ ...message, once: proven.once });
    if (outcome === 'unrecorded') return refuse('revocation_unrecorded');
    if (outcome === 'names-unknown') return refuse('store_unavailable');
    const recorded = outcome === 'recorded' ? message.marks.length : 0;
    reportReceived(options.report, { intake: 'webhook', status: 204, outcome, marks: recorded });
    return new Response(null, { status: 204, headers: { 'cache-control': 'private, no-store' } });
  };
}

async function prove(
  headers: Headers,
  body: string,
  { secrets, apiKeys, now }: WebhookOptions,
): Promise<ProvenMessage | Reason> {
  const presented = readBearer(headers.get('authorization'));
  if (presented !== undefined && apiKeys.length > 0 && API_KEY.test(presented)) {
    return matchesSecret(presented, apiKeys) ? { body, once: undefined } : 'event_unauthenticated';
  }
  const id = headers.get('webhook-id') ?? '';
  const timestamp = headers.get('webhook-timestamp') ?? '';
  const signatures = headers.get('webhook-signature') ?? '';
  if (!MESSAGE_ID.test(id) || !TIMESTAMP.test(timestamp)) return 'event_unauthenticated';
  if (!(await isSigned({ id, timestamp, body, signatures }, secrets))) {
    return 'event_unauthenticated';
  }
  const apartSeconds = Math.abs(now() / 1000 - Number(timestamp));
  if (apartSeconds > WINDOW_SECONDS) return 'event_expired';
  return { body, once: { key: `webhook:${id}`, keepMs: 2 * WINDOW_SECONDS * 1000 } };
}

/** Reads the body; `undefined` when it broke off. */
async function readBody(request: Request): Promise<string | typeof TOO_LONG | undefined> {
  const body = await readBoundedText(request, MAX_WEBHOOK_BYTES);
  return body === BROKEN_OFF ? undefined : body;
}

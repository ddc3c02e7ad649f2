import { explain, type Reason } from './reasons.ts';
import { isTokenReason } from './token-reasons.ts';

/** Seconds a client is asked to wait after a fault when nothing better is known. */
export const DEFAULT_RETRY_AFTER_SECONDS = 2;

/** Sent with everything Postern itself answers, so that no cache in between keeps it. */
export const PRIVATE_NO_STORE = 'private, no-store';

export interface ErrorResponseOptions {
  /** Seconds; only sent with 429 and 503. */
  readonly retryAfterSeconds?: number;
  readonly headers?: HeadersInit;
}

/**
 * The one place where a reason becomes a response: Kratos's error shape (herodot `DefaultError`) with the
 * reason as `error.id`, and the same reason in `Postern-Reason` for those who read headers only.
 */
export function errorResponse(reason: Reason, options: ErrorResponseOptions = {}): Response {
  const { status, message, reason: text } = explain(reason);
  const headers = errorHeaders(reason, options);
  const error = { id: kratosErrorId(reason), code: status, status: STATUS_TEXT[status] };
  return new Response(`${JSON.stringify({ error: { ...error, reason: text, message } })}\n`, {
    status,
    headers,
  });
}

/** The headers every answer of refusal, denial or fault carries. */
export function errorHeaders(reason: Reason, options: ErrorResponseOptions = {}): Headers {
  const headers = new Headers(options.headers);
  headers.set('content-type', 'application/json');
  headers.set('cache-control', PRIVATE_NO_STORE);
  headers.set('x-content-type-options', 'nosniff');
  headers.set('postern-reason', reason);
  const { status } = explain(reason);
  if (status === 503 || status === 429) {
    headers.set('retry-after', String(options.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS));
  }
  if (reason === 'method_not_allowed') {
    headers.set('allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
  }
  return headers;
}

/** Kratos's own id where it has one (`text/message_error.go`), so that its SDKs recognise the case. */
function kratosErrorId(reason: Reason): string {
  if (isTokenReason(reason)) return 'session_inactive';
  switch (reason) {
    case 'credential_missing':
    case 'credential_malformed':
    case 'credential_ambiguous':
    case 'session_inactive':
      return 'session_inactive';
    default:
      return reason;
  }
}

const STATUS_TEXT: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

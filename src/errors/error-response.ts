import { explain } from './explanations.ts';
import type { Reason } from './reasons.ts';
import { isTokenReason } from './token-reasons.ts';

/** Seconds a client is asked to wait after a fault when nothing better is known. */
export const DEFAULT_RETRY_AFTER_SECONDS = 2;

/** What every site may use (RFC 9110 section 9.3, RFC 5789). */
export const DEFAULT_METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
] as const;

/** Sent with everything Postern itself answers, so that no cache in between keeps it. */
export const PRIVATE_NO_STORE = 'private, no-store';

export interface ErrorResponseOptions {
  /** Seconds; only sent with 429 and 503. */
  readonly retryAfterSeconds?: number;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where a browser goes to make good what is missing, as Kratos names it. */
  readonly redirectBrowserTo?: string;
  /** Only sent with 405. */
  readonly allowedMethods?: Iterable<string>;
}

/**
 * The one place where a reason becomes a response: Kratos's error shape (herodot `DefaultError`) with the
 * reason as `error.id`, and the same reason in `Postern-Reason` for those who read headers only.
 */
export function errorResponse(reason: Reason, options: ErrorResponseOptions = {}): Response {
  const { status, message, reason: text } = explain(reason);
  const headers = errorFields(reason, options);
  const error = { id: kratosErrorId(reason), code: status, status: STATUS_TEXT[status] };
  const { redirectBrowserTo: target } = options;
  const body = {
    error: {
      ...error,
      reason: text,
      ...(target !== undefined && { details: { redirect_browser_to: target } }),
      message,
    },
    ...(target !== undefined && { redirect_browser_to: target }),
  };
  return new Response(`${JSON.stringify(body)}\n`, { status, headers });
}

/** The headers every answer of refusal, denial or fault carries. */
export function errorHeaders(reason: Reason, options: ErrorResponseOptions = {}): Headers {
  return new Headers(errorFields(reason, options));
}

function errorFields(reason: Reason, options: ErrorResponseOptions): Record<string, string> {
  const { retryAfterSeconds = DEFAULT_RETRY_AFTER_SECONDS, allowedMethods } = options;
  const fields: Record<string, string> = {
    ...options.headers,
    'content-type': 'application/json',
    'cache-control': PRIVATE_NO_STORE,
    'x-content-type-options': 'nosniff',
    'postern-reason': reason,
  };
  const { status } = explain(reason);
  if (status === 503 || status === 429) fields['retry-after'] = String(retryAfterSeconds);
  if (reason === 'method_not_allowed') {
    fields.allow ??= [...(allowedMethods ?? DEFAULT_METHODS)].join(', ');
  }
  return fields;
}

/** The same in Keycard's error shape (its `api/openapi.yaml`): `message`, `code`, `status`. */
export function keycardErrorResponse(reason: Reason, options: ErrorResponseOptions = {}): Response {
  const { status, message } = explain(reason);
  const headers = errorFields(reason, options);
  return new Response(JSON.stringify({ message, code: reason, status }), { status, headers });
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
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  508: 'Loop Detected',
};

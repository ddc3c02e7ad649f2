import { VARY } from '../credentials/credential.ts';
import { PRIVATE_NO_STORE } from '../http/cache-control.ts';
import { DEFAULT_METHODS } from '../http/methods.ts';
import { explain } from './explanations.ts';
import type { Reason } from './reasons.ts';
import { isTokenReason } from './token-reasons.ts';

/** Seconds a client is asked to wait after a fault when nothing better is known. */
const DEFAULT_RETRY_AFTER_SECONDS = 2;

export interface ErrorResponseOptions {
  /** Seconds; only sent with 429 and 503. */
  readonly retryAfterSeconds?: number;
  /** The value of `WWW-Authenticate`. */
  readonly challenge?: string | undefined;
  /** Where a browser goes to make good what is missing, as Kratos names it. */
  readonly redirectBrowserTo?: string;
  /** Only sent with 405. */
  readonly allowedMethods?: readonly string[] | ReadonlySet<string>;
}

/**
 * The one place where a reason becomes a response: Kratos's error shape (herodot `DefaultError`) with the
 * reason as `error.id`, and the same reason in `Postern-Reason` for those who read headers only.
 */
export function errorResponse(reason: Reason, options: ErrorResponseOptions = {}): Response {
  const { redirectBrowserTo } = options;
  const { status, body, headers } = readyMade(reason);
  const told = redirectBrowserTo === undefined ? body : errorBody(reason, redirectBrowserTo);
  return withFields(new Response(told, { status, headers }), reason, options);
}

/** The headers every answer of refusal, denial or fault carries. */
export function errorHeaders(reason: Reason): Headers {
  return new Headers(readyMade(reason).headers);
}

interface ReadyMade {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** What nothing of a request changes. Reasons are a closed list; headers that are copied cost half of those that are made. */
const READY_MADE = new Map<Reason, ReadyMade>();

function readyMade(reason: Reason): ReadyMade {
  const known = READY_MADE.get(reason);
  if (known !== undefined) return known;
  const { status } = explain(reason);
  const headers = new Headers({
    'content-type': 'application/json',
    'cache-control': PRIVATE_NO_STORE,
    'x-content-type-options': 'nosniff',
    'postern-reason': reason,
    vary: VARY,
  });
  if (mayBeRetried(status)) headers.set('retry-after', String(DEFAULT_RETRY_AFTER_SECONDS));
  if (reason === 'method_not_allowed') headers.set('allow', DEFAULT_METHODS.join(', '));
  const made = { status, body: errorBody(reason), headers };
  READY_MADE.set(reason, made);
  return made;
}

function errorBody(reason: Reason, redirectBrowserTo?: string): string {
  const { status, message, hint: text } = explain(reason);
  const target =
    redirectBrowserTo === undefined ? undefined : { redirect_browser_to: redirectBrowserTo };
  const error = {
    id: kratosErrorId(reason),
    code: status,
    status: STATUS_TEXT[status],
    reason: text,
    ...(target !== undefined && { details: target }),
    message,
  };
  return `${JSON.stringify({ error, ...target })}\n`;
}

/** The same response with what this one request adds to its headers. */
function withFields(
  response: Response,
  reason: Reason,
  { retryAfterSeconds, challenge, allowedMethods }: ErrorResponseOptions,
): Response {
  if (retryAfterSeconds !== undefined && mayBeRetried(explain(reason).status)) {
    response.headers.set('retry-after', String(retryAfterSeconds));
  }
  if (allowedMethods !== undefined && reason === 'method_not_allowed') {
    response.headers.set('allow', [...allowedMethods].join(', '));
  }
  if (challenge !== undefined) response.headers.set('www-authenticate', challenge);
  return response;
}

function mayBeRetried(status: number): boolean {
  return status === 503 || status === 429;
}

/** The same in Keycard's error shape (its `api/openapi.yaml`): `message`, `code`, `status`. */
export function keycardErrorResponse(reason: Reason, options: ErrorResponseOptions = {}): Response {
  const { status, message } = explain(reason);
  const { headers } = readyMade(reason);
  const body = JSON.stringify({ message, code: reason, status });
  return withFields(new Response(body, { status, headers }), reason, options);
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
  411: 'Length Required',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  414: 'URI Too Long',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  508: 'Loop Detected',
};

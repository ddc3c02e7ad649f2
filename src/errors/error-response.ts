import { VARY } from '../credentials/credential.ts';
import { PRIVATE_NO_STORE } from '../http/cache-control.ts';
import { DEFAULT_METHODS } from '../http/methods.ts';
import { explain } from './explanations.ts';
import type { Reason } from './reasons.ts';
import { isTokenReason } from './token-reasons.ts';

/** Seconds that a client should wait after a fault, if no better number is known. */
const DEFAULT_RETRY_AFTER_SECONDS = 2;

export interface ErrorResponseOptions {
  /** Seconds; only sent with 429 and 503. */
  readonly retryAfterSeconds?: number;
  /** The value of `WWW-Authenticate`. */
  readonly challenge?: string | undefined;
  /** The URL at which a browser can get what is missing, such as a second factor. Kratos names it. */
  readonly redirectBrowserTo?: string;
  /** The next step, in place of the reason's own: the part of the request that is not valid, and what it takes. */
  readonly hint?: string;
  /** Only sent with 405. */
  readonly allowedMethods?: readonly string[] | ReadonlySet<string>;
}

/** Makes the response for a reason, in the error shape of one provider. */
export type ErrorShape = (reason: Reason, options?: ErrorResponseOptions) => Response;

/**
 * Makes the response for a reason. All such responses are made here, in Kratos's error shape (herodot
 * `DefaultError`) with the reason as `error.id`. `Postern-Reason` has the same reason, for clients that read only
 * headers.
 */
export function errorResponse(reason: Reason, options: ErrorResponseOptions = {}): Response {
  const { redirectBrowserTo, hint } = options;
  const made = readyMade(reason);
  const isUsual = redirectBrowserTo === undefined && hint === undefined;
  const body = isUsual ? made.body : errorBody(reason, options);
  const { status, headers } = made;
  return withFields(new Response(body, { status, headers }), reason, options);
}

/** Returns the headers of every refusal, denial and fault. */
export function errorHeaders(reason: Reason): Headers {
  return new Headers(readyMade(reason).headers);
}

interface ReadyMade {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/**
 * The parts of a response that do not depend on the request, by reason. Reasons are a closed list, and copied
 * headers cost half as much as new ones.
 */
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

function errorBody(
  reason: Reason,
  { redirectBrowserTo, hint }: Pick<ErrorResponseOptions, 'redirectBrowserTo' | 'hint'> = {},
): string {
  const { status, message, hint: usual } = explain(reason);
  const target =
    redirectBrowserTo === undefined ? undefined : { redirect_browser_to: redirectBrowserTo };
  const error = {
    id: kratosErrorId(reason),
    code: status,
    status: STATUS_TEXT[status],
    reason: hint ?? usual,
    ...(target !== undefined && { details: target }),
    message,
  };
  return `${JSON.stringify({ error, ...target })}\n`;
}

/** Adds the headers that belong to this one request. */
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

/** Makes the response for a reason in Keycard's error shape (its `api/openapi.yaml`): `message`, `code`, `status`. */
export function keycardErrorResponse(reason: Reason, options: ErrorResponseOptions = {}): Response {
  const { status, message } = explain(reason);
  const { headers } = readyMade(reason);
  const body = JSON.stringify({ message: options.hint ?? message, code: reason, status });
  return withFields(new Response(body, { status, headers }), reason, options);
}

/** Returns Kratos's own error id if it has one (`text/message_error.go`), so that its SDKs recognise the case. */
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

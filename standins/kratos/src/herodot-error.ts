import { encodeGoJson } from './go-json.ts';

/** The parts of a herodot `DefaultError` (herodot `error_default.go`); absent members are not written. */
export interface HerodotError {
  code: number;
  id?: string;
  reason?: string;
  /** Standard wording of the status when absent. */
  message?: string;
  details?: Record<string, unknown>;
  /** Kratos repeats this one beside `error`, where its browser clients look for it. */
  redirectBrowserTo?: string;
  /** Further members beside `error`. */
  beside?: Record<string, unknown>;
}

interface StandardError {
  status: string;
  message: string;
}

const STANDARD_ERRORS: Record<number, StandardError> = {
  400: {
    status: 'Bad Request',
    message: 'The request was malformed or contained invalid parameters',
  },
  401: { status: 'Unauthorized', message: 'The request could not be authorized' },
  403: { status: 'Forbidden', message: 'The requested action was forbidden' },
  404: { status: 'Not Found', message: 'The requested resource could not be found' },
  410: {
    status: 'Gone',
    message:
      'The requested resource is no longer available because it has expired or is otherwise invalid.',
  },
  422: { status: 'Unprocessable Entity', message: 'The request could not be processed' },
  429: { status: 'Too Many Requests', message: 'Too many requests, slow down' },
  500: {
    status: 'Internal Server Error',
    message: 'An internal server error occurred, please contact the system administrator',
  },
  502: { status: 'Bad Gateway', message: 'Bad gateway' },
  503: { status: 'Service Unavailable', message: 'The service is unavailable' },
};

/**
 * A failure as Kratos sends it: `Content-Type` without a charset, `Ory-Error-Id` always present even when
 * empty, and `request` only for a caller that sent `X-Request-ID` (herodot `json.go`).
 */
export function herodotError(request: Request, error: HerodotError): Response {
  return new Response(encodeGoJson(errorDocument(request, error)), {
    status: error.code,
    headers: { 'Content-Type': 'application/json', 'Ory-Error-Id': error.id ?? '' },
  });
}

/** The error of a query that finds no row (`oryx/sqlcon/error.go` `ErrNoRows`). */
export function noRows(): HerodotError {
  return { code: 404, message: 'Unable to locate the resource' };
}

export function errorDocument(request: Request, error: HerodotError): Record<string, unknown> {
  const standard = STANDARD_ERRORS[error.code] ?? { status: 'Error', message: 'An error occurred' };
  return {
    error: {
      id: error.id,
      code: error.code,
      status: standard.status,
      request: request.headers.get('X-Request-ID') || undefined,
      reason: error.reason,
      details: error.details,
      message: error.message ?? standard.message,
    },
    redirect_browser_to: error.redirectBrowserTo,
    ...error.beside,
  };
}

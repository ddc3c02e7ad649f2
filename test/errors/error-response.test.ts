import { describe, expect, it } from 'vitest';
import {
  errorHeaders,
  errorResponse,
  keycardErrorResponse,
} from '../../src/errors/error-response.ts';
import { explain } from '../../src/errors/explanations.ts';
import type { Reason } from '../../src/errors/reasons.ts';
import { TOKEN_DENIAL_REASONS, type TokenDenialReason } from '../../src/errors/token-reasons.ts';

type Wire = readonly [status: number, text: string, id: string];

/** The wire form of every reason: status, `error.id`, and what else the client is told in headers. */
const WIRE: Readonly<Record<Reason, Wire>> = {
  path_not_canonical: [400, 'Bad Request', 'path_not_canonical'],
  query_not_canonical: [400, 'Bad Request', 'query_not_canonical'],
  target_too_long: [414, 'URI Too Long', 'target_too_long'],
  host_not_valid: [400, 'Bad Request', 'host_not_valid'],
  host_unknown: [421, 'Misdirected Request', 'host_unknown'],
  headers_too_large: [431, 'Request Header Fields Too Large', 'headers_too_large'],
  length_required: [411, 'Length Required', 'length_required'],
  origin_not_allowed: [403, 'Forbidden', 'origin_not_allowed'],
  redirect_loop: [403, 'Forbidden', 'redirect_loop'],
  proxy_not_trusted: [401, 'Unauthorized', 'proxy_not_trusted'],
  original_request_not_valid: [400, 'Bad Request', 'original_request_not_valid'],
  session_refresh_required: [403, 'Forbidden', 'session_refresh_required'],
  insufficient_scope: [403, 'Forbidden', 'insufficient_scope'],
  exchange_not_possible: [403, 'Forbidden', 'exchange_not_possible'],
  exchange_refused: [403, 'Forbidden', 'exchange_refused'],
  condition_not_met: [403, 'Forbidden', 'condition_not_met'],
  condition_not_evaluable: [403, 'Forbidden', 'condition_not_evaluable'],
  assertion_unavailable: [503, 'Service Unavailable', 'assertion_unavailable'],
  identity_too_large: [503, 'Service Unavailable', 'identity_too_large'],
  verdict_changed: [503, 'Service Unavailable', 'verdict_changed'],
  credential_conflicting: [400, 'Bad Request', 'credential_conflicting'],
  not_found: [404, 'Not Found', 'not_found'],
  sign_in_not_valid: [400, 'Bad Request', 'sign_in_not_valid'],
  sign_in_declined: [403, 'Forbidden', 'sign_in_declined'],
  sign_in_unavailable: [503, 'Service Unavailable', 'sign_in_unavailable'],
  sign_in_failed: [502, 'Bad Gateway', 'sign_in_failed'],
  sign_in_too_large: [502, 'Bad Gateway', 'sign_in_too_large'],
  method_not_allowed: [405, 'Method Not Allowed', 'method_not_allowed'],
  credential_missing: [401, 'Unauthorized', 'session_inactive'],
  credential_malformed: [401, 'Unauthorized', 'session_inactive'],
  credential_ambiguous: [401, 'Unauthorized', 'session_inactive'],
  session_inactive: [401, 'Unauthorized', 'session_inactive'],
  session_aal2_required: [403, 'Forbidden', 'session_aal2_required'],
  ...tokenReasons(),
  event_unauthenticated: [401, 'Unauthorized', 'event_unauthenticated'],
  event_expired: [400, 'Bad Request', 'event_expired'],
  event_malformed: [400, 'Bad Request', 'event_malformed'],
  event_too_long: [413, 'Content Too Large', 'event_too_long'],
  event_rate_exceeded: [429, 'Too Many Requests', 'event_rate_exceeded'],
  revocation_log_unavailable: [503, 'Service Unavailable', 'revocation_log_unavailable'],
  revocation_unrecorded: [503, 'Service Unavailable', 'revocation_unrecorded'],
  store_unavailable: [503, 'Service Unavailable', 'store_unavailable'],
  issuer_metadata_unavailable: [503, 'Service Unavailable', 'issuer_metadata_unavailable'],
  exchange_unavailable: [503, 'Service Unavailable', 'exchange_unavailable'],
  issuer_keys_unavailable: [503, 'Service Unavailable', 'issuer_keys_unavailable'],
  internal_error: [503, 'Service Unavailable', 'internal_error'],
  not_cached: [504, 'Gateway Timeout', 'not_cached'],
  origin_unreachable: [502, 'Bad Gateway', 'origin_unreachable'],
  origin_timeout: [504, 'Gateway Timeout', 'origin_timeout'],
  origin_not_valid: [502, 'Bad Gateway', 'origin_not_valid'],
  parameter_not_valid: [400, 'Bad Request', 'parameter_not_valid'],
  body_not_valid: [400, 'Bad Request', 'body_not_valid'],
  body_too_long: [413, 'Content Too Large', 'body_too_long'],
  media_type_not_supported: [415, 'Unsupported Media Type', 'media_type_not_supported'],
  cross_site_change: [403, 'Forbidden', 'cross_site_change'],
  form_not_current: [403, 'Forbidden', 'form_not_current'],
  session_not_listed: [404, 'Not Found', 'session_not_listed'],
  sign_out_not_possible: [400, 'Bad Request', 'sign_out_not_possible'],
  caller_not_authorized: [401, 'Unauthorized', 'caller_not_authorized'],
  guard_unavailable: [503, 'Service Unavailable', 'guard_unavailable'],
  upstream_unreachable: [502, 'Bad Gateway', 'upstream_unreachable'],
  upstream_timeout: [504, 'Gateway Timeout', 'upstream_timeout'],
  upstream_not_valid: [502, 'Bad Gateway', 'upstream_not_valid'],
  upstream_rate_limited: [429, 'Too Many Requests', 'upstream_rate_limited'],
  loop_detected: [508, 'Loop Detected', 'loop_detected'],
  configuration_invalid: [500, 'Internal Server Error', 'configuration_invalid'],
};
const REASONS = Object.keys(WIRE) as Reason[]; // the table above has every reason, or does not compile

describe('errorResponse()', () => {
  it.each(REASONS)('%s', async (reason) => {
    const [code, status, id] = WIRE[reason];
    const response = errorResponse(reason);
    expect(response.status).toBe(code);
    const { message, hint: text } = explain(reason);
    expect(await response.text()).toBe(
      `${JSON.stringify({ error: { id, code, status, reason: text, message } })}\n`,
    );
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/json',
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      'postern-reason': reason,
      vary: 'Cookie, Authorization, X-Session-Token',
      ...((code === 503 || code === 429) && { 'retry-after': '2' }),
      ...(code === 405 && { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' }),
    });
  });

  it('never answers a fault with a verdict, nor a verdict with a fault', () => {
    const kind = (status: number) =>
      status >= 500 ? 'fault' : status === 401 || status === 403 ? 'verdict' : 'refusal';
    const kinds = Object.groupBy(REASONS, (reason) => kind(explain(reason).status));
    expect(kinds.verdict?.sort()).toEqual([
      'caller_not_authorized',
      'condition_not_evaluable',
      'condition_not_met',
      'credential_ambiguous',
      'credential_malformed',
      'credential_missing',
      'cross_site_change',
      'event_unauthenticated',
      'exchange_not_possible',
      'exchange_refused',
      'form_not_current',
      'insufficient_scope',
      'origin_not_allowed',
      'proxy_not_trusted',
      'redirect_loop',
      'session_aal2_required',
      'session_inactive',
      'session_refresh_required',
      'sign_in_declined',
      ...TOKEN_DENIAL_REASONS.toSorted(),
    ]);
    expect(kinds.fault?.sort()).toEqual([
      'assertion_unavailable',
      'configuration_invalid',
      'exchange_unavailable',
      'guard_unavailable',
      'identity_too_large',
      'internal_error',
      'issuer_keys_unavailable',
      'issuer_metadata_unavailable',
      'loop_detected',
      'not_cached',
      'origin_not_valid',
      'origin_timeout',
      'origin_unreachable',
      'revocation_log_unavailable',
      'revocation_unrecorded',
      'sign_in_failed',
      'sign_in_too_large',
      'sign_in_unavailable',
      'store_unavailable',
      'upstream_not_valid',
      'upstream_timeout',
      'upstream_unreachable',
      'verdict_changed',
    ]);
  });

  it('states the problem and the next step, in sentences', () => {
    for (const reason of REASONS) {
      const { message, hint: text } = explain(reason);
      expect(message.length).toBeGreaterThan(20);
      expect(text).toMatch(/[.]$/);
    }
  });

  it('includes a waiting time and a challenge', () => {
    const response = errorResponse('store_unavailable', {
      retryAfterSeconds: 17,
      challenge: 'Bearer',
    });
    expect(response.headers.get('retry-after')).toBe('17');
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    const another = errorResponse('store_unavailable');
    expect(another.headers.get('retry-after')).toBe('2');
    expect(another.headers.has('www-authenticate')).toBe(false);
  });
});

describe('keycardErrorResponse()', () => {
  it.each(REASONS)('%s', async (reason) => {
    const response = keycardErrorResponse(reason);
    const { status, message } = explain(reason);
    expect(await response.json()).toEqual({ message, code: reason, status });
    expect([response.status, response.headers.get('postern-reason')]).toEqual([status, reason]);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
  });
});

describe('errorHeaders()', () => {
  it('sends Retry-After only with 429 and 503', () => {
    expect(
      errorResponse('origin_timeout', { retryAfterSeconds: 5 }).headers.has('retry-after'),
    ).toBe(false);
    expect(errorHeaders('origin_timeout').has('retry-after')).toBe(false);
  });
});

/** Every reason for which a token is refused has the same form. */
function tokenReasons(): Readonly<Record<TokenDenialReason, Wire>> {
  const wire: Wire = [401, 'Unauthorized', 'session_inactive'];
  const entries = TOKEN_DENIAL_REASONS.map((reason) => [reason, wire] as const);
  return Object.fromEntries(entries) as Record<TokenDenialReason, Wire>; // the list has all of them
}

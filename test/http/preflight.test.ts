import { describe, expect, it } from 'vitest';
import { answerPreflight, readAsked } from '../../src/http/preflight.ts';

const ORIGIN = 'https://app.example.com';
const ASKED = { origin: ORIGIN, 'access-control-request-method': 'PUT' };

/** The headers that the answer allows for a request that names these. */
function allowed(requestHeaders?: string): string | null {
  const asked =
    requestHeaders === undefined ? {} : { 'access-control-request-headers': requestHeaders };
  const answer = answerPreflight(new Headers(asked), { origin: ORIGIN, method: 'PUT' });
  return answer.headers.get('access-control-allow-headers');
}

// Fetch standard, CORS-preflight fetch: an OPTIONS with Origin and Access-Control-Request-Method.
describe('readAsked()', () => {
  it('reads a preflight', () => {
    expect(readAsked('OPTIONS', new Headers(ASKED))).toEqual({ origin: ORIGIN, method: 'PUT' });
  });

  it.each([
    ['another method', 'GET', ASKED],
    ['no Origin', 'OPTIONS', { 'access-control-request-method': 'PUT' }],
    ['no method asked for', 'OPTIONS', { origin: ORIGIN }],
  ])('reads no preflight from a request with %s', (_, method, headers) => {
    expect(readAsked(method, new Headers(headers))).toBeUndefined();
  });
});

describe('answerPreflight()', () => {
  it('allows the origin and the method, with credentials', async () => {
    const answer = answerPreflight(new Headers(), { origin: ORIGIN, method: 'PUT' });
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    expect(Object.fromEntries(answer.headers)).toEqual({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT',
      'access-control-max-age': '600',
      'cache-control': 'private, no-store',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
  });

  // RFC 9110 sections 5.1 and 5.6.2: a field name is a token.
  it.each(['x-a', 'authorization,content-type', 'x-a, x-b', "!#$%&'*+-.^_`|~09AZaz"])(
    'allows the requested headers: %s',
    (names) => expect(allowed(names)).toBe(names),
  );

  it.each([undefined, 'x-a,', ',x-a', 'x-a,,x-b', 'x a', 'x-a;q=1', '(x)', 'x-a,  x-b', '"x-a"'])(
    'allows no headers if the request lists no names: %s',
    (names) => expect(allowed(names)).toBeNull(),
  );

  it('allows no headers when the list is longer than 4096 characters', () => {
    expect(allowed('x'.repeat(4096))).toBe('x'.repeat(4096));
    expect(allowed('x'.repeat(4097))).toBeNull();
  });
});

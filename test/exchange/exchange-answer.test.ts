import { describe, expect, it } from 'vitest';
import { readExchangeAnswer } from '../../src/exchange/exchange-answer.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
/** The example of RFC 8693 section 2.3, without the line breaks in its token. */
const RFC_EXAMPLE = {
  access_token: 'eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9.e30.c2lnbmF0dXJl',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 60,
};
const read = (body: object, status = 200, retryAfterSeconds?: number) =>
  readExchangeAnswer({ status, text: JSON.stringify(body), retryAfterSeconds }, NOW);
const jwt = (claims: object) =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

describe('readExchangeAnswer()', () => {
  it('reads the example of RFC 8693 section 2.3', () => {
    expect(read(RFC_EXAMPLE)).toEqual({
      kind: 'token',
      token: { value: RFC_EXAMPLE.access_token, askedAt: NOW, expiresAt: NOW + 60_000 },
    });
  });

  // RFC 6749 section 7.1: token types are not case-sensitive. RFC 8693 section 3: a JWT may be an access token.
  // keycardai/oauth/types/models.py: `issued_token_type` may be missing.
  it.each([
    { token_type: 'bearer' },
    { token_type: 'BEARER' },
    { issued_token_type: 'urn:ietf:params:oauth:token-type:jwt' },
    { refresh_token: 'is not used', scope: 'read' },
    { issued_token_type: undefined },
  ])('takes %j', (members) => {
    expect(read({ ...RFC_EXAMPLE, ...members }).kind).toBe('token');
  });

  it.each([
    [{}, {}, 300],
    [{ expires_in: 60 }, {}, 60],
    [{ expires_in: 60 }, { exp: NOW / 1000 + 30 }, 30],
    [{ expires_in: 60 }, { exp: NOW / 1000 + 90 }, 60],
    [{}, { exp: NOW / 1000 + 90 }, 90],
    [{ expires_in: 60 }, { exp: 'never' }, 60],
  ])('takes the sooner end: %j, %j: %i s', (members, claims, seconds) => {
    const { expires_in: _, ...example } = RFC_EXAMPLE;
    const answer = read({ ...example, ...members, access_token: jwt(claims) });
    expect(answer).toMatchObject({ token: { expiresAt: NOW + seconds * 1000 } });
  });

  it('takes no token whose exp has passed', () => {
    const access_token = jwt({ exp: NOW / 1000 });
    expect(read({ ...RFC_EXAMPLE, access_token })).toMatchObject({
      kind: 'failed',
      detail: 'token-expired',
    });
  });

  it.each([
    [401, {}, '401'],
    [401, { error: 'invalid_grant' }, '401'],
    [401, { error: 'invalid_client' }, 'invalid_client'],
    [400, { error: 'invalid_client' }, 'invalid_client'],
    [403, { error: 'unauthorized_client' }, 'unauthorized_client'],
    [429, {}, '429'],
  ])('takes %i %j for a failure of every exchange', (status, body, detail) => {
    expect(read(body, status)).toMatchObject({ kind: 'failed', concerns: 'client', detail });
  });

  it.each([
    [400, { error: 'invalid_scope' }],
    [400, { error: ['invalid_grant'] }],
    [400, { error: 'INVALID_GRANT' }],
    [404, { message: 'Not Found' }],
    [204, {}],
    [500, { error: 'invalid_grant' }],
  ])('takes %i %j for a failure, not for a verdict', (status, body) => {
    expect(read(body, status)).toMatchObject({ kind: 'failed', concerns: 'token' });
  });

  it('names no text of the issuer', () => {
    expect(JSON.stringify(read({ error: 'a secret of the issuer' }, 400))).not.toContain('secret');
  });

  it('keeps Retry-After of 429 and 503', () => {
    for (const status of [429, 503]) {
      expect(read({}, status, 17)).toMatchObject({ retryAfterSeconds: 17 });
    }
  });
});

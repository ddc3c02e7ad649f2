import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorResponse } from '../../src/errors/error-response.ts';
import { TOKEN_DENIAL_REASONS } from '../../src/errors/token-reasons.ts';
import { bearerChallenge } from '../../src/refusals/bearer-challenge.ts';
import { inRepository } from '../support/repository.ts';

describe('every reason for which a token is refused', () => {
  for (const reason of TOKEN_DENIAL_REASONS) {
    it(`${reason} is a 401 with its name in the body, in the shape of Kratos`, async () => {
      const response = errorResponse(reason);
      expect(response.status).toBe(401);
      expect(response.headers.get('postern-reason')).toBe(reason);
      expect(response.headers.get('cache-control')).toBe('private, no-store');
      expect(await response.json()).toEqual({
        error: {
          id: 'session_inactive',
          code: 401,
          status: 'Unauthorized',
          reason: expect.stringMatching(/\.$/),
          message: expect.stringMatching(/\.$/),
        },
      });
    });

    it(`${reason} has a description that RFC 6750 allows, and a place in the documentation`, () => {
      expect(bearerChallenge(reason, { resourceMetadataUrl: undefined })).toMatch(
        /^Bearer error="invalid_token", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]+"$/,
      );
      expect(readFileSync(inRepository('docs/tokens.md'), 'utf8')).toContain(`\`${reason}\``);
    });
  }

  it('unavailable keys are a 503 with Retry-After', () => {
    const response = errorResponse('issuer_keys_unavailable', { retryAfterSeconds: 9 });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '9']);
  });
});

describe('bearerChallenge()', () => {
  it('names an error only for a request with a credential (RFC 6750 section 3.1)', () => {
    expect(bearerChallenge('credential_missing', { resourceMetadataUrl: undefined })).toBe(
      'Bearer',
    );
    const resourceMetadataUrl = 'https://a.example/m';
    expect(bearerChallenge('session_inactive', { resourceMetadataUrl })).toBe(
      'Bearer error="invalid_token", resource_metadata="https://a.example/m"',
    );
  });

  it('names the scopes that are needed (RFC 6750 section 3)', () => {
    const options = { resourceMetadataUrl: 'https://a.example/m', scopes: new Set(['a', 'b:c']) };
    expect(bearerChallenge('insufficient_scope', options)).toBe(
      'Bearer error="insufficient_scope", scope="a b:c", resource_metadata="https://a.example/m"',
    );
    expect(bearerChallenge('credential_missing', options)).toBe(
      'Bearer scope="a b:c", resource_metadata="https://a.example/m"',
    );
  });
});

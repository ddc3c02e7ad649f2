import { describe, expect, it } from 'vitest';
import { errorResponse } from '../../../src/errors/error-response.ts';
import { answerUnknown } from '../../../src/routes/gate/fault-answers.ts';

// RFC 9110 section 10.2.3: Retry-After in seconds, where the server knows.
describe('answerUnknown()', () => {
  it('is a fault, with Retry-After if the waiting time is known', () => {
    const told = (retryAfterSeconds: number | undefined) => {
      const reason = 'issuer_keys_unavailable';
      const { response, ...answer } = answerUnknown(
        { kind: 'cannot-tell', reason, retryAfterSeconds },
        errorResponse,
      );
      expect(answer).toEqual({ outcome: 'fault', reason });
      return [response.status, response.headers.get('retry-after')];
    };
    expect(told(7)).toEqual([503, '7']);
    expect(told(undefined)).toEqual([503, '2']);
  });
});

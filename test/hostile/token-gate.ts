/** The built gate with issuers whose keys a test holds. */
import { expect } from 'vitest';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { createTestIssuer, type TestIssuer } from '../support/token-issuer.ts';

/** The issuer of `ec`, `rsa` and `ed`, with an audience. */
export const ISSUER = 'https://auth.example.test/';
/** The issuer of `marked`, without an audience and with the marker claim `tpl`. */
export const MARKED_ISSUER = 'https://marked.example.test/';

export interface TokenGate extends RunningGate {
  readonly ec: TestIssuer;
  readonly rsa: TestIssuer;
  readonly ed: TestIssuer;
  readonly marked: TestIssuer;
  whoami(token: string): Promise<RawResponse>;
  /** Refused for this reason, as a verdict of the gate's own, without a call. */
  expectRefused(token: string, reason: string): Promise<void>;
}

export async function startTokenGate(): Promise<TokenGate> {
  const [ec, rsa, ed, marked] = await Promise.all([
    createTestIssuer({ issuer: ISSUER, algorithm: 'ES256' }),
    createTestIssuer({ issuer: ISSUER, algorithm: 'RS256' }),
    createTestIssuer({ issuer: ISSUER, algorithm: 'EdDSA' }),
    createTestIssuer({ issuer: MARKED_ISSUER, kid: 'marked' }),
  ]);
  const gate = await startGate({
    vars: {
      ISSUERS: [
        {
          issuer: ISSUER,
          preset: 'kratos',
          audience: 'postern',
          algorithms: ['ES256', 'RS256', 'EdDSA'],
          keys: [ec.publicJwk, rsa.publicJwk, ed.publicJwk],
        },
        {
          issuer: MARKED_ISSUER,
          preset: 'kratos',
          audience: false,
          marker_claims: { tpl: 'postern' },
          algorithms: ['ES256'],
          keys: [marked.publicJwk],
        },
      ],
    },
  });
  const whoami = (token: string) =>
    get(gate.port, '/sessions/whoami', { Authorization: `Bearer ${token}` });
  return {
    ...gate,
    ec,
    rsa,
    ed,
    marked,
    whoami,
    async expectRefused(token, reason) {
      const response = await whoami(token);
      expect([response.status, header(response, 'postern-reason')]).toEqual([401, reason]);
      if (reason.startsWith('token_')) {
        expect(header(response, 'www-authenticate')).toMatch(
          /^Bearer error="invalid_token", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]+"$/,
        );
      }
      expect((await gate.kratos.calls()).counts).toEqual({});
    },
  };
}

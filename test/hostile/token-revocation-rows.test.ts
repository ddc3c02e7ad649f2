/** Rows J15, J25 and J26, in the room itself: they need a revocation view that a test moves, and many turns. */
import { beforeAll, describe, expect, it } from 'vitest';
import { NO_REVOCATION_LOG, type RevocationSubject } from '../../src/revocation/revocation-view.ts';
import { createInlineKeys } from '../../src/tokens/issuer-keys.ts';
import { TokenSessions } from '../../src/tokens/token-sessions.ts';
import { createTrustedIssuer } from '../../src/tokens/trusted-issuer.ts';
import { authority } from '../support/authority.ts';
import {
  createTestIssuer,
  splitToken,
  type TestIssuer,
  usualClaims,
} from '../support/token-issuer.ts';

const HOST = authority('app.example.test');
const everywhere = () => new Set([HOST]);

const ISSUER = 'https://auth.example.test/';
const NOW = 1_800_000_000_000;

let issuer: TestIssuer;
let token: string;

beforeAll(async () => {
  issuer = await createTestIssuer({ issuer: ISSUER });
  token = await issuer.token(NOW);
});

function setUp() {
  const view = { revokedAt: 0, asked: [] as RevocationSubject[] };
  const settings = {
    issuer: ISSUER,
    preset: 'kratos' as const,
    audience: ['postern'],
    algorithms: ['ES256' as const],
    allow_other_origin: false,
    required_claims: [],
    marker_claims: {},
    clock_tolerance_seconds: 5,
    max_lifetime_seconds: 86_400,
    session_fields: {},
    trusted_claims: [],
    keys: undefined,
  };
  const { kid = '', alg: _alg, use: _use, ...jwk } = issuer.publicJwk;
  const sessions = new TokenSessions({
    issuers: [
      createTrustedIssuer(
        settings,
        createInlineKeys([{ kid, algorithm: 'ES256', jwk }]),
        everywhere,
      ),
    ],
    revocation: {
      ...NO_REVOCATION_LOG,
      tokensDeniedUntil: (subject) => {
        view.asked.push(subject);
        return view.revokedAt;
      },
    },
    maxAgeWithoutLogMs: 360_000,
    now: () => NOW,
  });
  const resolve = async (value: string) => {
    const resolution = await sessions.resolve({ value }, { host: HOST, waitUntil: () => {} });
    return resolution.outcome === 'not-signed-in' ? resolution.reason : resolution.outcome;
  };
  return { view, resolve };
}

describe('a repeated token', () => {
  it('J15: the twin of an ES256 signature is revoked with the token', async () => {
    const { view, resolve } = setUp();
    const twin = twinOf(token);
    expect(twin).not.toBe(token);
    for (const value of [token, twin]) expect(await resolve(value)).toBe('signed-in');
    view.revokedAt = NOW;
    for (const value of [token, twin]) expect(await resolve(value)).toBe('token_revoked');
    expect(await resolve(`${token}==`)).toBe('token_malformed');
  });

  it('J25: ten thousand repeats of one answer', async () => {
    const { resolve } = setUp();
    const [head, payload, signature] = splitToken(token);
    const bad = `${head}.${payload}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`;
    for (let turn = 0; turn < 5000; turn += 1) {
      const answers = [await resolve(token), await resolve(bad)];
      if (answers.join() !== 'signed-in,token_signature_invalid') {
        throw new Error(`turn ${turn}: ${answers.join()}`);
      }
    }
  });

  it('J26: a token of a revoked session is denied from the revocation on', async () => {
    const { view, resolve } = setUp();
    expect(await resolve(token)).toBe('signed-in');
    view.revokedAt = NOW - 1;
    expect(await resolve(token)).toBe('signed-in');
    view.revokedAt = NOW;
    expect(await resolve(token)).toBe('token_revoked');
    const { sid: sessionId, sub: identityId, jti: tokenId } = usualClaims(ISSUER, NOW);
    expect(view.asked.at(-1)).toEqual({ sessionId, identityId, issuer: ISSUER, tokenId });
  });
});

/** (r, n - s) verifies wherever (r, s) does. */
function twinOf(token: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const [head, payload, signature] = splitToken(token);
  const bytes = Buffer.from(signature, 'base64url');
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([
    bytes.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
  ]);
  return `${head}.${payload}.${twin.toString('base64url')}`;
}

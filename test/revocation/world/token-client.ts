import type { RevocationView } from '../../../src/revocation/revocation-view.ts';
import { success } from '../../../src/runtime/result.ts';
import type { IssuerKey } from '../../../src/tokens/key-set.ts';
import { TokenSessions } from '../../../src/tokens/token-sessions.ts';
import type { TrustedIssuer } from '../../../src/tokens/trusted-issuer.ts';
import { authority } from '../../support/authority.ts';
import { identityOf } from './fake-store.ts';

const HOST = authority('app.example.test');

const ISSUER = 'https://issuer.test/';
const ENDS_AT = 10_000_000_000_000;
// A name alone: no signature is verified in this world.
const KEY = { kid: 'k', algorithm: 'ES256' } as unknown as IssuerKey;

export interface TokenClientOptions {
  readonly sessionId: string;
  readonly issuedAt: number;
  readonly revocation: RevocationView;
  /** A look for the key; it may take as long as it does. */
  readonly lookForKey: () => Promise<void>;
  readonly now: () => number;
}

/** A person's token in one isolate, checked repeatedly. */
export function createTokenClient({
  sessionId,
  issuedAt,
  revocation,
  lookForKey,
  now,
}: TokenClientOptions) {
  const identityId = identityOf(sessionId);
  const session = { id: sessionId, identity: { id: identityId }, expiresAt: ENDS_AT, document: {} };
  const issuer: TrustedIssuer = {
    issuer: ISSUER,
    keys: {
      isReady: async () => true,
      find: async () => {
        await lookForKey();
        return { kind: 'key', key: KEY };
      },
    },
    verify: async () =>
      success({
        session,
        body: '{}',
        issuer: ISSUER,
        subject: identityId,
        tokenId: undefined,
        applicationIds: undefined,
        issuedAt,
        acceptedUntil: ENDS_AT,
        key: KEY,
        hosts: new Set([HOST]),
      }),
  };
  const tokens = new TokenSessions({
    issuers: [issuer],
    revocation,
    maxAgeWithoutLogMs: 420_000,
    now,
  });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const value = `${part({ alg: 'ES256', kid: 'k', typ: 'JWT' })}.${part({ iss: ISSUER })}.${part({})}`;
  return async (waitUntil: (work: Promise<unknown>) => void) => {
    const terms = { host: HOST, waitUntil };
    return tokens.recall({ value }, terms) ?? tokens.resolve({ value }, terms);
  };
}

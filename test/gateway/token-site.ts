/** The built gate with three issuers: keys inline, by URL (the Kratos stand-in), and by discovery (the Keycard stand-in). */
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { createTestIssuer, type TestIssuer } from '../support/token-issuer.ts';

export const INLINE_ISSUER = 'https://auth.example.test/';
export const METADATA_URL = 'https://app.example.test/.well-known/oauth-protected-resource';
export const SECRET = 'a secret of tests, thirty-two characters or more';

export interface TokenSite extends RunningGate {
  readonly inline: TestIssuer;
  readonly keycardIssuer: string;
  /** A token of the issuer whose keys are inline. */
  inlineToken(claims?: object): Promise<string>;
  /** A token of the Keycard zone, for this audience. */
  zoneToken(options?: object): Promise<string>;
  clearAllCalls(): Promise<void>;
}

export async function startTokenSite(): Promise<TokenSite> {
  const inline = await createTestIssuer({ issuer: INLINE_ISSUER });
  let keycardIssuer = '';
  const gate = await startGate({
    kv: 'faulty',
    vars: ({ kratos, keycard }) => {
      keycardIssuer = keycard;
      return {
        TOKEN_COOKIE_NAMES: ['app_token'],
        IDENTITY_HEADERS: {
          'X-User-Id': 'identity.id',
          'X-User-Email': 'identity.traits.email',
          'X-Team': 'identity.metadata_public.team',
          'X-Client': 'session_data.client_id',
        },
        RULES: [
          { path: '/public/*', session: 'none' },
          { path: '/maybe/*', session: 'optional' },
        ],
        KEY_SET_SECRET: SECRET,
        ISSUERS: [
          {
            ...inline.settings,
            session_fields: {
              'identity.traits.email': 'email',
              'identity.metadata_public.team': 'ext.team',
            },
          },
          {
            issuer: `${kratos}/`,
            preset: 'kratos',
            audience: 'postern',
            algorithms: ['ES256', 'RS256', 'EdDSA'],
            jwks_url: `${kratos}/tokenizer/jwks.json`,
          },
          {
            issuer: keycard,
            preset: 'keycard',
            audience: ['postern', 'https://app.example.test'],
            algorithms: ['RS256'],
            discovery: true,
          },
        ],
      };
    },
  });
  await gate.kratos.control({
    publicUrl: gate.kratos.url,
    tokenizers: Object.fromEntries(
      (['ES256', 'RS256', 'EdDSA'] as const).map((algorithm) => [
        algorithm,
        { algorithm, mapsSession: true, claims: { aud: 'postern' } },
      ]),
    ),
  });
  return {
    ...gate,
    inline,
    keycardIssuer,
    inlineToken: (claims = {}) => inline.token(gate.clock.now(), { claims }),
    zoneToken: (options = {}) => gate.keycard.createToken({ audience: 'postern', ...options }),
    clearAllCalls: async () => {
      await Promise.all([
        gate.kratos.clearCalls(),
        gate.keycard.clearCalls(),
        gate.origin.clearCalls(),
        gate.kv.clearCalls(),
      ]);
    },
  };
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

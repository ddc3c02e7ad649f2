import { type Config, readConfig } from '../../../src/config/config.ts';
import { ADMIN_SECRET } from './action.ts';
import { KRATOS_ISSUER, keycardIssuer, SITE } from './people.ts';
import { STORE_TIMEOUT_MS } from './roads.ts';

/** Any point of the curve and any modulus, because the test verifies no signature. */
const KRATOS_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  kid: 'k',
};
const KEYCARD_KEY = {
  kty: 'RSA',
  n: Buffer.alloc(256, 0xab).toString('base64url'),
  e: 'AQAB',
  kid: 'k',
};

/** A gate with every door that changes sessions, before one Kratos and one zone of Keycard. */
export function gateConfig(zoneId: string): Config {
  const config = readConfig({
    PUBLIC_URL: SITE,
    KRATOS_PUBLIC_URL: 'https://kratos.test',
    KRATOS_ADMIN_URL: 'https://kratos.test',
    KEYCARD_API_URL: 'https://api.keycard.test',
    KEYCARD_CLIENT_ID: 'postern',
    KEYCARD_CLIENT_SECRET: 'standin-client-secret',
    ADMIN_SECRETS: [ADMIN_SECRET],
    SELF_SERVICE: true,
    TOKEN_COOKIE_NAMES: ['app_token'],
    SIGN_IN_ENDS_SESSIONS: true,
    DECISION_LOG: 'none',
    STORE_TIMEOUT_MS,
    REVOCATIONS: {},
    ISSUERS: [
      {
        issuer: KRATOS_ISSUER,
        preset: 'kratos',
        audience: 'postern',
        algorithms: ['ES256'],
        keys: { keys: [KRATOS_KEY] },
      },
      {
        issuer: keycardIssuer(zoneId),
        preset: 'keycard',
        audience: 'postern',
        algorithms: ['RS256'],
        keys: { keys: [KEYCARD_KEY] },
      },
    ],
  });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  return config.value;
}

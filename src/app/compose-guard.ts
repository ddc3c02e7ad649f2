import type { Config } from '../config/config.ts';
import {
  ACCESS_ALGORITHMS,
  ACCESS_KEYS_PATH,
  createAccessVerifier,
} from '../routes/session-api/access-verifier.ts';
import { type AccessVerifier, Guard } from '../routes/session-api/guard.ts';
import { SecretRecord } from '../routes/session-api/secret-record.ts';
import { createIssuerKeys, type IssuerDependencies } from './compose-tokens.ts';
import type { Dependencies } from './dependencies.ts';

/** Makes the guard of the operators' routes; `undefined` if no proof is configured. */
export function createGuard(
  config: Config,
  dependencies: IssuerDependencies & Pick<Dependencies, 'kv'>,
): Guard | undefined {
  const secrets = config.ADMIN_SECRETS ?? [];
  const access = createAccess(config, dependencies);
  if (secrets.length === 0 && access === undefined) return undefined;
  const { kv, now, report } = dependencies;
  // Only Keycard's routes send a caller's bearer to another party.
  const keepsRecord = config.KEYCARD_API_URL !== undefined;
  const readTimeoutMs = config.KV_READ_TIMEOUT_MS;
  const record = keepsRecord
    ? new SecretRecord({ kv, secrets, readTimeoutMs, now, report })
    : undefined;
  return new Guard({ secrets, access, record, allowedOrigins: allowedOrigins(config), now });
}

function createAccess(
  config: Config,
  dependencies: IssuerDependencies,
): AccessVerifier | undefined {
  const { ACCESS_TEAM_DOMAIN: teamUrl, ACCESS_AUDIENCE: audience } = config;
  if (teamUrl === undefined || audience === undefined) return undefined;
  const source = {
    issuer: teamUrl,
    algorithms: [...ACCESS_ALGORITHMS],
    keys: undefined,
    jwks_url: `${teamUrl}${ACCESS_KEYS_PATH}`,
    allow_other_origin: false,
  };
  const keys = createIssuerKeys(source, config, dependencies);
  return createAccessVerifier({ teamUrl, audience, keys });
}

/** Returns the origins whose pages may make changes with a cookie. */
export function allowedOrigins(config: Config): string[] {
  return [config.PUBLIC_URL, ...config.ALLOWED_ORIGINS];
}

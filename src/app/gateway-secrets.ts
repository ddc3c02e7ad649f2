import type { Config } from '../config/config.ts';
import type { GatewaySecrets } from '../credentials/read-credentials.ts';

/**
 * Returns the secrets that callers present to Postern, and those that Postern presents to others. These secrets are
 * never treated as session credentials.
 */
export function gatewaySecrets(config: Config): GatewaySecrets {
  return new Set(
    [
      ...(config.ADMIN_SECRETS ?? []),
      ...(config.FORWARD_AUTH_SECRETS ?? []),
      ...config.WEBHOOK_API_KEYS,
      ...config.WEBHOOK_SECRETS,
      config.KEY_SET_SECRET,
      config.KEYCARD_CLIENT_SECRET,
      config.KRATOS_ADMIN_API_KEY,
    ].filter((secret) => secret !== undefined),
  );
}

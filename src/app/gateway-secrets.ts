import type { Config } from '../config/config.ts';
import { SENT_SECRETS } from '../config/secrets.ts';
import type { GatewaySecrets } from '../credentials/read-credentials.ts';

/** Returns the secrets of Postern itself. They are never treated as session credentials. */
export function gatewaySecrets(config: Config): GatewaySecrets {
  const sent = SENT_SECRETS.flatMap((name) => config[name] ?? []);
  return new Set([...sent, ...Object.values(config.CLIENT_SECRETS)]);
}

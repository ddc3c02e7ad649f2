import type { Dependencies } from '../src/app/dependencies.ts';
import { createGateway, type RoutedGateway } from '../src/app/gateway.ts';
import type { Config } from '../src/config/config.ts';

/** Makes the gateway of a configuration without any connection. It can be asked which requests its own routes answer. */
export function offlineGateway(
  config: Config,
  given: Partial<Dependencies> = {},
  adapt?: Parameters<typeof createGateway>[2],
): RoutedGateway {
  const unsent = () => Promise.reject(new Error('this tool makes no call'));
  const dependencies = {
    kv: undefined,
    openLog: undefined,
    fetchers: { kratos: unsent, kratosAdmin: unsent, keycard: unsent, keys: unsent },
    fetchOrigin: undefined,
    now: () => Date.now(),
    random: () => 0,
    report: () => {},
    metrics: undefined,
    ...given,
  };
  return createGateway(config, dependencies, adapt);
}

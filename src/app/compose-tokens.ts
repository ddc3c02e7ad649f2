import type { Config, IssuerSettings } from '../config/config.ts';
import { SiteHosts } from '../http/site-hosts.ts';
import type { Report } from '../runtime/report.ts';
import type { SharedBytes } from '../runtime/shared-bytes.ts';
import { createHostsOfAudience } from '../tokens/audience.ts';
import { createInlineKeys, type IssuerKeys } from '../tokens/issuer-keys.ts';
import { IssuerMetadata } from '../tokens/issuer-metadata.ts';
import { KeyEndpoint, type KeyLocation } from '../tokens/key-endpoint.ts';
import { KeySetTier } from '../tokens/key-set-tier.ts';
import { ProtectedResources } from '../tokens/protected-resources.ts';
import { KEYS_STALE_MS, RemoteKeys } from '../tokens/remote-keys.ts';
import { createTrustedIssuer, type TrustedIssuer } from '../tokens/trusted-issuer.ts';

/** The platform functions that the issuers use. */
export interface IssuerDependencies {
  /** The places that isolates share, the nearest first. */
  readonly places: readonly SharedBytes[];
  readonly fetch: (request: Request) => Promise<Response>;
  readonly now: () => number;
  readonly random: () => number;
  readonly report: Report;
}

type KeyConfig = Pick<Config, 'KEY_SET_SECRET' | 'KEYS_TIMEOUT_MS'>;
type IssuerConfig = KeyConfig & Pick<Config, 'ISSUERS' | 'PUBLIC_URL' | 'HOSTS'>;

/** The configured issuers. */
export interface ConfiguredIssuers {
  /** Every issuer, ready to verify tokens. */
  readonly issuers: readonly TrustedIssuer[];
  /** The metadata of each issuer with `discovery`, by the name of the issuer. */
  readonly metadata: ReadonlyMap<string, IssuerMetadata>;
}

/** Makes the configured issuers. */
export function createConfiguredIssuers(
  config: IssuerConfig,
  dependencies: IssuerDependencies,
): ConfiguredIssuers {
  const site = new SiteHosts(config.PUBLIC_URL, config.HOSTS);
  const { now } = dependencies;
  const deadlineMs = config.KEYS_TIMEOUT_MS;
  const metadata = new Map<string, IssuerMetadata>();
  const issuers = config.ISSUERS.map((settings) => {
    const endpoint = createKeyEndpoint(settings, config, dependencies);
    if (settings.discovery) {
      metadata.set(settings.issuer, new IssuerMetadata({ endpoint, deadlineMs, now }));
    }
    const keys = createIssuerKeys(settings, config, dependencies, endpoint);
    return createTrustedIssuer(settings, keys, createHostsOfAudience(settings, site));
  });
  return { issuers, metadata };
}

/** Makes the key set of one issuer, from the configuration or from the issuer's URL. */
export function createIssuerKeys(
  settings: Pick<
    IssuerSettings,
    'issuer' | 'algorithms' | 'keys' | 'jwks_url' | 'allow_other_origin'
  >,
  config: KeyConfig,
  dependencies: IssuerDependencies,
  endpoint: KeyEndpoint = createKeyEndpoint(settings, config, dependencies),
): IssuerKeys {
  if (settings.keys !== undefined) return createInlineKeys(settings.keys);
  const { places, now, random, report } = dependencies;
  const { issuer, algorithms } = settings;
  const location = locationOf(settings);
  const secret = config.KEY_SET_SECRET;
  const tier =
    places.length > 0 && secret !== undefined
      ? new KeySetTier(places, {
          issuer,
          source: location.kind === 'url' ? location.url : 'discovery',
          algorithms,
          secret,
          keepSeconds: KEYS_STALE_MS / 1000,
        })
      : undefined;
  return new RemoteKeys({
    issuer,
    algorithms,
    endpoint,
    tier,
    deadlineMs: config.KEYS_TIMEOUT_MS + (tier?.readTimeoutMs ?? 0),
    now,
    random,
    report,
  });
}

/** Makes the resources of the site. Their authorization servers are Keycard's zones: Kratos's clients do not look for one. */
export function createProtectedResources({
  ISSUERS,
  PUBLIC_URL,
  HOSTS,
}: Pick<Config, 'ISSUERS' | 'PUBLIC_URL' | 'HOSTS'>): ProtectedResources {
  const zones = ISSUERS.filter(({ preset }) => preset === 'keycard');
  return new ProtectedResources(zones, new SiteHosts(PUBLIC_URL, HOSTS));
}

function createKeyEndpoint(
  settings: Parameters<typeof locationOf>[0],
  { KEYS_TIMEOUT_MS: timeoutMs }: KeyConfig,
  { fetch, now }: Pick<IssuerDependencies, 'fetch' | 'now'>,
): KeyEndpoint {
  return new KeyEndpoint({ location: locationOf(settings), timeoutMs, fetch, now });
}

function locationOf({
  issuer,
  jwks_url: url,
  allow_other_origin: allowsOtherOrigin,
}: Pick<IssuerSettings, 'issuer' | 'jwks_url' | 'allow_other_origin'>): KeyLocation {
  return url === undefined
    ? { kind: 'discovery', issuer, allowsOtherOrigin }
    : { kind: 'url', url };
}

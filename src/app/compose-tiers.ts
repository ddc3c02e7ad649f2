import type { Config } from '../config/config.ts';
import { hostOf } from '../http/site-hosts.ts';
import { KvBytes } from '../runtime/kv.ts';
import { LocationBytes } from '../runtime/location-cache.ts';
import type { SharedBytes, SharedPlace } from '../runtime/shared-bytes.ts';
import { checkLifeSeconds, type Lifetimes } from '../sessions/freshness.ts';
import { SealedTier } from '../sessions/sealed-tier.ts';
import { SharedTiers } from '../sessions/shared-tiers.ts';
import type { Dependencies } from './dependencies.ts';

/** Makes the places that isolates share, the nearest first: the cache of the location, then KV. */
export function createSharedPlaces(
  { LOCATION_TIER, PUBLIC_URL, KV_READ_TIMEOUT_MS: readTimeoutMs }: Config,
  { kv, openLocationCache, now, report }: Dependencies,
): SharedBytes[] {
  const host = hostOf(PUBLIC_URL);
  return [
    ...(LOCATION_TIER && openLocationCache !== undefined
      ? [new LocationBytes(openLocationCache, { host, now, report })]
      : []),
    ...(kv === undefined ? [] : [new KvBytes(kv, { readTimeoutMs, report })]),
  ];
}

/** Makes the tiers of sealed sessions in these places. */
export function createSharedTiers(
  config: Config,
  {
    issuer,
    places,
    lifetimes,
    now,
  }: {
    /** The issuer of the store's sessions. */
    readonly issuer: string;
    readonly places: readonly SharedBytes[];
    readonly lifetimes: Lifetimes;
    readonly now: () => number;
  },
): SharedTiers {
  const { KV_WRITE_AFTER_SECONDS, KV_WRITE_INTERVAL_SECONDS } = config;
  const tierOf = (wanted: SharedPlace) => {
    const bytes = places.find(({ place }) => place === wanted);
    return bytes && new SealedTier(bytes, { issuer, now });
  };
  return new SharedTiers({
    location: tierOf('location'),
    kv: tierOf('kv'),
    kvWrites: {
      afterSeconds: KV_WRITE_AFTER_SECONDS,
      intervalSeconds: KV_WRITE_INTERVAL_SECONDS ?? checkLifeSeconds(lifetimes),
    },
    lifetimes,
    now,
  });
}

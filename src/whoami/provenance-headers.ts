// Pure: no I/O, no clock.
import { formatCacheStatus } from '../http/cache-status.ts';
import type { Provenance } from './resolution.ts';

/** `Cache-Status` and, for what a tier kept, `Age`: where an answer came from and how old it is. */
export function provenanceHeaders(provenance: Provenance): Record<string, string> {
  const status = cacheStatusOf(provenance);
  if (status === undefined) return {};
  const { tier, ageSeconds } = provenance;
  const isFromTier = tier === 'memory' || tier === 'kv';
  return isFromTier
    ? { age: String(ageSeconds), 'cache-status': status }
    : { 'cache-status': status };
}

/** The value of `Cache-Status`; `undefined` when nothing was looked up. */
export function cacheStatusOf({
  tier,
  forwarded,
  ttlSeconds,
  collapsed,
  fault,
}: Provenance): string | undefined {
  if (tier === 'none' && forwarded === undefined) return undefined;
  const detail = fault ?? (tier === 'none' ? undefined : tier);
  return formatCacheStatus({ forwarded, ttlSeconds, collapsed, detail });
}

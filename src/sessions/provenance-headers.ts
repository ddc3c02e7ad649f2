// Pure: no I/O, no clock.
import { formatCacheStatus } from '../http/cache-status.ts';
import type { Provenance } from './resolution.ts';

/** `Cache-Status` and, but for the store's own answer, `Age`: where an answer came from and how old it is. */
export function setProvenance(headers: Headers, provenance: Provenance): void {
  const status = cacheStatusOf(provenance);
  if (status === undefined) return;
  const { tier, ageSeconds } = provenance;
  if (tier !== 'store' && tier !== 'none') headers.set('age', String(ageSeconds));
  headers.set('cache-status', status);
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

// Pure: no I/O, no clock.
import { formatCacheStatus } from '../http/cache-status.ts';
import type { Provenance } from './resolution.ts';

/**
 * Sets `Cache-Status` and `Age`: the source of an answer and its age. An answer straight from the store has no `Age`.
 */
export function setProvenance(headers: Headers, provenance: Provenance): void {
  const status = cacheStatusOf(provenance);
  if (status === undefined) return;
  const { tier, ageSeconds } = provenance;
  if (tier !== 'store' && tier !== 'none') headers.set('age', String(ageSeconds));
  headers.set('cache-status', status);
}

/** The value of `Cache-Status`; `undefined` if no tier and no store was asked. */
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

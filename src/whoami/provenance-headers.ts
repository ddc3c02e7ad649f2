// Pure: no I/O, no clock.
import { formatCacheStatus } from '../http/cache-status.ts';
import type { Provenance } from './resolution.ts';

/** `Cache-Status` and, for what a tier kept, `Age`: where an answer came from and how old it is. */
export function setProvenanceHeaders(headers: Headers, provenance: Provenance): void {
  const { tier, forwarded, ageSeconds, ttlSeconds, collapsed, fault } = provenance;
  if (tier === 'none' && forwarded === undefined) return; // nothing was looked up
  const isKept = tier !== 'store' && tier !== 'none';
  if (isKept) headers.set('age', String(ageSeconds));
  const detail = fault ?? (tier === 'none' ? undefined : tier);
  headers.set('cache-status', formatCacheStatus({ forwarded, ttlSeconds, collapsed, detail }));
}

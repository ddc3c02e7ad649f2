// Pure: no I/O, no clock.

/** One member of `Cache-Status` (RFC 9211): either a hit or a reason for going forward. */
export interface CacheStatus {
  /** The reason for going forward; `undefined` for a hit. */
  readonly forwarded: string | undefined;
  readonly ttlSeconds: number | undefined;
  readonly collapsed: boolean;
  readonly detail: string | undefined;
}

/** Returns the `Cache-Status` value, such as `postern; hit; ttl=21; detail=memory`. */
export function formatCacheStatus({
  forwarded,
  ttlSeconds,
  collapsed,
  detail,
}: CacheStatus): string {
  const source = forwarded === undefined ? 'postern; hit' : `postern; fwd=${forwarded}`;
  const ttl = ttlSeconds === undefined ? '' : `; ttl=${ttlSeconds}`;
  return `${source}${ttl}${collapsed ? '; collapsed' : ''}${detail === undefined ? '' : `; detail=${detail}`}`;
}

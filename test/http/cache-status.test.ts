import { describe, expect, it } from 'vitest';
import { type CacheStatus, formatCacheStatus } from '../../src/http/cache-status.ts';

const HIT: CacheStatus = {
  forwarded: undefined,
  ttlSeconds: undefined,
  collapsed: false,
  detail: undefined,
};

describe('formatCacheStatus()', () => {
  it.each<[Partial<CacheStatus>, string]>([
    [{}, 'postern; hit'],
    [{ ttlSeconds: 21, detail: 'memory' }, 'postern; hit; ttl=21; detail=memory'],
    [{ ttlSeconds: 0 }, 'postern; hit; ttl=0'],
    [{ ttlSeconds: -3 }, 'postern; hit; ttl=-3'],
    [{ forwarded: 'stale', detail: 'store-503' }, 'postern; fwd=stale; detail=store-503'],
    [{ forwarded: 'miss', collapsed: true }, 'postern; fwd=miss; collapsed'],
  ])('writes %j', (status, expected) =>
    expect(formatCacheStatus({ ...HIT, ...status })).toBe(expected),
  );
});

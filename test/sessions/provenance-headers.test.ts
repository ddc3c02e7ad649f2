import { expect, it } from 'vitest';
import { setProvenance } from '../../src/sessions/provenance-headers.ts';
import { NOTHING_ASKED, type Provenance } from '../../src/sessions/resolution.ts';

it.each<[Partial<Provenance>, string | null, string | null]>([
  [{}, null, null],
  [{ tier: 'memory', ageSeconds: 9, ttlSeconds: 21 }, '9', 'postern; hit; ttl=21; detail=memory'],
  [{ tier: 'store', forwarded: 'miss' }, null, 'postern; fwd=miss; detail=store'],
  [
    { tier: 'kv', forwarded: 'stale', ageSeconds: 70, ttlSeconds: -40, fault: 'store-503' },
    '70',
    'postern; fwd=stale; ttl=-40; detail=store-503',
  ],
  [{ forwarded: 'miss', fault: 'store-503' }, null, 'postern; fwd=miss; detail=store-503'],
  [{ forwarded: 'miss' }, null, 'postern; fwd=miss'],
  [{ tier: 'signature', ttlSeconds: 1 }, '0', 'postern; hit; ttl=1; detail=signature'],
])(
  'setProvenance() writes Age and Cache-Status (RFC 9111 section 5.1, RFC 9211 section 2): %j',
  (change, age, status) => {
    const headers = new Headers();
    setProvenance(headers, { ...NOTHING_ASKED, ...change });
    expect([headers.get('age'), headers.get('cache-status')]).toEqual([age, status]);
  },
);

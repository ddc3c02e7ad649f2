import { expect, it } from 'vitest';
import { PassHeaders } from '../../../src/routes/gate/pass-headers.ts';

const ANN = { headers: [['X-User-Id', 'ann']] as const, omitted: [] };
const BOB = { headers: [['X-User-Id', 'bob']] as const, omitted: [] };
const NAMES = ['X-User-Id', 'X-User-Email'];

const COMMON = [
  ['cache-control', 'private, no-store'],
  ['vary', 'Cookie, Authorization, X-Session-Token'],
];

it('PassHeaders names every identity header, and has the Cache-Status of this answer alone', () => {
  const passes = new PassHeaders(NAMES);
  const headersOf = (id: string, status?: string) => [
    ...(status === undefined ? [] : [['cache-status', status]]),
    ...COMMON,
    ['x-user-email', ''],
    ['x-user-id', id],
  ];
  for (const status of ['postern; hit; ttl=2', 'postern; hit; ttl=1', undefined]) {
    for (const [who, id] of [
      [ANN, 'ann'],
      [BOB, 'bob'],
      [ANN, 'ann'],
    ] as const) {
      const sent = [...passes.of(who, status)].sort();
      expect(sent).toEqual(headersOf(id, status).sort());
    }
  }
});

it('PassHeaders of an earlier answer stay what they were', () => {
  const passes = new PassHeaders(NAMES);
  const earlier = new Response(null, { headers: passes.of(ANN, 'postern; hit; ttl=2') });
  earlier.headers.append('set-cookie', 'a=1');
  const later = new Response(null, { headers: passes.of(ANN, 'postern; hit; ttl=1') });
  expect(earlier.headers.get('cache-status')).toBe('postern; hit; ttl=2');
  expect(later.headers.get('set-cookie')).toBe(null);
});

it('PassHeaders of two gates are apart, though the identification is the same', () => {
  const [one, other] = [new PassHeaders(NAMES), new PassHeaders(['X-Name'])];
  expect([...one.of(ANN, undefined).keys()]).toContain('x-user-email');
  expect([...other.of(ANN, undefined).keys()]).not.toContain('x-user-email');
});

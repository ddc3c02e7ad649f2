import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRequestCacheControl } from '../../src/http/cache-control.ts';

const NOTHING = { noCache: false, noStore: false, onlyIfCached: false, maxAgeSeconds: undefined };

describe('readRequestCacheControl()', () => {
  it.each<[string | null, object]>([
    [null, {}],
    ['', {}],
    [',, ,', {}],
    ['no-cache', { noCache: true }],
    ['No-Cache', { noCache: true }],
    ['no-cache="x"', { noCache: true }],
    ['no-store', { noStore: true }],
    ['only-if-cached', { onlyIfCached: true }],
    ['max-age=0', { maxAgeSeconds: 0 }],
    ['max-age=10', { maxAgeSeconds: 10 }],
    ['MAX-AGE = 10', { maxAgeSeconds: 10 }],
    ['max-age="10"', { maxAgeSeconds: 10 }],
    ['max-age=9999999999', { maxAgeSeconds: 9_999_999_999 }],
    ['max-age=10, max-age=5', { maxAgeSeconds: 5 }],
    ['max-age=5, max-age=10', { maxAgeSeconds: 5 }],
    ['no-cache,no-store , max-age=1', { noCache: true, noStore: true, maxAgeSeconds: 1 }],
    ['max-stale=5, min-fresh=3, no-transform, x-other', {}],
    ['no-cachex, xno-store', {}],
  ])('reads %j', (header, expected) =>
    expect(readRequestCacheControl(header)).toEqual({ ...NOTHING, ...expected }),
  );

  it.each([
    'max-age',
    'max-age=',
    'max-age=x',
    'max-age=-1',
    'max-age=1.5',
    'max-age=1e9',
    'max-age=99999999999',
    'max-age=0x10',
    'max-age="1',
    'max-age=Infinity',
  ])('reads %j as the strictest age, because it is not a number of seconds', (header) =>
    expect(readRequestCacheControl(header).maxAgeSeconds).toBe(0),
  );

  it('returns only ages in whole seconds', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { maxAgeSeconds } = readRequestCacheControl(`max-age=${text}`);
        expect(
          maxAgeSeconds === undefined || (Number.isInteger(maxAgeSeconds) && maxAgeSeconds >= 0),
        ).toBe(true);
      }),
    );
  });
});

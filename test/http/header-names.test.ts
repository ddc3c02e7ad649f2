import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldHeaderName, HOP_BY_HOP, nominatedNames } from '../../src/http/header-names.ts';

describe('foldHeaderName()', () => {
  it.each([
    ['X-User-Id', 'x-user-id'],
    ['x_user_id', 'x-user-id'],
    ['X.USER~ID', 'x-user-id'],
    ['X__User-.-Id', 'x-user-id'],
    ['xuserid', 'xuserid'],
  ])('folds %s', (name, folded) => expect(foldHeaderName(name)).toBe(folded));

  it('leaves folded names unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const folded = foldHeaderName(name);
        expect(folded).toMatch(/^[a-z0-9-]*$/);
        expect(foldHeaderName(folded)).toBe(folded);
      }),
    );
  });
});

describe('hop-by-hop headers', () => {
  it('are those of RFC 9110 section 7.6.1, nominated or not', () => {
    for (const name of [
      'connection',
      'keep-alive',
      'te',
      'trailer',
      'transfer-encoding',
      'upgrade',
    ])
      expect([name, HOP_BY_HOP.has(name)]).toEqual([name, true]);
    expect(HOP_BY_HOP.has('content-length')).toBe(false);
  });

  it('are those that Connection names too, in any spelling', () => {
    for (const connection of ['X-Hop', 'close, x_hop', ' x.hop ,', 'keep-alive,,X-HOP', '_x-hop-'])
      expect([connection, nominatedNames(connection).has('x-hop')]).toEqual([connection, true]);
    for (const connection of [
      'close',
      'keep-alive',
      'Keep-Alive',
      'Upgrade',
      '',
      'keep-alive, Upgrade',
    ])
      expect([connection, nominatedNames(connection).has('x-hop')]).toEqual([connection, false]);
  });
});

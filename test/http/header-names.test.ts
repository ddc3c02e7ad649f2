import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldHeaderName, HOP_BY_HOP, hopByHopNames } from '../../src/http/header-names.ts';

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

describe('hopByHopNames()', () => {
  const names = (connection?: string) =>
    connection === undefined ? HOP_BY_HOP : hopByHopNames(connection);

  it('holds the names of RFC 9110 section 7.6.1, nominated or not', () => {
    for (const name of [
      'connection',
      'keep-alive',
      'te',
      'trailer',
      'transfer-encoding',
      'upgrade',
    ])
      expect([name, names().has(name)]).toEqual([name, true]);
    expect(names().has('content-length')).toBe(false);
  });

  it('adds the names in Connection, in any spelling', () => {
    for (const connection of ['X-Hop', 'close, x_hop', ' x.hop ,', 'keep-alive,,X-HOP', '_x-hop-'])
      expect([connection, names(connection).has('x-hop')]).toEqual([connection, true]);
    expect(names('close').has('x-hop')).toBe(false);
    expect(names().has('x-hop')).toBe(false);
  });
});

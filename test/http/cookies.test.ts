import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayBePlanted, readCookies, withoutCookies } from '../../src/http/cookies.ts';

const read = (header: string | null, isSought: (name: string) => boolean = () => true) =>
  readCookies(header, isSought).map(({ name, value }) => [name, value]);
const without = (header: string) => withoutCookies(header, (name) => name === 's');

describe('readCookies()', () => {
  it.each<[string | null, string[][]]>([
    [null, []],
    ['', []],
    [';', []],
    ['; ;;', []],
    ['a=1', [['a', '1']]],
    [
      'a=1; b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a=1;b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [' \ta = 1\t', [['a', '1']]],
    ['a=', [['a', '']]],
    ['=v', []],
    [' =v', []],
    ['flag', []],
    ['a=1=2', [['a', '1=2']]],
    [
      'a=1; a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    // Quotes, by what Go 1.26's `net/http` reads (`readCookies`, `parseCookieValue`).
    ['a="b c"', [['a', 'b c']]],
    ['a="b="', [['a', 'b=']]],
    ['a="b" \t', [['a', 'b']]],
    ['a=""', [['a', '']]],
    [
      'a="1";b="2"',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ["a='b'", [['a', "'b'"]]],
    // Go passes over a pair with any quote left; here the value stays, and is no credential by its characters.
    ['a=""b""', [['a', '"b"']]],
    ['a="b', [['a', '"b']]],
    ['a=b"', [['a', 'b"']]],
    ['a="', [['a', '"']]],
    ['a="b"c', [['a', '"b"c']]],
    ['"a"=b', [['"a"', 'b']]],
    ['a=%41%3b', [['a', '%41%3b']]],
    ['%61=1', [['%61', '1']]],
    ['A=1', [['A', '1']]],
    ['\xa0a=1\xa0', [['\xa0a', '1\xa0']]],
    ['__proto__=1', [['__proto__', '1']]],
  ])('reads %j byte for byte', (header, expected) => expect(read(header)).toEqual(expected));

  it('reads what a client wrote without changes, and never throws', () => {
    const name = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
    const value = fc.stringMatching(/^[!#-+\--:<-[\]-~]*$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        expect(read(pairs.map((pair) => pair.join('=')).join('; '))).toEqual(pairs);
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => read(text).length >= 0));
  });
});

describe('readCookies() with several lines', () => {
  const readS = (header: string) => read(header, (name) => name === 's');

  // Joined by the runtime. Expected is what Go 1.26's `net/http` reads from the lines themselves.
  it.each<[string, string[][]]>([
    ['theme=dark, s=V', [['s', 'V']]],
    ['s=V, theme=dark', [['s', 'V']]],
    ['theme=dark,s=V', [['s', 'V']]],
    ['a=1; b=2, s=V; c=3, d=4', [['s', 'V']]],
    ['s="V=", theme=dark', [['s', 'V=']]],
    ['s=V, flag', [['s', 'V']]],
    ['flag, s=V', [['s', 'V']]],
    ['a=1;, s=V', [['s', 'V']]],
    [
      's=V, s=W',
      [
        ['s', 'V'],
        ['s', 'W'],
      ],
    ],
    ['S=V, xs=V, s, =s=V, s[]=V', []],
  ])('T11: finds s in %j', (header, expected) => expect(readS(header)).toEqual(expected));

  it('T11: reads joined lines like each of them', () => {
    const name = fc.constantFrom('s', 'a', 'S', 'ss', 'csrf');
    const value = fc.stringMatching(/^(?:[!#-+\--:<-[\]-~]*|"[!#-+\--:<-[\]-~]*")$/);
    const pair = fc.tuple(name, value).map((parts) => parts.join('='));
    const line = fc.array(pair, { minLength: 1 }).map((pairs) => pairs.join('; '));
    const lines = fc.array(line, { minLength: 1 });
    fc.assert(
      fc.property(lines, fc.constantFrom(', ', ','), (parts, separator) => {
        expect(readS(parts.join(separator))).toEqual(parts.flatMap((one) => readS(one)));
      }),
    );
  });

  it('T12: distinguishes a prefixed name after a comma, which may be planted, from a real one', () => {
    const planted = (header: string) => readCookies(header, () => true).map(mayBePlanted);
    expect(planted('__Host-s=V, __Host-s=W, __secure-s=W, s=X; __Host-s=Y')).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('withoutCookies()', () => {
  it.each<[string, string | undefined]>([
    ['s=1', undefined],
    ['s=1; s=2', undefined],
    ['a=1', 'a=1'],
    ['a=1; s=x', 'a=1'],
    ['s=x; a=1', 'a=1'],
    ['a=1; s=x; b=2', 'a=1; b=2'],
    ['a=1;s=x;b=2', 'a=1;b=2'],
    ['a="1 2" ;  b ; =x;; s=y', 'a="1 2" ;  b ; =x;'],
    ['S=x', 'S=x'],
    ['s', 's'],
    [' s =x; a=1', 'a=1'],
    // Two lines, as workerd joins them.
    ['a=1, s=x', 'a=1'],
    ['s=x, a=1', 'a=1'],
    ['a=1, s=x; b=2', 'a=1; b=2'],
    ['a=1,2,3', 'a=1,2,3'],
    ['s=x,y', 'y'],
    ['a=1; s=x, b=2', 'a=1; b=2'],
    ['a=1,s=x,s=y,b=2', 'a=1,b=2'],
    ['a="1, s=x"; b=2', 'a="1; b=2'],
  ])('removes s from %j', (header, expected) => expect(without(header)).toBe(expected));

  it('leaves a header without that cookie unchanged, to the byte', () => {
    const text = fc.string({ unit: 'binary-ascii' }).filter((header) => !/s\s*=/.test(header));
    fc.assert(fc.property(text, (header) => without(header) === header));
  });

  it('T11: removes every cookie that readCookies() reads', () => {
    const piece = fc.constantFrom('s', 's=', '=', ';', ',', ' ', '"', 'x', 'a=', '\t');
    const header = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
    const isS = (name: string) => name === 's';
    fc.assert(
      fc.property(header, (text) => readCookies(without(text) ?? null, isS).length === 0),
      { numRuns: 2000 },
    );
  });

  it('leaves no cookie of that name, and every other pair in order', () => {
    const pair = fc.constantFrom('s=1', ' s=2', 's =3', 'a=1', ' b="2 3"', 'c', '', 'd=s=1');
    const separator = fc.constantFrom(';', '; ', ', ');
    fc.assert(
      fc.property(fc.array(fc.tuple(pair, separator)), (parts) => {
        const left = without(parts.flat().join('')) ?? '';
        const names = left.split(/[;,]/).map((part) => part.split('=')[0]?.trim());
        expect(names).not.toContain('s');
        const kept = parts.map(([one]) => one.trim()).filter((one) => /^[abd]/.test(one));
        expect(
          left
            .split(/[;,]/)
            .map((part) => part.trim())
            .filter((part) => /^[abd]/.test(part)),
        ).toEqual(kept);
      }),
    );
  });
});

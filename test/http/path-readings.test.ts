import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PATH_FORMS,
  type PathForm,
  readPath as readLazily,
  spell,
} from '../../src/http/path-readings.ts';

const none: ReadonlySet<PathForm> = new Set();
const all: ReadonlySet<PathForm> = new Set(PATH_FORMS);
const only = (...forms: PathForm[]): ReadonlySet<PathForm> => new Set(forms);

/** Written out, alike ones once. */
const readPath = (path: string, forms: ReadonlySet<PathForm>) => {
  const readings = readLazily(path, forms);
  return readings && [...new Set(readings.map(spell))];
};

describe('readPath()', () => {
  it.each([
    ['/a/b', ['/a/b']],
    ['/caf%C3%A9', ['/café']],
    ['/a%20b', ['/a b']],
    ['/a...b/...', ['/a...b/...']],
    ['/a%3Bb', ['/a;b', '/a']],
    ['/C%23/b', ['/C#/b', '/C']],
  ])('reads %s as %j without allowed forms', (path, readings) => {
    expect(readPath(path, none)).toEqual(readings);
  });

  it.each([
    '/a%2Fb',
    '/a%2fb',
    '/a;b',
    '/a//b',
    '/100%25',
    '/a/../b',
    '/..;/b',
    '/x/..%3b/admin',
    '/%zz',
    '/%C0%AE',
    '/a\\b',
    '/caf\u00e9',
  ])('refuses %s without allowed forms', (path) => {
    expect(readPath(path, none)).toBeUndefined();
  });

  it.each([
    '/a/..%20/b', // Microsoft's KB 115827: spaces at the end of a name are removed
    '/a/.%e2%80%8c./b', // ZERO WIDTH NON-JOINER, which HFS+ passes over (CVE-2014-9390)
    '/a/%ef%bc%8e%ef%bc%8e/b', // FULLWIDTH FULL STOP, NFKC "."
    '/a/%e2%80%a5', // TWO DOT LEADER, NFKC ".."
    '/a/..%ef%bc%8fb', // FULLWIDTH SOLIDUS, NFKC "/"
    '/a/..%e2%81%84b', // FRACTION SLASH, "/" in bestfit1252.txt
    '/a/..%c2%a5b', // YEN SIGN, 0x5C in bestfit932.txt
    '/a/..%ef%bc%9fx', // FULLWIDTH QUESTION MARK, NFKC "?"
  ])('refuses %s with all forms allowed, because a server may read it as climbing', (path) => {
    expect(readPath(path, none)).toBeUndefined();
    expect(readPath(path, all)).toBeUndefined();
  });

  it.each([
    ['/a/..%20x', '/a/.. x'],
    ['/a/...%20', '/a/... '],
    ['/a/%e2%80%a6', '/a/\u2026'], // HORIZONTAL ELLIPSIS, NFKC "..."
    ['/a/100%c2%a5', '/a/100\u00a5'],
    ['/a/..%e2%82%ac', '/a/..\u20ac'], // EURO SIGN
  ])('reads %s, which does not climb', (path, reading) => {
    expect(readPath(path, none)).toEqual([reading]);
  });

  it.each<[string, PathForm[], string[]]>([
    ['/p%2Fq', ['encoded_slash'], ['/p%2Fq', '/p/q']],
    ['/admin;a=1/s', ['semicolon'], ['/admin;a=1/s', '/admin/s']],
    ['/a//b', ['double_slash'], ['/a//b', '/a/b']],
    ['/100%25', ['encoded_percent'], ['/100%']],
    ['/%2541', ['encoded_percent'], ['/%41', '/A']],
    [
      '/u/https%3A%2F%2Fe',
      ['encoded_slash', 'double_slash'],
      ['/u/https:%2F%2Fe', '/u/https://e', '/u/https:/e'],
    ],
  ])('reads %s with %j as %j', (path, forms, readings) => {
    expect(readPath(path, only(...forms))).toEqual(readings);
  });

  it.each<[string, PathForm[]]>([
    ['/x%2F..%2Fadmin', ['encoded_slash']],
    ['/x%2f%2fadmin', ['encoded_slash']],
    ['/x/..;/admin', ['semicolon']],
    ['/x/%252e%252e/admin', ['encoded_percent']],
    ['/x%252fadmin', ['encoded_percent']],
    ['/%25zz/%252e%252e/admin', ['encoded_percent']],
    ['/%2525252525', ['encoded_percent']],
    ['/a/;x/b', ['semicolon']],
    ['/a%5cb', ['encoded_slash', 'encoded_percent', 'semicolon', 'double_slash']],
  ])('still refuses %s with %j', (path, forms) => {
    expect(readPath(path, only(...forms))).toBeUndefined();
  });

  const piece = fc.constantFrom(
    ...[
      'a',
      'admin',
      '/',
      '/',
      '.',
      '..',
      '%2f',
      '%2F',
      '%25',
      '%2e',
      '%252e',
      '%252f',
      ';',
      ';x=1',
      '%3b',
      '%5c',
      '\\',
      '%',
      '%41',
    ],
  );
  const path = fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join('')}`);

  it('with every form allowed no reading climbs, and every reading is returned (generated)', () => {
    fc.assert(
      fc.property(path, (text) => {
        const readings = readPath(text, all) ?? [];
        for (const reading of readings) {
          expect(
            new URL(`http://h${reading.replace(/[%?#]/g, '_')}`).pathname.split('/'),
          ).toHaveLength(reading.split('/').length);
        }
        for (const other of naiveReadings(text)) {
          if (readings.length > 0) expect(readings).toContain(other);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it('allows only the listed forms (generated)', () => {
    fc.assert(
      fc.property(path, fc.subarray([...PATH_FORMS]), (text, forms) => {
        const read = readPath(text, only(...forms));
        if (read === undefined) return;
        expect(readPath(text, all)).toBeDefined();
        if (!forms.includes('double_slash')) expect(read.join(' ')).not.toContain('//');
        if (!forms.includes('encoded_slash')) expect(text).not.toMatch(/%2f/i);
        if (!forms.includes('semicolon')) expect(text).not.toContain(';');
      }),
      { numRuns: 10_000 },
    );
  });
});

/** Changes that servers make to a path before they look it up, one at a time and all together. */
function naiveReadings(text: string): string[] {
  const once = decode(text);
  const stripped = decode(text.replace(/;[^/]*/g, ''));
  return [once, stripped, once?.replace(/\/+/g, '/'), stripped?.replace(/\/+/g, '/')].filter(
    (reading) => reading !== undefined,
  );
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

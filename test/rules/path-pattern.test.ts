import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePathPattern } from '../../src/rules/path-pattern.ts';
import { PathTree } from '../../src/rules/path-tree.ts';
import { pathPattern } from '../support/path-pattern.ts';

const matches = (source: string, path: string) =>
  new PathTree([pathPattern(source)]).find(path.slice(1).split('/')).length === 1;

describe('compilePathPattern()', () => {
  it.each([
    ['/', '/', true],
    ['/', '/a', false],
    ['/a', '/a', true],
    ['/a', '/a/', false],
    ['/a', '/A', false],
    ['/a', '/ab', false],
    ['/a/', '/a/', true],
    ['/a/', '/a', false],
    ['/a/*', '/a/', true],
    ['/a/*', '/a/b', true],
    ['/a/*', '/a/b/c/', true],
    ['/a/*', '/a', false],
    ['/a/*', '/ab', false],
    ['/*', '/', true],
    ['/*', '/a/b', true],
    ['/t/:team', '/t/x', true],
    ['/t/:team', '/t/', false],
    ['/t/:team', '/t/x/', false],
    ['/t/:team', '/t/x/y', false],
    ['/t/:team/edit', '/t/x/edit', true],
    ['/:a/:b/*', '/x/y/', true],
    ['/:a/:b/*', '/x/y', false],
    ['/:a/:b/*', '//y/', false],
    ['/a.b', '/axb', false],
    ['/%C3%A9', '/é', true],
    ['/é', '/é', true],
    ['/a%20b', '/a b', true],
  ])('P11: %s and %s: %s', (source, path, expected) =>
    expect(matches(source, path)).toBe(expected),
  );

  it.each([
    '',
    'a',
    'https://a/b',
    '*',
    '/a*',
    '/*/a',
    '/a/**',
    '/a/*b',
    '/(a|b)',
    '/:id(\\d+)',
    '/a{/b}?',
    '/a?',
    '/a+',
    '/a/:b?',
    '/a:b',
    '/:',
    '/:1',
    '/a;b',
    '/a#b',
    '/a\\b',
    '/a/../b',
    '/./a',
    '/a%2fb',
    '/a%5Cb',
    '/a%25b',
    '/%zz',
    '/%c0%ae',
  ])('refuses %j, and states the expected form', (source) => {
    const pattern = compilePathPattern(source);
    expect(!pattern.ok && pattern.failure).toMatch(/^(?:may|must|holds)/);
  });

  it('agrees with the platform’s URLPattern on every path that the gate admits', () => {
    const word = fc.constantFrom('a', 'b', 'ab', 'A', 'docs', 'x.y', '~', 'a-b', '0', 'é');
    const segment = fc.oneof(
      { weight: 3, arbitrary: word },
      { weight: 1, arbitrary: word.map((name) => `:p${name.replace(/\W/g, '')}`) },
    );
    const source = fc
      .tuple(fc.array(segment, { maxLength: 4 }), fc.constantFrom('', '', '/*', '/'))
      .map(([segments, end]) => `/${unique(segments).join('/')}${end}`.replace(/\/{2,}/g, '/'));
    const path = fc
      .tuple(fc.array(word, { maxLength: 5 }), fc.boolean())
      .map(([words, slash]) => `/${words.join('/')}${slash && words.length > 0 ? '/' : ''}`);
    const seen = { yes: 0, no: 0 };
    fc.assert(
      fc.property(source, path, (pattern, plain) => {
        const theirs = new URLPattern({ pathname: pattern }).test({ pathname: encodeURI(plain) });
        expect([pattern, plain, matches(pattern, plain)]).toEqual([pattern, plain, theirs]);
        seen[theirs ? 'yes' : 'no'] += 1;
      }),
      { numRuns: 20_000 },
    );
    expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(500);
  });
});

/** URLPattern refuses a name that is there twice. */
function unique(segments: readonly string[]): string[] {
  return segments.map((segment, index) =>
    segment.startsWith(':') ? `${segment}${index}` : segment,
  );
}

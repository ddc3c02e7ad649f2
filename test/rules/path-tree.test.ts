import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PathTree } from '../../src/rules/path-tree.ts';
import { pathPattern } from '../support/path-pattern.ts';

/** Patterns and paths of few words, so that many of them meet. */
const word = fc.constantFrom('a', 'b', 'ab');
const pattern = fc
  .tuple(
    fc.array(fc.oneof(word, fc.constantFrom(':x', ':y')), { maxLength: 4 }),
    fc.constantFrom('', '/', '/*'),
  )
  .map(([segments, end]) => `/${segments.join('/')}${end}`.replace(/\/{2,}/g, '/'));
const path = fc
  .array(fc.oneof(word, fc.constant('')), { maxLength: 5 })
  .map((segments) => `/${segments.join('/')}`);

it('finds the same patterns as URLPattern one by one', () => {
  let found = 0;
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), path, (sources, text) => {
      const tree = new PathTree(sources.map(pathPattern));
      const theirs = sources.flatMap((source, place) => (matches(source, text) ? [place] : []));
      const ours = [...tree.find(text.slice(1).split('/'))].sort((a, b) => a - b);
      expect([sources, text, ours]).toEqual([sources, text, theirs]);
      found += ours.length;
    }),
    { numRuns: 5000 },
  );
  expect(found).toBeGreaterThan(1000);
});

const known = new Map<string, URLPattern>();

/** URLPattern refuses a name that is there twice. */
function matches(source: string, text: string): boolean {
  let index = 0;
  const pathname = source.replace(/:[xy]/g, () => `:p${index++}`);
  const theirs = known.get(pathname) ?? new URLPattern({ pathname });
  known.set(pathname, theirs);
  return theirs.test({ pathname: text });
}

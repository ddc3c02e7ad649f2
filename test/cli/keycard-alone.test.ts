import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { codeOf, readPage } from '../docs/pages.ts';
import { inRepository } from '../support/repository.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-keycard-alone-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The `wrangler.toml` of docs/keycard-alone.md, with hosts of an operator. */
const [example = ''] = codeOf(readPage('docs/keycard-alone.md'), 'toml');
const page = example.replaceAll('example.com', 'shop.test');

/** Checks the page's file with these lines first among its variables. */
function check(variables: readonly string[] = [], file = page) {
  const path = join(folder, 'wrangler.toml');
  writeFileSync(
    path,
    file.replace('[vars]', () => ['[vars]', ...variables].join('\n')),
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [inRepository('cli/check-config.ts'), '--config', path],
    { encoding: 'utf8', env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } },
  );
  const lines = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => /^(error|warning|note)/.test(line))
    .map((line) => line.replace(/ +\S+wrangler\.toml[:\d]*:/, ''));
  return { status, lines };
}

describe('check-config, for the file of docs/keycard-alone.md', () => {
  it('finds no error and nothing to warn of', () => {
    expect(check()).toEqual({ status: 0, lines: [] });
  }, 60_000);

  it('warns of settings that do nothing without Kratos', () => {
    const idle = ['SESSION_COOKIE_NAMES = ["s"]', 'MEMORY_MAX_ENTRIES = 5'];
    const file = `[[kv_namespaces]]\nbinding = "SESSIONS"\n[[services]]\nbinding = "KRATOS"\nservice = "k"\n${page.slice(page.indexOf('[[durable'))}`;
    const head = page.slice(0, page.indexOf('[[durable'));
    const { status, lines } = check(idle, head + file);
    expect(status).toBe(0);
    expect(
      lines.map((line) => /^warning +(\S+) does nothing without KRATOS_PUBLIC_URL/.exec(line)?.[1]),
    ).toEqual(['SESSION_COOKIE_NAMES', 'MEMORY_MAX_ENTRIES', 'KRATOS', 'SESSIONS']);
  }, 60_000);

  it('warns if no session counts, and asks for a source of sessions if there is none', () => {
    const withoutIssuers = page.slice(0, page.indexOf('[[vars.ISSUERS]]'));
    const api = ['KEYCARD_API_URL = "https://api.keycard.ai"', 'KEYCARD_ZONES = ["zone-1"]'];
    const warned = check(api, withoutIssuers);
    expect([warned.status, warned.lines]).toEqual([
      0,
      [expect.stringMatching(/^warning +no session counts: ISSUERS is empty/)],
    ]);
    const refused = check([], withoutIssuers);
    expect([refused.status, refused.lines]).toEqual([
      1,
      [
        expect.stringMatching(
          /^error +KRATOS_PUBLIC_URL: expected .* an issuer in ISSUERS, or KEYCARD_API_URL/,
        ),
      ],
    ]);
  }, 60_000);
});

import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { BINDINGS } from '../../src/config/bindings.ts';
import { readConfig } from '../../src/config/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { loadConditionLanguage } from '../../src/rules/compile-condition.ts';
import { inRepository } from '../support/repository.ts';
import { readWranglerFile } from '../support/wrangler-file.ts';
import { anchorsOf, codeOf, type Page, proseOf, readPage, readPages } from './pages.ts';

await loadConditionLanguage();

const PAGES = readPages();
const SCHEMAS: Readonly<Record<string, v.GenericSchema>> = Object.assign(
  {},
  ...Object.values(SETTINGS),
);
/** Variables that tests read. */
const TEST_VARIABLES = [
  'FAULT_SEED',
  'FAULT_PAIRS',
  'ISOLATE_SEED',
  'ISOLATE_REVOCATIONS',
  'CHANGES',
  'WRITER_CHANGES',
  'GATE_COMPOSITION',
];
/** Variables that benchmarks read. */
const BENCH_VARIABLES = ['OAUTH2_PROXY', 'OATHKEEPER', 'CLERK_BACKEND', 'POSTERN_PROXIES'];
/** Variables that wrangler reads. */
const WRANGLER_VARIABLES = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_ACCOUNT_ID'];
const NAMES = new Set<string>([
  ...WRANGLER_VARIABLES,
  ...Object.keys(SCHEMAS),
  ...Object.keys(BINDINGS),
  ...TEST_VARIABLES,
  ...BENCH_VARIABLES,
]);

function linksOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/i.test(target));
}

/** Returns the missing target of a link, or `undefined` if the link is correct. */
function missing(page: Page, target: string): string | undefined {
  const [file = '', waitUntil] = target.split('#', 2);
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
  if (!existsSync(inRepository(path))) return `${page.path} → ${target}`;
  if (waitUntil === undefined || anchorsOf(readPage(path)).includes(waitUntil)) return undefined;
  return `${page.path} → ${target} (no such heading)`;
}

describe('the documentation', () => {
  it('has no dead links', () => {
    const links = PAGES.flatMap((page) => linksOf(page).map((target) => missing(page, target)));
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((link) => link !== undefined)).toEqual([]);
  });

  it('names pages, sources and tests that exist', () => {
    const named = PAGES.flatMap((page) =>
      [
        ...proseOf(page).matchAll(
          /(?<!:\/\/[^\s)]*)`?\b((?:docs|src|test|bench|cli|standins)\/[\w./-]*\w)`?/g,
        ),
      ].map(([, path = '']) => ({ page: page.path, path })),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(({ path }) => !existsSync(inRepository(path)))).toEqual([]);
  });

  it('is listed in the README with every page', () => {
    const listed = linksOf(readPage('README.md'));
    const pages = readdirSync(inRepository('docs')).filter((name) => name.endsWith('.md'));
    expect(pages.filter((name) => !listed.includes(`docs/${name}`))).toEqual([]);
  });

  it('names settings and bindings that exist', () => {
    const named = PAGES.flatMap((page) => namesIn(page).map((name) => ({ page: page.path, name })));
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter(({ name }) => !NAMES.has(name))).toEqual([]);
  });

  it('shows valid settings', () => {
    const shown = PAGES.flatMap((page) => codeOf(page, 'toml').map((toml) => ({ page, toml })));
    expect(shown.length).toBeGreaterThan(5);
    for (const { page, toml } of shown) {
      expect([page.path, toml, problemsOf(toml)]).toEqual([page.path, toml, []]);
    }
  });

  it('states the true default of a setting', () => {
    const stated = PAGES.flatMap((page) =>
      [...proseOf(page).matchAll(/`([A-Z][A-Z0-9_]+)` \((\d[\d,]*)\)/g)].map(
        ([, name = '', value = '']) => ({
          page: page.path,
          name,
          value: Number(value.replaceAll(',', '')),
        }),
      ),
    );
    expect(stated.length).toBeGreaterThan(3);
    for (const { page, name, value } of stated) {
      const schema = SCHEMAS[name];
      expect([page, name, schema && v.getDefault(schema)]).toEqual([page, name, value]);
    }
  });
});

/** Returns the errors of a piece of a wrangler.toml, inserted into an otherwise complete one. */
function problemsOf(toml: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'postern-docs-'));
  const config = join(folder, 'wrangler.toml');
  writeFileSync(config, filledIn(toml));
  const { environment } = readWranglerFile(config);
  rmSync(folder, { recursive: true });
  // A secret is no part of a wrangler.toml.
  const secrets = toml.includes('sign_in =') ? { SIGN_IN_SECRETS: ['x'.repeat(32)] } : {};
  const read = readConfig({ ...SURROUNDINGS, ...secrets, ...environment });
  return read.ok ? [] : read.failure;
}

const SURROUNDINGS = {
  PUBLIC_URL: 'https://app.example.com',
  KRATOS_PUBLIC_URL: 'https://auth.example.com',
  REVOCATIONS: {},
  CLIENT_SECRETS: { 'https://name.keycard.cloud': 'a-secret' }, // a secret is in no wrangler.toml
};

/** Placeholders with plausible values: a name, and the coordinates of a key. */
function filledIn(toml: string): string {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  });
  return toml
    .replace(/<[a-z-]+>/g, 'name')
    .replaceAll('x = "…"', `x = "${x}"`)
    .replaceAll('y = "…"', `y = "${y}"`);
}

/** In prose between backticks; in TOML as a key or table; in a shell as a secret that is put. */
function namesIn(page: Page): string[] {
  const toml = codeOf(page, 'toml').join('\n');
  const shell = codeOf(page, 'sh').join('\n');
  return [
    ...proseOf(page).matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g),
    ...toml.matchAll(/^#? ?([A-Z][A-Z0-9_]+) = /gm),
    ...toml.matchAll(/^\[+vars\.([A-Z0-9_]+)\]+/gm),
    ...toml.matchAll(/binding = "([A-Z0-9_]+)"/g),
    ...shell.matchAll(/wrangler secret put ([A-Z0-9_]+)/g),
  ].map(([, name = '']) => name);
}

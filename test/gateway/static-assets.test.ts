import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import { afterAll, describe, expect, it } from 'vitest';
import { findAssetProblems } from '../../cli/asset-problems.ts';
import { readConfig } from '../../src/config/config.ts';
import { readBuiltGate, readBuiltModules } from '../support/built-gate.ts';
import { bundleWorker } from '../support/bundle-worker.ts';
import { freePorts } from '../support/free-port.ts';
import { get } from '../support/raw-http.ts';
import { inRepository } from '../support/repository.ts';
import {
  type AssetOptions,
  MOVABLE_CLOCK,
  variable,
  workerOptions,
} from '../support/runtime-worker.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';

/** The files of the site; each holds the name of its own path, so that an answer tells which it is. */
const FILES = [
  '/index.html',
  '/report.html',
  '/x/index.html',
  '/both.html',
  '/both/index.html',
  '/data.json',
  '/members/404.html',
];
const GATED = ['/report.html', '/x/index.html', '/members/404.html', '/data.json'];
const NEEDS = { session: 'required' } as const;
const OPEN = { path: '/*', session: 'none' } as const;

const directory = mkdtempSync(join(tmpdir(), 'postern-assets-'));
afterAll(() => rmSync(directory, { recursive: true }));
for (const folder of ['x', 'both', 'members']) mkdirSync(join(directory, folder));
for (const path of FILES) writeFileSync(join(directory, path), contentOf(path));

function contentOf(path: string): string {
  return `<p>content of ${path}</p>`;
}

type Handling = Partial<Pick<AssetOptions, 'htmlHandling' | 'notFoundHandling'>>;
type SiteRule = Readonly<Record<string, string>>;

function startSite(handling: Handling, rules: readonly SiteRule[]) {
  return startGate({
    bindings: { ORIGIN: { type: 'assets' } },
    assets: { directory, hasUserWorker: true, runWorkerFirst: true, ...handling },
    vars: { RULES: rules },
  });
}

/** Asks where the platform's own router answers; the sockets of `startGate` lead straight into the Worker. */
async function askPlatform(
  path: string,
  { runWorkerFirst }: Required<Pick<AssetOptions, 'runWorkerFirst'>>,
): Promise<[status: number, text: string]> {
  const [port = 0] = await freePorts(1);
  const env = {
    PUBLIC_URL: variable(`http://127.0.0.1:${port}`),
    KRATOS_PUBLIC_URL: variable('https://kratos.example.test'),
    REVOCATION: variable('off'),
    ORIGIN: { type: 'assets' },
  } as const;
  const gate = workerOptions({
    name: 'gate',
    script: readBuiltGate(),
    modules: readBuiltModules(),
    clockScript: await bundleWorker(inRepository(MOVABLE_CLOCK)),
    env,
    assets: { directory, hasUserWorker: true, runWorkerFirst },
  });
  const platform = new Miniflare({
    host: '127.0.0.1',
    port,
    cf: false,
    telemetry: { enabled: false },
    enableDevRegistry: false,
    handleStructuredLogs: () => {},
    workers: [gate],
  });
  try {
    await platform.ready;
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return [answer.status, await answer.text()];
  } finally {
    await platform.dispose();
  }
}

/** Every path by which some server would serve a file: with and without ending, slash and index, and other escapes. */
function spellingsOf(file: string): string[] {
  const stem = file.replace(/\.html$/, '');
  const folder = stem.replace(/\/index$/, '');
  const plain = [file, stem, folder].flatMap((path) => [
    path,
    `${path}/`,
    `${path}.html`,
    `${path}/index`,
    `${path}/index/`,
    `${path}/index.html`,
    `${path}/none`,
    `${path}/none.html`,
  ]);
  const odd = [file, stem].flatMap((path) => [
    `/${path}`,
    `${path}//`,
    `/.${path}`,
    `/y/..${path}`,
    `${path}?x=/`,
    `${path};x`,
    path.toUpperCase(),
    path.replace(/e|x/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    path.replace('.', '%2e'),
    path.replace(/(?!^)\//, '%2F'),
    path.replace(/\/index/, '%5Cindex'),
  ]);
  return [...new Set([...plain, ...odd])].filter((path) => path.startsWith('/'));
}

/** Spellings by which an anonymous request gets the content of a gated file. */
async function leaks(gate: RunningGate): Promise<string[]> {
  const found: string[] = [];
  for (const file of GATED) {
    for (const path of spellingsOf(file)) {
      const { text } = await get(gate.port, path);
      if (text.includes(contentOf(file))) found.push(`${path} → ${file}`);
    }
  }
  return found;
}

function problemsOf({ htmlHandling, notFoundHandling }: Handling, rules: readonly SiteRule[]) {
  const config = readConfig({
    PUBLIC_URL: 'https://app.example.test',
    KRATOS_PUBLIC_URL: 'https://kratos.example.test',
    REVOCATION: 'off',
    RULES: rules,
  });
  if (!config.ok) throw new Error(config.failure.join());
  return findAssetProblems(
    {
      binding: 'ORIGIN',
      run_worker_first: true,
      html_handling: htmlHandling,
      not_found_handling: notFoundHandling,
    },
    { paths: FILES, redirects: '' },
    config.value,
  );
}

const HTML = ['auto-trailing-slash', 'force-trailing-slash', 'drop-trailing-slash'] as const;
const NOT_FOUND = ['none', '404-page', 'single-page-application'] as const;

describe('static assets behind the gate', () => {
  it('U9: the platform serves a gated file to everyone unless the Worker runs first', async () => {
    expect(await askPlatform('/data.json', { runWorkerFirst: false })).toEqual([
      200,
      contentOf('/data.json'),
    ]);
    expect(await askPlatform('/data.json', { runWorkerFirst: ['/report', '/members/*'] })).toEqual([
      200,
      contentOf('/data.json'),
    ]);
    const [status, text] = await askPlatform('/data.json', { runWorkerFirst: true });
    expect([status, text.includes('content of')]).toEqual([401, false]);
  });

  it.each(HTML.flatMap((html) => NOT_FOUND.map((notFound) => [html, notFound] as const)))(
    'U10: rules that check-config accepts keep gated files under %s and %s',
    async (htmlHandling, notFoundHandling) => {
      const handling = { htmlHandling, notFoundHandling };
      const rules = [
        ...['/report', '/report.html', '/report/', '/data.json'],
        ...['/x', '/x/', '/x/index', '/x/index/', '/x/index.html', '/members/*'],
      ].map((path) => ({ path, ...NEEDS }));
      expect(problemsOf(handling, [...rules, OPEN])).toEqual([]);
      await using gate = await startSite(handling, [...rules, OPEN]);
      expect(await leaks(gate)).toEqual([]);
      expect(
        (await get(gate.port, '/both.html')).text + (await get(gate.port, '/both')).text,
      ).toContain('content of');
    },
  );

  it.each([
    ['auto-trailing-slash', '/report'],
    ['drop-trailing-slash', '/report'],
    ['force-trailing-slash', '/report/'],
    ['auto-trailing-slash', '/x/'],
    ['drop-trailing-slash', '/x'],
    ['force-trailing-slash', '/x/index/'],
  ] as const)('U10: under %s a rule for the file alone leaves %s open', async (html, path) => {
    const handling = { htmlHandling: html };
    const rules = GATED.map((file) => ({ path: file, ...NEEDS }));
    expect(problemsOf(handling, [...rules, OPEN]).join('\n')).toContain(`"${path}"`);
    await using gate = await startSite(handling, [...rules, OPEN]);
    expect((await leaks(gate)).map((leak) => leak.split(' ')[0])).toContain(path);
  });

  it('U10: with one spelling for each file, a rule for the file is enough', async () => {
    const handling = { htmlHandling: 'none', notFoundHandling: 'none' } as const;
    const rules = [...GATED.map((file) => ({ path: file, ...NEEDS })), OPEN];
    expect(problemsOf(handling, rules)).toEqual([]);
    await using gate = await startSite(handling, rules);
    expect(await leaks(gate)).toEqual([]);
  });

  it('U10: a gated application is served at any open path without a file of its own', async () => {
    const handling = { notFoundHandling: 'single-page-application' } as const;
    const rules = [{ path: '/public/*', session: 'none' }];
    expect(problemsOf(handling, rules).join()).toContain('"/index.html" is also served');
    await using gate = await startSite(handling, rules);
    expect((await get(gate.port, '/public/anything')).text).toBe(contentOf('/index.html'));
  });
});

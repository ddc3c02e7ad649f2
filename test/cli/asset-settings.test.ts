import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSignIn } from '../../src/app/compose-sign-in.ts';
import { loadConditionLanguage } from '../../src/rules/compile-condition.ts';
import { checkFile } from '../support/check-file.ts';
import { inRepository } from '../support/repository.ts';
import { ownWranglerToml } from '../support/wrangler-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-assets-'));
afterAll(() => rmSync(folder, { recursive: true }));

await Promise.all([loadConditionLanguage(), loadSignIn()]);
const shipped = ownWranglerToml().replace(/ORIGIN_URL = .*/, '');
const OPEN = { path: '/*', session: 'none' };
const GATED = { session: 'required', aal: 'aal2' };

interface Site {
  /** Lines of `[assets]`, besides the directory and the binding. */
  readonly assets?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly rules?: readonly Readonly<Record<string, string>>[];
}

let sites = 0;

/** Writes a wrangler file with static assets into a folder of its own, and gives its path. */
function write({ assets = 'run_worker_first = true', files = {}, rules = [] }: Site): string {
  const place = join(folder, String(sites++));
  mkdirSync(join(place, 'public'), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, 'public', name)), { recursive: true });
    writeFileSync(join(place, 'public', name), text);
  }
  const text = shipped.replace(/\[\[vars\.RULES\]\][\s\S]*?(?=\n#)/, '').replace('[vars]', () => {
    const list = `RULES = '${JSON.stringify(rules)}'`;
    return `[assets]\ndirectory = "public"\nbinding = "ORIGIN"\n${assets}\n\n[vars]\n${list}`;
  });
  writeFileSync(join(place, 'wrangler.toml'), text);
  return join(place, 'wrangler.toml');
}

function run(script: string, ...parameters: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [inRepository(script), ...parameters],
    {
      cwd: inRepository('.'),
      encoding: 'utf8',
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    },
  );
  return { status, output: `${stdout}${stderr}` };
}

function checkSite(site: Site) {
  const errors = checkFile(write(site)).filter((line) => line.startsWith('error'));
  return { status: errors.length > 0 ? 1 : 0, errors };
}

describe('check-config and [assets]', () => {
  it.each([
    ['left out', ''],
    ['false', 'run_worker_first = false'],
    ['a list of the gated paths', 'run_worker_first = ["/members/*"]'],
    ['a list of everything', 'run_worker_first = ["/*"]'],
  ])('U9: refuses run_worker_first that is %s', (_, assets) => {
    const { status, errors } = checkSite({ assets });
    expect([status, errors]).toEqual([
      1,
      [expect.stringMatching(/run_worker_first: expected exactly true/)],
    ]);
  });

  it('U9: accepts assets as the origin when the Worker runs first', () => {
    expect(checkSite({ files: { 'report.html': 'x', 'data.json': '{}' } })).toEqual({
      status: 0,
      errors: [],
    });
  });

  it.each([
    ['/report.html', '/report', { 'report.html': 'x' }],
    ['/report', '/report.html', { 'report.html': 'x' }],
    ['/x/', '/x/index.html', { 'x/index.html': 'x' }],
    ['/x/index.html', '/x/', { 'x/index.html': 'x' }],
    ['/x/*', '/x', { 'x/index.html': 'x' }],
    ['/report', '/report/', { 'report.html': 'x' }],
    ['/report.html', '/report', {}],
  ])('U10: refuses a rule for %s that leaves %s open, and names both', (path, other, files) => {
    const { status, errors } = checkSite({ files, rules: [{ path, ...GATED }, OPEN] });
    expect([status, errors.length]).toEqual([1, 1]);
    for (const name of [path.replace('*', ''), other, 'RULES.0', 'RULES.1'])
      expect(errors[0]).toContain(name);
  });

  it('U10: accepts the same rules when each path has one spelling', () => {
    const assets = 'run_worker_first = true\nhtml_handling = "none"\nnot_found_handling = "none"';
    const rules = [{ path: '/report.html', ...GATED }, OPEN];
    expect(checkSite({ assets, files: { 'report.html': 'x' }, rules })).toEqual({
      status: 0,
      errors: [],
    });
  });

  it('U10: accepts a file whose spellings all fall under the same rule', () => {
    const rules = ['/report', '/report.html', '/report/'].map((path) => ({ path, ...GATED }));
    const files = { 'report.html': 'x' };
    expect(checkSite({ files, rules: [...rules, OPEN] })).toEqual({ status: 0, errors: [] });
  });

  it('U10: accepts different rules for a page and a folder of the same name', () => {
    const rules = ['/report', '/report.html'].map((path) => ({ path, ...GATED }));
    const files = { 'report.html': 'x', 'report/index.html': 'y' };
    expect(checkSite({ files, rules: [...rules, OPEN] })).toEqual({ status: 0, errors: [] });
  });

  it('U10: refuses a single-page application whose gated page any open path serves', () => {
    const assets = 'run_worker_first = true\nnot_found_handling = "single-page-application"';
    const files = { 'index.html': 'x', 'app.js': 'x' };
    const open = [{ path: '/public/*', session: 'none' }];
    const { status, errors } = checkSite({ assets, files, rules: open });
    expect([status, errors.length]).toEqual([1, 1]);
    expect(errors[0]).toMatch(/"\/index\.html".*"\/public\//);
    const shell = ['/', '/index', '/index/', '/index.html'].map((path) => ({ ...OPEN, path }));
    expect(checkSite({ assets, files, rules: [...shell, ...open] }).errors).toEqual([]);
  });

  it('U10: refuses an error page that is gated itself and served in open folders', () => {
    const assets = 'run_worker_first = true\nnot_found_handling = "404-page"';
    const rules = [
      { path: '/members/404.html', ...GATED },
      { path: '/members/404', ...GATED },
      { path: '/members/404/', ...GATED },
      OPEN,
    ];
    const { errors } = checkSite({ assets, files: { 'members/404.html': 'x' }, rules });
    expect(errors).toEqual([expect.stringMatching(/"\/members\/404\.html".*"\/members\//)]);
  });

  it('U10: refuses a rewrite, which serves a gated file at an open path', () => {
    const assets = 'run_worker_first = true\nhtml_handling = "none"';
    const redirects = '# moved\n/old /new 301\n/public/* /members/:splat 200\n';
    const files = { 'members/report.html': 'x', _redirects: redirects };
    expect(checkSite({ assets, files }).errors).toEqual([
      expect.stringMatching(/line 3 of _redirects/),
    ]);
  });

  it.each([
    ['binding = "ASSETS"', '"ASSETS"'],
    ['', 'nothing'],
  ])('prints the binding that the files need, for %s', (binding, got) => {
    const path = write({});
    writeFileSync(path, readFileSync(path, 'utf8').replace('binding = "ORIGIN"', binding));
    const { status, output } = run('cli/check-config.ts', '--config', path);
    const line = `assets.binding: expected "ORIGIN", the site behind the gate; got ${got}.`;
    expect([status, output]).toEqual([1, expect.stringContaining(line)]);
  });

  it('reports that the directory to compare with the rules does not exist', () => {
    const path = write({});
    rmSync(join(dirname(path), 'public'), { recursive: true });
    const { status, output } = run('cli/check-config.ts', '--config', path);
    expect([status, output]).toEqual([1, expect.stringContaining('Build the site first')]);
  });
});

describe('npm run deploy', () => {
  it('U9: stops before it starts wrangler if check-config finds an error', () => {
    const config = write({ assets: '' });
    const { status, output } = run('cli/deploy.ts', '--dry-run', '--config', config);
    expect([status, output]).toEqual([1, expect.stringContaining('run_worker_first')]);
    expect(output).not.toContain('Total Upload');
  });

  it('accepts no option that would deploy an unchecked file', () => {
    const { status, output } = run('cli/deploy.ts', '--dry-run', '--assets', 'public');
    expect([status, output]).toEqual([2, expect.stringContaining('usage: npm run deploy')]);
  });

  it('deploys a file in which check-config finds no error', () => {
    const local = 'standins/gate.wrangler.toml';
    const { status, output } = run('cli/deploy.ts', '--dry-run', '--config', local);
    expect([status, output]).toEqual([0, expect.stringContaining('Total Upload')]);
  });
});

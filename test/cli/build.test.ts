import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { readBuiltGate, readBuiltModules } from '../support/built-gate.ts';
import { inRepository } from '../support/repository.ts';
import { readWranglerFile } from '../support/wrangler-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-build-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(['wrangler.toml', 'standins/gate.wrangler.toml'])('%s', (path) => {
  const { fields: file } = readWranglerFile(inRepository(path));

  it('names the main module that the build makes, and builds it before deployment', () => {
    expect([resolve(dirname(inRepository(path)), file.main ?? ''), file.build?.command]).toEqual([
      inRepository('dist/worker.js'),
      'npm run -s build',
    ]);
  });

  it('uploads every built module unchanged', async () => {
    const place = join(folder, path);
    mkdirSync(join(place, 'dist'), { recursive: true });
    const modules = readBuiltModules();
    expect(Object.keys(modules)).not.toEqual([]);
    for (const name of ['worker.js', ...Object.keys(modules)])
      copyFileSync(inRepository(`dist/${name}`), join(place, 'dist', name));
    // Without the build, which would write the modules that other tests read at the same time.
    const text = readFileSync(inRepository(path), 'utf8').replace(/^build = .*$/m, '');
    const config = join(place, 'wrangler.toml');
    writeFileSync(config, text.replace(/^main = .*$/m, 'main = "dist/worker.js"'));
    const uploaded = join(place, 'uploaded');
    await promisify(execFile)(
      inRepository('node_modules/.bin/wrangler'),
      ['deploy', '--dry-run', '--config', config, '--outdir', uploaded],
      { cwd: place, env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } },
    );
    const expected = { 'worker.js': readBuiltGate(), ...modules };
    for (const [name, contents] of Object.entries(expected))
      expect(readFileSync(join(uploaded, name), 'utf8') === contents, name).toBe(true);
  }, 60_000);
});

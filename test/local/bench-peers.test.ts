import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { inRepository } from '../support/repository.ts';

const run = promisify(execFile);
const ABSENT = ['caddy', 'envoy', 'traefik', 'oauth2-proxy', 'oathkeeper', 'clerk-gate'];

/** The only folder of programs: it has wrk, and none of the systems to compare with. */
const programs = mkdtempSync(join(tmpdir(), 'postern-programs-'));
for (const name of ['wrk', 'taskset']) {
  const { stdout } = spawnSync('which', [name], { encoding: 'utf8' });
  if (stdout !== '') symlinkSync(stdout.trim(), join(programs, name));
}
afterAll(() => rmSync(programs, { recursive: true }));

it.skipIf(spawnSync('wrk').error !== undefined)(
  'npm run bench:peers names what is missing, and measures the Workers',
  async () => {
    const only = ['--only', ['map-gate', ...ABSENT].join(',')];
    const { stdout } = await run(
      process.execPath,
      [inRepository('bench/peers/run.ts'), '--rounds', '1', '--seconds', '2', ...only],
      { env: { PATH: programs } },
    ).catch((failed: { stdout: string }) => failed); // on a busy machine a column may fail
    for (const id of ABSENT) {
      expect(stdout).toMatch(new RegExp(`^${id}: not measured\\. .* is not installed: `, 'm'));
    }
    expect(stdout).toMatch(/^\| \*\*Postern\*\* \| \d+ \(\d+–\d+\) µs \|/m);
    expect(stdout).toMatch(/^\| .*`map-gate`.* \| \d+\.\d\d \(/m);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d, .*workerd 1\.\d+/m);
  },
  300_000,
);

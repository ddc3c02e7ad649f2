/**
 * Deploys the gate, if check-config finds no error in the same file and environment.
 *
 *   npm run deploy [-- --config path/to/wrangler.toml] [--env name] [--dry-run]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readCommandLine } from './command-line.ts';

const USAGE = 'usage: npm run deploy [-- --config path/to/wrangler.toml] [--env name] [--dry-run]';

// No other option of `wrangler deploy`: --assets, --var and --route would deploy unchecked settings.
const { values } = readCommandLine(USAGE, {
  options: {
    config: { type: 'string', default: 'wrangler.toml' },
    env: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  },
});
const which = [
  '--config',
  values.config,
  ...(values.env === undefined ? [] : ['--env', values.env]),
];

run(process.execPath, [join(import.meta.dirname, 'check-config.ts'), ...which]);
run('wrangler', ['deploy', ...which, ...(values['dry-run'] ? ['--dry-run'] : [])]);

/** Runs a program to its end. If its status is not 0, this program ends with the same status. */
function run(program: string, parameters: readonly string[]): void {
  const { status, error } = spawnSync(program, parameters, { stdio: 'inherit' });
  if (error !== undefined) console.error(`${program}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

import { readFileSync } from 'node:fs';
import {
  readWranglerEnvironment,
  type WranglerEnvironment,
} from '../../cli/wrangler/environment.ts';
import { inRepository } from './repository.ts';

/** Reads the top level of a wrangler file; throws if it cannot be read. */
export function readWranglerFile(config: string): WranglerEnvironment {
  const read = readWranglerEnvironment({ config, env: '' });
  if (!read.ok) throw new Error(read.failure.join('\n'));
  return read.value;
}

/** Returns the `wrangler.toml` of this repository with the hosts of an own site in place of the examples. */
export function ownWranglerToml(): string {
  return readFileSync(inRepository('wrangler.toml'), 'utf8').replaceAll('example.com', 'site.test');
}

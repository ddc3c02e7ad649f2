import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { inRepository } from '../support/repository.ts';

/** Packs the package into a folder, as `npm pack` does, and returns the path of the tarball. */
export function packInto(folder: string): string {
  const printed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: inRepository('.'),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const name = /"filename": "([^"]+)"/.exec(printed)?.[1] ?? '';
  return join(folder, name);
}

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from '../support/repository.ts';

/** The files that the package is built from. npm adds the README and the licence by itself. */
const SOURCES = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'cli',
  'package.json',
  'src',
  'templates',
  'tsconfig.json',
  'tsconfig.package.json',
];

/**
 * Packs the package into a folder, as `npm pack` does, and returns the path of the tarball. It is built in a copy: a
 * build empties `dist/package`, and another test may read from there at the same time.
 */
export function packInto(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'postern-pack-'));
  try {
    for (const name of SOURCES) {
      cpSync(inRepository(name), join(copy, name), {
        recursive: true,
        filter: (path) => !path.includes('node_modules'),
      });
    }
    symlinkSync(inRepository('node_modules'), join(copy, 'node_modules'));
    const printed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: copy,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const name = /"filename": "([^"]+)"/.exec(printed)?.[1] ?? '';
    return join(folder, name);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

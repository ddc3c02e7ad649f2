import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from './repository.ts';

const DIST = inRepository('dist');
const MAIN = 'worker.js';
const BUNDLE = join(DIST, MAIN);
const SOURCES = inRepository('src');

/** The gate's main module exactly as the build wrote it. Throws when there is none. */
export function readBuiltGate(): string {
  bundleStats();
  return readFileSync(BUNDLE, 'utf8');
}

/** The modules that the main module loads on demand: text by name. */
export function readBuiltModules(): Readonly<Record<string, string>> {
  const names = readdirSync(DIST).filter((name) => name.endsWith('.js') && name !== MAIN);
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(DIST, name), 'utf8')]));
}

/** Throws when the bundle is missing or older than the newest file under `src/`, for it would then test the past. */
export function assertBuiltGateIsFresh(): void {
  const builtAt = bundleStats().mtimeMs;
  const newer = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).find(
    (file) => changedAt(join(SOURCES, file)) > builtAt,
  );
  if (newer !== undefined)
    throw new Error(`dist/worker.js is older than src/${newer}: run npm run build first`);
}

function bundleStats(): Stats {
  const stats = statSync(BUNDLE, { throwIfNoEntry: false });
  if (stats === undefined) throw new Error('dist/worker.js is missing: run npm run build first');
  return stats;
}

/** Folders do not count: theirs changes when an editor leaves a swap file. */
function changedAt(path: string): number {
  const stats = statSync(path);
  return stats.isFile() ? stats.mtimeMs : 0;
}

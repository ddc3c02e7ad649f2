import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from './repository.ts';

const BUNDLE = inRepository('dist/worker.js');
const SOURCES = inRepository('src');

/** The gate's bundle exactly as the build wrote it. Throws when there is none. */
export function readBuiltGate(): string {
  bundleStats();
  return readFileSync(BUNDLE, 'utf8');
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

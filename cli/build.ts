/**
 * Bundles the Worker into dist/: `worker.js`, the module that the platform calls, `postern.js`, all that it needs to start,
 * and beside them what it loads on demand: a module for each dynamic `import()`, and what only some of those share.
 * wrangler runs this before it deploys or serves the Worker (`[build]`), and uploads the modules as they are. Fails when
 * they have grown too large.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type OutputChunk, type OutputOptions, rolldown } from 'rolldown';

const ROOT = resolve(import.meta.dirname, '..');
const DIST = resolve(ROOT, 'dist');
const MAX_MAIN_KIB = 110;
/** No deployment loads them all. */
const MAX_ON_DEMAND_KIB = 120;

const bundle = await rolldown({
  cwd: ROOT,
  input: { worker: 'src/worker.ts' },
  platform: 'neutral',
  resolve: {
    conditionNames: ['workerd', 'worker', 'browser', 'import', 'default'],
    mainFields: ['module', 'main'],
  },
  transform: { target: 'es2024' },
  external: [/^cloudflare:/, /^node:/],
});
const needed = modulesOf(startOf(await generate({})));
// By itself the bundler would put what `worker.js` shares with each module into one more module, which a start needs too.
const postern = { name: 'postern', test: (id: string) => needed.has(id) };
const chunks = await generate({ codeSplitting: { groups: [postern] } });
await bundle.close();

write(chunks);
const start = startOf(chunks);
const onDemand = chunks.filter((chunk) => !start.includes(chunk));
report('main module', start, MAX_MAIN_KIB);
report('loaded on demand', onDemand, MAX_ON_DEMAND_KIB);

async function generate(options: OutputOptions): Promise<OutputChunk[]> {
  const { output } = await bundle.generate({
    dir: DIST,
    format: 'esm',
    minify: true,
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    ...options,
  });
  return output.filter((file) => file.type === 'chunk');
}

/** Returns the chunks that are evaluated at the start: the entry, and what it imports. */
function startOf(all: readonly OutputChunk[]): OutputChunk[] {
  const found = new Set(all.filter(({ isEntry }) => isEntry));
  // A set yields what is added while it is walked.
  for (const { imports } of found) {
    for (const chunk of all) if (imports.includes(chunk.fileName)) found.add(chunk);
  }
  return [...found];
}

/** Returns the sources of chunks, without the entry's own: its exports are the platform's. */
function modulesOf(some: readonly OutputChunk[]): Set<string> {
  const entries = new Set(some.map(({ facadeModuleId, isEntry }) => isEntry && facadeModuleId));
  return new Set(some.flatMap(({ moduleIds }) => moduleIds).filter((id) => !entries.has(id)));
}

function write(all: readonly OutputChunk[]): void {
  mkdirSync(DIST, { recursive: true });
  const names = new Set(all.flatMap(({ fileName }) => [fileName, `${fileName}.map`]));
  const isOld = (name: string) => /\.js(?:\.map)?$/.test(name) && !names.has(name);
  // wrangler would upload the modules of an earlier build too.
  for (const name of readdirSync(DIST).filter(isOld)) rmSync(resolve(DIST, name));
  for (const { fileName, code, map } of all) {
    replace(fileName, code);
    replace(`${fileName}.map`, map?.toString() ?? '');
  }
}

/** Writes a file at once: another program may read the modules, or build them, at the same time. */
function replace(name: string, contents: string): void {
  const unfinished = resolve(DIST, `${name}.${process.pid}`);
  writeFileSync(unfinished, contents);
  renameSync(unfinished, resolve(DIST, name));
}

function report(what: string, some: readonly OutputChunk[], maxKib: number): void {
  const names = some.map(({ fileName }) => fileName);
  const sizes = some.map(({ code }) => gzipSync(code).byteLength);
  const kib = sizes.reduce((total, size) => total + size, 0) / 1024;
  // Not to stdout, which belongs to the program that uses the bundle: npm run -s bench -- --json | jq
  console.error(`${what} (${names.join(', ')}): ${kib.toFixed(1)} KiB gzipped (at most ${maxKib})`);
  if (kib > maxKib) process.exitCode = 1;
}

/**
 * Bundles the Worker into dist/: the main module `worker.js`, and beside it one module for each dynamic `import()`, which
 * the Worker loads on demand. wrangler runs this before it deploys or serves the Worker (`[build]`), and uploads the
 * modules as they are. Fails when they have grown too large.
 */
import { readFileSync } from 'node:fs';
import { parse, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');
const MAX_MAIN_KIB = 110;
/** No deployment loads them all. */
const MAX_ON_DEMAND_KIB = 160;

const onDemand = new Set<string>();
await bundle('src/worker.ts', separateModules(onDemand));
// A module loaded on demand may load another: a set yields what is added while it is walked.
for (const source of onDemand) await bundle(source, separateModules(onDemand));

const modules = [...onDemand].map((source) => `${parse(source).name}.js`);
report('main module', ['worker.js'], MAX_MAIN_KIB);
report('loaded on demand', modules, MAX_ON_DEMAND_KIB);

/** As wrangler itself bundles a Worker. */
async function bundle(entryPoint: string, plugin: Plugin): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entryPoint],
    outdir: 'dist',
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    plugins: [plugin],
    logLevel: 'warning',
  });
}

/**
 * Leaves dynamic imports out of the bundle and adds their sources to `found`. esbuild's own splitting would put what two
 * modules share into a third, which every start would have to load too.
 */
function separateModules(found: Set<string>): Plugin {
  return {
    name: 'separate-modules',
    setup({ onResolve }) {
      onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        found.add(resolve(resolveDir, path));
        return { path: `./${parse(path).name}.js`, external: true };
      });
    },
  };
}

function report(what: string, files: readonly string[], maxKib: number): void {
  const sizes = files.map((file) => gzipSync(readFileSync(resolve(ROOT, 'dist', file))).byteLength);
  const kib = sizes.reduce((total, size) => total + size, 0) / 1024;
  // Not to stdout, which belongs to the program that uses the bundle: npm run -s bench -- --json | jq
  console.error(`${what} (${files.join(', ')}): ${kib.toFixed(1)} KiB gzipped (at most ${maxKib})`);
  if (kib > maxKib) process.exitCode = 1;
}

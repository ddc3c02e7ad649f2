/**
 * Builds the package that `npm pack` makes, into dist/package/: a module with a source map for each entry, what they share
 * and what they load on demand, and the types of their exports in types/. The Worker that is deployed is built by
 * `build.ts`.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');
const TARGET = join(ROOT, 'dist/package');
/** The source of each entry. `package.json` names the entries in its `exports`. */
const ENTRIES = {
  postern: 'src/package/postern.ts',
  hono: 'src/package/hono.ts',
  origin: 'src/package/origin.ts',
  testing: 'src/package/testing.ts',
};

/** Its line stays, so that no other line has another number. */
const COMMENT_LINE = /^[ \t]*(?:\/\/|\/\*\*|\*[ /]|\*$).*$/gm;

rmSync(TARGET, { recursive: true, force: true });
await buildModules();
shortenSourceMaps();
await buildProgram();
buildTypes();

/** The packages in `dependencies` stay imports. The modules contain what they use of the others. */
async function buildModules(): Promise<void> {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  await build({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    outdir: TARGET,
    bundle: true,
    splitting: true,
    minifyWhitespace: true,
    chunkNames: '[name]-[hash]',
    sourcemap: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker'],
    external: ['cloudflare:*', 'node:*', ...Object.keys(dependencies)],
    logLevel: 'warning',
  });
}

/**
 * Leaves the text of other packages out of the source maps, and the text of lines that are comments. Together they would
 * be a third of what users install.
 */
function shortenSourceMaps(): void {
  for (const name of readdirSync(TARGET).filter((each) => each.endsWith('.map'))) {
    const map: { readonly sources: string[]; readonly sourcesContent: (string | null)[] } =
      JSON.parse(readFileSync(join(TARGET, name), 'utf8'));
    const sourcesContent = map.sourcesContent.map((text, index) =>
      map.sources[index]?.includes('node_modules/') ? null : text?.replace(COMMENT_LINE, ''),
    );
    writeFileSync(join(TARGET, name), JSON.stringify({ ...map, sourcesContent }));
  }
}

/** The program that makes a project from a template. It runs in the Node of its user. */
async function buildProgram(): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['cli/create-postern.ts'],
    outdir: TARGET,
    bundle: true,
    format: 'esm',
    target: 'node20.11',
    platform: 'node',
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  });
  chmodSync(join(TARGET, 'create-postern.js'), 0o755);
}

/** Keeps the declarations that the entries reach. The compiler leaves `.ts` in their imports. */
function buildTypes(): void {
  const all = mkdtempSync(join(tmpdir(), 'postern-types-'));
  try {
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    execFileSync(tsc, ['-p', join(ROOT, 'tsconfig.package.json'), '--outDir', all]);
    const reached = new Set(Object.values(ENTRIES).map((source) => source.replace(/^src\//, '')));
    // A set yields what is added while it is walked.
    for (const source of reached) {
      const name = source.replace(/\.ts$/, '.d.ts');
      const text = readFileSync(join(all, name), 'utf8');
      const imports = /(?<= from '|import\(')(\.[^']+)\.ts(?=')/g;
      for (const [, path] of text.matchAll(imports)) {
        reached.add(join(dirname(source), `${path}.ts`));
      }
      mkdirSync(dirname(join(TARGET, 'types', name)), { recursive: true });
      writeFileSync(join(TARGET, 'types', name), text.replace(imports, '$1.js'));
    }
  } finally {
    rmSync(all, { recursive: true });
  }
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { inRepository } from '../../support/repository.ts';

/** A change of one source file that breaks it. */
export interface Breakage {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Builds a module with some sources broken, and loads it. Throws when a source does not hold the text that is to be
 * replaced, exactly once: then the breakage would be none.
 */
export async function loadBroken<Module>(
  entry: string,
  breakages: readonly Breakage[],
): Promise<Module> {
  const { outputFiles } = await build({
    entryPoints: [inRepository(entry)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'esnext',
    logLevel: 'silent',
    plugins: [breaking(breakages)],
  });
  const folder = mkdtempSync(join(tmpdir(), 'broken-'));
  const path = join(folder, 'module.mjs');
  try {
    writeFileSync(path, outputFiles[0]?.text ?? '');
    // The entry is a module of this repository: the caller names the shape it has.
    return (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Module;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function breaking(breakages: readonly Breakage[]): Plugin {
  return {
    name: 'breaking',
    setup({ onLoad }) {
      for (const { file } of breakages) {
        onLoad({ filter: new RegExp(`${file.replaceAll(/[.]/g, '\\.')}$`) }, ({ path }) => ({
          contents: breakages
            .filter((breakage) => breakage.file === file)
            .reduce((text, breakage) => broken(text, breakage), readFileSync(path, 'utf8')),
          loader: 'ts',
        }));
      }
    },
  };
}

function broken(text: string, { file, from, to }: Breakage): string {
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold once: ${from}`);
  return text.replace(from, to);
}

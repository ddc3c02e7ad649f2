import { type BuildOptions, build } from 'esbuild';
import { inRepository } from './repository.ts';

const bundles = new Map<string, Promise<string>>();

/**
 * The text of one ES module holding a Worker and everything it imports, runtime modules excepted.
 * Bundled once per process. Rejects with esbuild's message when an import cannot be resolved. `nodePaths`: folders with packages
 * that the repository does not have.
 */
export function bundleWorker(entryPath: string, nodePaths: string[] = []): Promise<string> {
  const bundled = bundles.get(entryPath) ?? bundle({ entryPoints: [entryPath], nodePaths });
  bundles.set(entryPath, bundled);
  return bundled;
}

/** The same for a text of TypeScript, as if it were a file at the top of the repository. `postern` is the source. */
export function bundleText(contents: string): Promise<string> {
  return bundle({ stdin: { contents, loader: 'ts', resolveDir: inRepository('.') } });
}

async function bundle(
  entry: Pick<BuildOptions, 'entryPoints' | 'stdin' | 'nodePaths'>,
): Promise<string> {
  const { outputFiles } = await build({
    ...entry,
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    alias: { postern: inRepository('src/worker.ts') },
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    logLevel: 'silent',
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error('esbuild wrote nothing');
  return output.text;
}

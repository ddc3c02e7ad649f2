import { build } from 'esbuild';

const bundles = new Map<string, Promise<string>>();

/**
 * The text of one ES module holding a Worker and everything it imports, runtime modules excepted.
 * Bundled once per process. Rejects with esbuild's message when an import cannot be resolved.
 */
export function bundleWorker(entryPath: string): Promise<string> {
  const bundled = bundles.get(entryPath) ?? bundle(entryPath);
  bundles.set(entryPath, bundled);
  return bundled;
}

async function bundle(entryPath: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entryPath],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    logLevel: 'silent',
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`esbuild wrote nothing for ${entryPath}`);
  return output.text;
}

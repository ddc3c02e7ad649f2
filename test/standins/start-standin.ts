import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { bundleWorker } from '../support/bundle-worker.ts';
import { inRepository } from '../support/repository.ts';

/** A stand-in served over real HTTP on a port of its own. */
export interface RunningStandin {
  /** Without a slash at the end. */
  origin: string;
  stop(): Promise<void>;
}

/** Bundles and starts `standins/<name>`, with the compatibility date of its wrangler.toml. */
export async function startStandin(name: 'kratos' | 'origin' | 'keycard'): Promise<RunningStandin> {
  const contents = await bundleWorker(inRepository(`standins/${name}/src/worker.ts`));
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      workers: [
        {
          name,
          modulesRoot: '/',
          modules: [{ type: 'ESModule', path: '/worker.js', contents }],
          compatibilityDate: '2026-10-20',
        },
      ],
    }),
  );
  const { origin } = await runtime.ready;
  return { origin, stop: () => runtime.dispose() };
}

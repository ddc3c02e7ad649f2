/** Describes Workers to Miniflare. Pure: no I/O, no clock. */
import type { WorkerOptions } from 'miniflare';

/** A value a `[vars]` table can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

/** One binding as Miniflare's configuration names it. */
export type Binding = NonNullable<WorkerOptions['config']['env']>[string];

/** `[assets]` in Miniflare's words. */
export type AssetOptions = NonNullable<WorkerOptions['config']['assets']>;

/** A Worker of the test runtime. */
export interface RuntimeWorker {
  readonly name: string;
  /** The Worker's main module, run as it is. */
  readonly script: string;
  /** Modules that it may import: text by name. */
  readonly modules?: Readonly<Record<string, string>>;
  /** {@link MOVABLE_CLOCK}, bundled. */
  readonly clockScript: string;
  readonly env?: Readonly<Record<string, Binding>>;
  /** Classes of Durable Objects, with SQLite, that live in this Worker. */
  readonly durableObjectClasses?: readonly string[];
  /** Static assets of this Worker, as `[assets]` of a wrangler file has them. */
  readonly assets?: AssetOptions | undefined;
  /** Whether the Cache API keeps anything. @default true */
  readonly hasCache?: boolean;
  /** @default a free port */
  readonly port?: number;
  /** Prefixes what this Worker writes to its console. */
  readonly consoleTag?: string;
}

/** The path of the module that every Worker is started with. */
export const MOVABLE_CLOCK = 'test/support/movable-clock/worker.ts';

/** The entrypoint that module adds. */
export const CLOCK_ENTRYPOINT = 'TestClock';

/** The compatibility date of the gate's own configuration. */
const COMPATIBILITY_DATE = '2026-10-20';
const HOST = '127.0.0.1';

/**
 * Options for a Worker whose `default` entrypoint is the script's own, untouched, and whose clock
 * has a socket of its own. Both sockets lead straight into the isolate, so a raw request target
 * arrives as workerd reads it and not as Miniflare's entry proxy would write it.
 */
export function workerOptions(worker: RuntimeWorker): WorkerOptions {
  const classes = worker.durableObjectClasses ?? [];
  return {
    config: {
      name: worker.name,
      compatibilityDate: COMPATIBILITY_DATE,
      manifest: {
        mainModule: 'entry.js',
        modulesRoot: '/',
        modules: {
          ...Object.fromEntries(
            Object.entries(worker.modules ?? {}).map(
              ([name, contents]) => [name, { type: 'esm', contents }] as const,
            ),
          ),
          'entry.js': { type: 'esm', contents: entryModule(worker.consoleTag) },
          'movable-clock.js': { type: 'esm', contents: worker.clockScript },
          'worker.js': { type: 'esm', contents: worker.script },
        },
      },
      env: { ...worker.env },
      ...(worker.assets !== undefined && { assets: worker.assets }),
      exports: Object.fromEntries(
        classes.map((name) => [name, { type: 'durable-object', storage: 'sqlite' }] as const),
      ),
    },
    dev: {
      unsafeDirectSockets: [
        { host: HOST, port: worker.port ?? 0 },
        { host: HOST, port: 0, entrypoint: CLOCK_ENTRYPOINT },
      ],
      ...(worker.hasCache === false && { cacheAPI: false }),
      // The stand-ins shall see what the gate really sent.
      stripCfConnectingIp: false,
    },
  };
}

/** A variable, text or JSON, as `[vars]` makes it. */
export function variable(value: Json): Binding {
  if (typeof value === 'string') return { type: 'text', value };
  return { type: 'json', value: JSON.parse(JSON.stringify(value)) };
}

/** The clock is named first, so that it is in place when the Worker's own module scope runs. */
function entryModule(consoleTag: string | undefined): string {
  const tag =
    consoleTag === undefined
      ? ''
      : `import { tagConsole } from './movable-clock.js'; tagConsole(${JSON.stringify(consoleTag)});`;
  return `
    export { ${CLOCK_ENTRYPOINT} } from './movable-clock.js';
    export * from './worker.js';
    export { default } from './worker.js';
    ${tag}
  `;
}

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { unstable_readConfig as readWranglerConfig } from 'wrangler';
import type { AssetFiles } from './asset-problems.ts';

/** A wrangler file, and one environment in it. */
export interface WranglerFile {
  readonly config: string;
  readonly env?: string | undefined;
}

/** The environment that a deployment of a wrangler file would give to the Worker, without secrets. */
export interface WranglerEnvironment {
  readonly file: ReturnType<typeof readWranglerConfig>;
  readonly bindings: readonly string[];
  /** Variables, and an empty object for each binding. */
  readonly environment: Readonly<Record<string, unknown>>;
}

/**
 * Reads a wrangler file by wrangler's own reader. Throws an error whose message begins with the file, and the line
 * where one is known: the file is not there, is not TOML, holds a wrong value, or has no such environment.
 */
export function readWranglerEnvironment({ config, env }: WranglerFile): WranglerEnvironment {
  const file = readFile({ config, env });
  const bindings = [
    ...file.kv_namespaces.map((namespace: { binding: string }) => namespace.binding),
    ...file.durable_objects.bindings.map((object: { name: string }) => object.name),
    ...(file.services ?? []).map((service: { binding: string }) => service.binding),
    ...file.analytics_engine_datasets.map((dataset: { binding: string }) => dataset.binding),
    ...(file.assets?.binding === undefined ? [] : [file.assets.binding]),
  ];
  const environment = { ...file.vars, ...Object.fromEntries(bindings.map((name) => [name, {}])) };
  return { file, bindings, environment };
}

function readFile({ config, env }: WranglerFile): WranglerEnvironment['file'] {
  // Wrangler takes the settings of no environment for one that is not there, and would deploy them by another name.
  if (env !== undefined && !(read(config).definedEnvironments ?? []).includes(env)) {
    throw new Error(
      `${config}: expected [env.${env}]; the file has no such environment. Check the spelling of --env.`,
    );
  }
  return read(config, env);
}

function read(config: string, env?: string): WranglerEnvironment['file'] {
  try {
    return readWranglerConfig({ config, ...(env !== undefined && { env }) });
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    throw new Error(`${config}${placeOf(error)}: ${message}`);
  }
}

/** Line and column, as wrangler's reader of TOML tells them. */
function placeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('location' in error)) return '';
  const { location } = error;
  if (typeof location !== 'object' || location === null) return '';
  return 'line' in location && 'column' in location ? `:${location.line}:${location.column}` : '';
}

/** Files that configure the static assets, and are not served. */
const NOT_SERVED = ['/_headers', '/_redirects', '/.assetsignore'];

/** Lists the static assets of a wrangler file; an empty list without `[assets]`. */
export function readAssetFiles(
  { file }: WranglerEnvironment,
  { config }: WranglerFile,
): AssetFiles {
  const { directory } = file.assets ?? {};
  if (directory === undefined) return { paths: [], redirects: '' };
  const folder = resolve(dirname(config), directory);
  if (!existsSync(folder)) return { paths: undefined, redirects: '' };
  const redirects = join(folder, '_redirects');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => `/${relative(folder, path).split(sep).join('/')}`)
    .filter((path) => !NOT_SERVED.includes(path));
  return { paths, redirects: existsSync(redirects) ? readFileSync(redirects, 'utf8') : '' };
}

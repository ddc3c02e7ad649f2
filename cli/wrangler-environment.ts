import { unstable_readConfig as readWranglerConfig } from 'wrangler';

/** Which part of which wrangler file. */
export interface WranglerFile {
  readonly config: string;
  readonly env?: string | undefined;
}

/** What a deployment of a wrangler file would hand the Worker, as far as the file says. */
export interface WranglerEnvironment {
  readonly file: ReturnType<typeof readWranglerConfig>;
  readonly bindings: readonly string[];
  /** Variables, and an empty object for each binding. */
  readonly environment: Readonly<Record<string, unknown>>;
}

/** Reads a wrangler file by wrangler's own reader. Throws what that throws: a file that is not there, or not TOML. */
export function readWranglerEnvironment({ config, env }: WranglerFile): WranglerEnvironment {
  const file = readWranglerConfig({ config, ...(env !== undefined && { env }) });
  const bindings = [
    ...file.kv_namespaces.map((namespace: { binding: string }) => namespace.binding),
    ...file.durable_objects.bindings.map((object: { name: string }) => object.name),
    ...(file.services ?? []).map((service: { binding: string }) => service.binding),
    ...file.analytics_engine_datasets.map((dataset: { binding: string }) => dataset.binding),
  ];
  const environment = { ...file.vars, ...Object.fromEntries(bindings.map((name) => [name, {}])) };
  return { file, bindings, environment };
}

import type { PosternSettings } from './settings.ts';

/** A service binding, or an object in its place. */
export interface ServiceBinding {
  fetch(request: Request): Promise<Response>;
}

/** Bindings that code gives (docs/configuration.md, Bindings). Those of the platform have its types. */
export interface PosternBindings {
  /** The KV namespace with the sealed sessions that isolates share. */
  readonly SESSIONS?: object | undefined;
  /** The Durable Object with the revocation log, class `RevocationLog`. */
  readonly REVOCATIONS?: object | undefined;
  /**
   * Hyperdrive of Kratos's database. The log's object looks for it in the environment, by a name that ends in
   * `KRATOS_DB`. The environment may have only one binding of such a name.
   */
  readonly KRATOS_DB?: object | undefined;
  /** Forwards requests to Kratos. */
  readonly KRATOS?: ServiceBinding | undefined;
  /** Forwards requests to Kratos's admin API. */
  readonly KRATOS_ADMIN?: ServiceBinding | undefined;
  /** Forwards requests to Keycard's API. */
  readonly KEYCARD?: ServiceBinding | undefined;
  /** The Analytics Engine dataset with one data point for each decision. */
  readonly METRICS?: object | undefined;
}

/** The name of a setting or binding. */
export type PosternName = keyof PosternSettings | keyof PosternBindings | 'ORIGIN';

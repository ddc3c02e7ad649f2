/** Descriptions of the gateway that a test needs, and the addresses of everything around it. */
import type { AssetOptions, Binding, Json } from './runtime-worker.ts';

/** Connection from the gate to a stand-in: through a service binding, or by URL over a real socket. */
export type Reach = 'binding' | 'http';

export type Vars = Readonly<Record<string, Json | undefined>>;

/** Addresses of the gate's first isolate and the stand-ins over real sockets, without a slash at the end. */
export type Addresses = Readonly<Record<Exclude<keyof Ports, 'gates'> | 'gate', string>>;

/** A server of the test's own, such as `startNodeOrigin()`. */
export interface Server {
  /** Without a slash at the end. */
  readonly url: string;
}

/** Options of the gate's start. */
export interface StartGateOptions {
  /** Variables over the defaults, or a function of all addresses; `undefined` removes a default. */
  readonly vars?: Vars | ((addresses: Addresses) => Vars);
  /** @default 'binding' */
  readonly services?: Reach | { readonly kratos: Reach; readonly origin: Reach };
  /** A server of the test that the gate calls in place of the Kratos stand-in, over a real socket. */
  readonly kratos?: Server;
  /** A server of the test that the gate calls in place of the site's stand-in, over a real socket. */
  readonly origin?: Server;
  /** `memory` is Miniflare's namespace, `faulty` ours (also for counting), `none` no binding. @default 'memory' */
  readonly kv?: 'memory' | 'faulty' | 'none';
  /**
   * The cache of the data centre (Cache API). All isolates of one gate share it; another gate is another data centre.
   * `none` keeps nothing, as on workers.dev. @default 'none'
   */
  readonly location?: 'cache' | 'none';
  /**
   * `faulty` puts ours in front of the gate's own revocation log; a URL, the `logUrl` of another running gate with a
   * faulty log, shares that one's. @default 'real'
   */
  readonly log?: 'real' | 'faulty' | { readonly url: string };
  /** Isolates of the gate that share KV, Durable Objects and stand-ins. @default 1 */
  readonly isolates?: number;
  /**
   * Durable Object bindings: name of the binding → name of the class the bundle exports.
   * @default the revocation log for the built bundle, an empty record for a `gateScript`
   */
  readonly durableObjects?: Readonly<Record<string, string>>;
  /** Further bindings of the gate, in Miniflare's words. */
  readonly bindings?: Readonly<Record<string, Binding>>;
  /** Static assets in the gate's own Worker. */
  readonly assets?: AssetOptions;
  /** A module in place of the built bundle. */
  readonly gateScript?: string;
  /** Modules beside the gate's main one. @default all built modules; an empty list for a `gateScript` */
  readonly gateModules?: Readonly<Record<string, string>>;
  /** A module in place of `standins/kratos`. */
  readonly kratosScript?: string;
  /** A module in place of `standins/origin`. */
  readonly originScript?: string;
}

/** The ports, which are chosen before the start because the gate's variables name them. */
export interface Ports {
  readonly kratos: number;
  readonly origin: number;
  readonly keycard: number;
  readonly gates: readonly number[];
}

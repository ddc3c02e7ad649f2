import { Miniflare, type WorkerOptions } from 'miniflare';
import { readBuiltGate, readBuiltModules } from './built-gate.ts';
import { bundleWorker } from './bundle-worker.ts';
import { ConsoleCapture } from './console-capture.ts';
import type { LogFaults } from './faulty-log/settings.ts';
import { freePorts } from './free-port.ts';
import { faultyKv, type KvHandle, memoryKv, noKv } from './kv-handle.ts';
import { inRepository } from './repository.ts';
import {
  type AssetOptions,
  type Binding,
  CLOCK_ENTRYPOINT,
  type Json,
  MOVABLE_CLOCK,
  type RuntimeWorker,
  variable,
  workerOptions,
} from './runtime-worker.ts';
import {
  type KeycardHandle,
  type KratosHandle,
  keycardHandle,
  kratosHandle,
  type OriginHandle,
  originHandle,
} from './standin-control.ts';
import { createTestClock, markConsole, type TestClock } from './test-clock.ts';

/** How the gate reaches a stand-in: through a service binding, or by URL over a real socket. */
export type Reach = 'binding' | 'http';

export type Vars = Readonly<Record<string, Json | undefined>>;

/** Where the gate's first isolate and the stand-ins are reached over real sockets, without a slash at the end. */
export type Addresses = Readonly<Record<Exclude<keyof Ports, 'gates'> | 'gate', string>>;

/** How to start the gate. */
export interface StartGateOptions {
  /** Variables over the defaults, or made from everybody's addresses; `undefined` removes a default. */
  readonly vars?: Vars | ((addresses: Addresses) => Vars);
  /** @default 'binding' */
  readonly services?: Reach | { readonly kratos: Reach; readonly origin: Reach };
  /** `memory` is Miniflare's namespace, `faulty` ours (also for counting), `none` no binding. @default 'memory' */
  readonly kv?: 'memory' | 'faulty' | 'none';
  /**
   * `faulty` puts ours in front of the gate's own revocation log; a URL, the `logUrl` of another running gate with a
   * faulty log, shares that one's. @default 'real'
   */
  readonly log?: 'real' | 'faulty' | { readonly url: string };
  /** Isolates of the gate that share KV, Durable Objects and stand-ins. @default 1 */
  readonly isolates?: number;
  /**
   * Durable Object bindings: name of the binding → name of the class the bundle exports.
   * @default the revocation log for the built bundle, none for a `gateScript`
   */
  readonly durableObjects?: Readonly<Record<string, string>>;
  /** Further bindings of the gate, in Miniflare's words. */
  readonly bindings?: Readonly<Record<string, Binding>>;
  /** Static assets in the gate's own Worker. */
  readonly assets?: AssetOptions;
  /** A module in place of the built bundle. */
  readonly gateScript?: string;
  /** Modules beside the gate's main one. @default all that were built; none for a `gateScript` */
  readonly gateModules?: Readonly<Record<string, string>>;
  /** A module in place of `standins/kratos`. */
  readonly kratosScript?: string;
  /** A module in place of `standins/origin`. */
  readonly originScript?: string;
}

/** A socket that leads straight into one isolate of the gate. */
export interface GateSocket {
  readonly url: string;
  readonly port: number;
}

/** A running gate with everything around it. `await using` disposes of it. */
export interface RunningGate extends GateSocket, AsyncDisposable {
  /** All isolates; the first is the one `url` and `port` name. */
  readonly gates: readonly GateSocket[];
  readonly kratos: KratosHandle;
  readonly origin: OriginHandle;
  /** A Keycard zone, always reached by URL: its issuer is `keycard.url` of the address given to `vars`. */
  readonly keycard: KeycardHandle;
  readonly kv: KvHandle;
  /** The control of the faulty log. */
  readonly logUrl: string | undefined;
  /** Replaces the faults of the faulty log; `{}` heals it. */
  setLogFaults(faults: LogFaults): Promise<void>;
  /** Moves the gate, the stand-ins and the faulty KV together. */
  readonly clock: TestClock;
  /** What the gate's isolates have written to the console until now, uncaught exceptions included. */
  logs(): Promise<string[]>;
  clearLogs(): void;
  dispose(): Promise<void>;
}

/** Variables a gate starts with, before those of its reach. */
const DEFAULT_VARS: Readonly<Record<string, Json>> = { PUBLIC_URL: 'https://app.example.test' };
const BOUND_URLS = { kratos: 'https://kratos.example.test', origin: 'https://origin.example.test' };
const STANDIN_TAG = '[stand-in]';
const NAMESPACE: Binding = { type: 'kv', id: 'sessions' };
const KV_WORKERS = {
  memory: 'test/support/memory-kv/worker.ts',
  faulty: 'test/support/faulty-kv/worker.ts',
};
const START_ATTEMPTS = 5;

/** Ports must be known before the start, for the gate's variables name them. */
interface Ports {
  readonly kratos: number;
  readonly origin: number;
  readonly keycard: number;
  readonly gates: readonly number[];
}

/**
 * Starts the built bundle, unmodified, in workerd, with stand-ins around it. Requests go to
 * 127.0.0.1 at `port`, with the `Host` of `PUBLIC_URL`. Rejects when the bundle is missing or workerd refuses it.
 */
export async function startGate(options: StartGateOptions = {}): Promise<RunningGate> {
  const capture = new ConsoleCapture(STANDIN_TAG);
  const scripts = await loadScripts(options);
  const workers = (ports: Ports) => runtimeWorkers(options, scripts, ports);
  const isolates = gateNames(options).length;
  const miniflare = await startRuntime(capture, { workers, isolates });
  return describe(miniflare, capture, options);
}

interface Scripts {
  readonly gate: string;
  readonly gateModules: Readonly<Record<string, string>>;
  readonly kratos: string;
  readonly origin: string;
  readonly keycard: string;
  readonly clock: string;
  /** The namespace's control; absent without a namespace. */
  readonly kv: string | undefined;
  /** The faulty log; absent where the gate has its own. */
  readonly log: string | undefined;
}

async function loadScripts({ kv = 'memory', ...options }: StartGateOptions): Promise<Scripts> {
  const bundled = (path: string) => bundleWorker(inRepository(path));
  const [kratos, origin, keycard, clock, namespace, log] = await Promise.all([
    options.kratosScript ?? bundled('standins/kratos/src/worker.ts'),
    options.originScript ?? bundled('standins/origin/src/worker.ts'),
    bundled('standins/keycard/src/worker.ts'),
    bundled(MOVABLE_CLOCK),
    kv === 'none' ? undefined : bundled(KV_WORKERS[kv]),
    hasFaultyLog(options) ? bundled('test/support/faulty-log/worker.ts') : undefined,
  ]);
  const gate = options.gateScript ?? readBuiltGate();
  const gateModules =
    options.gateModules ?? (options.gateScript === undefined ? readBuiltModules() : {});
  return { gate, gateModules, kratos, origin, keycard, clock, kv: namespace, log };
}

function runtimeWorkers(
  options: StartGateOptions,
  scripts: Scripts,
  ports: Ports,
): RuntimeWorker[] {
  const clockScript = scripts.clock;
  const standin = { clockScript, consoleTag: STANDIN_TAG };
  const gates = gateNames(options).map((name, index) => ({
    name,
    port: ports.gates[index] ?? 0,
    script: scripts.gate,
    modules: scripts.gateModules,
    clockScript,
    env: gateEnv(options, ports),
    assets: options.assets,
    durableObjectClasses: name === gateName(0) ? Object.values(durableObjects(options)) : [],
  }));
  const workers: RuntimeWorker[] = [
    ...gates,
    { ...standin, name: 'kratos', script: scripts.kratos, port: ports.kratos },
    { ...standin, name: 'origin', script: scripts.origin, port: ports.origin },
    { ...standin, name: 'keycard', script: scripts.keycard, port: ports.keycard },
  ];
  if (scripts.kv !== undefined) {
    const env = options.kv === 'faulty' ? {} : { SESSIONS: NAMESPACE };
    workers.push({ ...standin, name: 'kv', script: scripts.kv, env });
  }
  if (scripts.log !== undefined) {
    const env: RuntimeWorker['env'] =
      typeof options.log === 'object' ? { LOG_URL: variable(options.log.url) } : { LOG: ownLog() };
    const durableObjectClasses = ['FaultyLog'];
    workers.push({ ...standin, name: 'log', script: scripts.log, env, durableObjectClasses });
  }
  return workers;
}

function gateEnv(options: StartGateOptions, ports: Ports): Record<string, Binding> {
  const { kratos, origin } = reaches(options);
  const vars: Record<string, Json | undefined> = {
    ...DEFAULT_VARS,
    KRATOS_PUBLIC_URL: kratos === 'http' ? loopback(ports.kratos) : BOUND_URLS.kratos,
    ORIGIN_URL: origin === 'http' ? loopback(ports.origin) : BOUND_URLS.origin,
    ...varsOf(options, ports),
    HOSTS: hosts(options, ports),
  };
  const env: Record<string, Binding> = {};
  for (const [name, value] of Object.entries(vars))
    if (value !== undefined) env[name] = variable(value);
  for (const [name, exportName] of Object.entries(durableObjects(options)))
    env[name] = { type: 'durable-object', worker: gateName(0), exportName };
  if (hasFaultyLog(options)) {
    env.REVOCATIONS = { type: 'durable-object', worker: 'log', exportName: 'FaultyLog' };
  }
  if (kratos === 'binding') env.KRATOS = { type: 'worker', worker: 'kratos' };
  if (origin === 'binding') env.ORIGIN = { type: 'worker', worker: 'origin' };
  if (options.kv === 'faulty')
    env.SESSIONS = { type: 'worker', worker: 'kv', exportName: 'Namespace' };
  else if (options.kv !== 'none') env.SESSIONS = NAMESPACE;
  return { ...env, ...options.bindings };
}

function durableObjects({ durableObjects: given, gateScript }: StartGateOptions) {
  return given ?? (gateScript === undefined ? { REVOCATIONS: 'RevocationLog' } : {});
}

function hasFaultyLog({ log = 'real' }: StartGateOptions): boolean {
  return log !== 'real';
}

function ownLog(): Binding {
  return { type: 'durable-object', worker: gateName(0), exportName: 'RevocationLog' };
}

function varsOf({ vars = {} }: StartGateOptions, ports: Ports): Vars {
  if (typeof vars !== 'function') return vars;
  const { kratos, origin, keycard, gates } = ports;
  return vars({
    gate: loopback(gates[0] ?? 0),
    kratos: loopback(kratos),
    origin: loopback(origin),
    keycard: loopback(keycard),
  });
}

/** Clients that let nobody choose their Host reach a gate by its socket. */
function hosts(options: StartGateOptions, ports: Ports): Json {
  const own = ports.gates.flatMap((port) => [`127.0.0.1:${port}`, `localhost:${port}`]);
  const { HOSTS } = varsOf(options, ports);
  if (HOSTS === undefined) return own;
  return Array.isArray(HOSTS) ? [...HOSTS, ...own] : HOSTS;
}

function reaches({ services = 'binding' }: StartGateOptions): { kratos: Reach; origin: Reach } {
  return typeof services === 'string' ? { kratos: services, origin: services } : services;
}

/** Another process may take a free port before workerd does; then other ports are tried. */
async function startRuntime(
  capture: ConsoleCapture,
  { workers, isolates }: { workers: (ports: Ports) => RuntimeWorker[]; isolates: number },
  attempts = START_ATTEMPTS,
): Promise<Miniflare> {
  const [kratos = 0, origin = 0, keycard = 0, ...gates] = await freePorts(3 + isolates);
  const ports = { kratos, origin, keycard, gates };
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    cf: false,
    telemetry: { enabled: false },
    enableDevRegistry: false,
    logRequests: false,
    handleStructuredLogs: ({ message }: { message: string }) => capture.accept(message),
    workers: workers(ports).map(workerOptions) satisfies WorkerOptions[],
  });
  try {
    await miniflare.ready;
    return miniflare;
  } catch (error) {
    await miniflare.dispose();
    if (attempts > 1 && isAddressInUse(error))
      return startRuntime(capture, { workers, isolates }, attempts - 1);
    throw error;
  }
}

async function describe(
  miniflare: Miniflare,
  capture: ConsoleCapture,
  options: StartGateOptions,
): Promise<RunningGate> {
  const direct = async (name: string, entrypoint?: string) =>
    (await miniflare.unsafeGetDirectURL(name, entrypoint)).origin;
  const names = gateNames(options);
  const others = ['kratos', 'origin', 'keycard'];
  if (options.kv !== 'none') others.push('kv');
  if (hasFaultyLog(options)) others.push('log');
  const urls = await Promise.all(names.map((name) => direct(name)));
  const gates = urls.map((url) => ({ url, port: Number(new URL(url).port) }));
  const [first] = gates;
  if (first === undefined) throw new Error('isolates must be at least 1');
  const clocks = await Promise.all(
    [...names, ...others].map((name) => direct(name, CLOCK_ENTRYPOINT)),
  );
  const dispose = () => miniflare.dispose();
  const logUrl = hasFaultyLog(options) ? await direct('log') : undefined;
  return {
    ...first,
    gates,
    kratos: kratosHandle(await direct('kratos')),
    origin: originHandle(await direct('origin')),
    keycard: keycardHandle(await direct('keycard')),
    kv: await openKv(options, direct),
    logUrl,
    setLogFaults: logFaults(logUrl),
    clock: createTestClock(clocks),
    logs: () => capture.lines((mark) => markConsole(clocks[0] ?? '', mark)),
    clearLogs: () => capture.clear(),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

function logFaults(url: string | undefined): RunningGate['setLogFaults'] {
  return async (faults) => {
    if (url === undefined) throw new Error('start the gate with log: "faulty"');
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(faults) });
    if (!response.ok) throw new Error(`the faulty log answered ${response.status}`);
  };
}

async function openKv(
  { kv = 'memory' }: StartGateOptions,
  direct: (name: string) => Promise<string>,
): Promise<KvHandle> {
  if (kv === 'none') return noKv();
  const url = await direct('kv');
  return kv === 'faulty' ? faultyKv(url) : memoryKv(url);
}

function gateNames({ isolates = 1 }: StartGateOptions): string[] {
  return Array.from({ length: isolates }, (_, index) => gateName(index));
}

function gateName(index: number): string {
  return `gate-${index}`;
}

function loopback(port: number): string {
  return `http://127.0.0.1:${port}`;
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_ADDRESS_IN_USE';
}

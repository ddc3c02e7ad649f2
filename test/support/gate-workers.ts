/** Describes the Workers of a test gateway: the built bundle, and the stand-ins around it. */
import { readBuiltGate, readBuiltModules } from './built-gate.ts';
import { bundleWorker } from './bundle-worker.ts';
import { isInHono } from './composition.ts';
import type { Ports, Reach, StartGateOptions, Vars } from './gate-options.ts';
import { inRepository } from './repository.ts';
import {
  type Binding,
  type Json,
  MOVABLE_CLOCK,
  type RuntimeWorker,
  variable,
} from './runtime-worker.ts';

/** Variables a gate starts with, before those of its reach. */
const DEFAULT_VARS: Readonly<Record<string, Json>> = { PUBLIC_URL: 'https://app.example.test' };
/** A test need not use a session for ten minutes before KV has it. */
const WRITTEN_AT_ONCE = { KV_WRITE_AFTER_SECONDS: 0 };
/** A test that counts calls to the store sees none that chance made. */
const NONE_COMPARED = { VERIFY_SAMPLE: 0 };
const BOUND_URLS = { kratos: 'https://kratos.example.test', origin: 'https://origin.example.test' };
/** Prefixes what stand-ins write to the console. */
export const STANDIN_TAG = '[stand-in]';
const NAMESPACE: Binding = { type: 'kv', id: 'sessions' };
const HONO_GATE = 'test/support/hono-gate/worker.ts';
const KV_WORKERS = {
  memory: 'test/support/memory-kv/worker.ts',
  faulty: 'test/support/faulty-kv/worker.ts',
};

/** The modules of all Workers. */
export interface Scripts {
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

/** Reads the built bundle, and bundles the stand-ins. */
export async function loadScripts({
  kv = 'memory',
  ...options
}: StartGateOptions): Promise<Scripts> {
  const bundled = (path: string) => bundleWorker(inRepository(path));
  const [kratos, origin, keycard, clock, namespace, log] = await Promise.all([
    options.kratosScript ?? bundled('standins/kratos/src/worker.ts'),
    options.originScript ?? bundled('standins/origin/src/worker.ts'),
    bundled('standins/keycard/src/worker.ts'),
    bundled(MOVABLE_CLOCK),
    kv === 'none' ? undefined : bundled(KV_WORKERS[kv]),
    hasFaultyLog(options) ? bundled('test/support/faulty-log/worker.ts') : undefined,
  ]);
  // A test that brings modules is about the built Worker.
  const isComposed = isInHono() && options.gateModules === undefined;
  const isBuilt = options.gateScript === undefined && !isComposed;
  const composed = isComposed ? await bundled(HONO_GATE) : undefined;
  const gate = options.gateScript ?? composed ?? readBuiltGate();
  const gateModules = options.gateModules ?? (isBuilt ? readBuiltModules() : {});
  return { gate, gateModules, kratos, origin, keycard, clock, kv: namespace, log };
}

/** All Workers of a test gateway, at these ports. */
export function runtimeWorkers(
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
    hasCache: options.location === 'cache',
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
    ...(options.gateScript === undefined && options.kv !== 'none' && WRITTEN_AT_ONCE),
    ...(options.gateScript === undefined && NONE_COMPARED),
    KRATOS_PUBLIC_URL: kratos === 'http' ? loopback(ports.kratos) : BOUND_URLS.kratos,
    ORIGIN_URL: origin === 'http' ? loopback(ports.origin) : BOUND_URLS.origin,
    ...(options.kratos !== undefined && { KRATOS_PUBLIC_URL: options.kratos.url }),
    ...(options.origin !== undefined && { ORIGIN_URL: options.origin.url }),
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

/** Whether the gate writes to a log that fails on demand. */
export function hasFaultyLog({ log = 'real' }: StartGateOptions): boolean {
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

/** Clients that cannot set their Host reach a gate by its socket. */
function hosts(options: StartGateOptions, ports: Ports): Json {
  const own = ports.gates.flatMap((port) => [`127.0.0.1:${port}`, `localhost:${port}`]);
  const { HOSTS } = varsOf(options, ports);
  if (HOSTS === undefined) return own;
  return Array.isArray(HOSTS) ? [...HOSTS, ...own] : HOSTS;
}

function reaches({ services = 'binding', ...servers }: StartGateOptions) {
  const { kratos, origin } =
    typeof services === 'string' ? { kratos: services, origin: services } : services;
  return {
    kratos: servers.kratos === undefined ? kratos : 'http',
    origin: servers.origin === undefined ? origin : 'http',
  } satisfies Record<string, Reach>;
}

/** The name of each isolate, the first one first. */
export function gateNames({ isolates = 1 }: StartGateOptions): string[] {
  return Array.from({ length: isolates }, (_, index) => gateName(index));
}

function gateName(index: number): string {
  return `gate-${index}`;
}

function loopback(port: number): string {
  return `http://127.0.0.1:${port}`;
}

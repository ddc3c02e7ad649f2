/** Runs Workers in raw workerd, one socket each, without anything in between. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMicrosOf } from './process-cpu.ts';

/** A binding of a benched Worker: another service, a JSON value, or a namespace that a service keeps. */
export type BenchBinding =
  | { readonly service: string }
  | { readonly json: unknown }
  | { readonly durableObject: string }
  | { readonly kvNamespace: string };

export interface BenchWorker {
  readonly name: string;
  /** The text of an ES module. */
  readonly code: string;
  /** Modules that it may import: text by name. */
  readonly modules?: Readonly<Record<string, string>>;
  readonly bindings?: Readonly<Record<string, BenchBinding>>;
  /** Durable Object classes the module exports. */
  readonly durableObjects?: readonly string[];
  /** The Worker that answers whatever it fetches by URL. */
  readonly outbound?: string;
  /** The Worker that keeps what it puts into the Cache API. Without one every use of a cache fails. */
  readonly cacheOutbound?: string;
  /** Whether load is sent to it. */
  readonly isTarget: boolean;
  /** Named entrypoints of a target. Each gets a port, in `ports` as `name#entrypoint`. */
  readonly entrypoints?: readonly string[];
}

export interface RunningWorkerd {
  readonly pid: number;
  readonly ports: Readonly<Record<string, number>>;
  /** The inspector's address. Nothing listens there unless it was asked for. */
  readonly inspector: string;
  /** User and system CPU the process has used, in microseconds (resolution: 10 ms). */
  cpuMicros(): number;
  /** Resident memory, in bytes. */
  residentBytes(): number;
  /** Returns how the process ended, with the end of its stderr. Waits a moment for that; `undefined` if it still runs. */
  ended(): Promise<string | undefined>;
  stop(): Promise<void>;
}

const COMPATIBILITY_DATE = '2026-10-20';
/** Under Valgrind, on a busy machine, the start took 55 s. */
const START_TIMEOUT_MS = 180_000;
/** Under Valgrind a process that ends first writes where each thread was. */
const END_TIMEOUT_MS = 5000;
const MAX_COMPLAINT = 20_000;
/** The file descriptor of `--control-fd`. */
const CONTROL = 3;
/** The inspector's name among the sockets. No Worker has one that is empty. */
const INSPECTOR = '';

export interface StartOptions {
  /** Whether workerd has an inspector. */
  readonly isInspected?: boolean;
  /** Flags of V8, as `v8Flags` in workerd's configuration takes them. */
  readonly v8Flags?: readonly string[];
  /** A program that runs workerd, with its arguments. */
  readonly under?: readonly string[];
  /** Services outside of the process: ports of the loopback interface, by the names that bindings have for them. */
  readonly outside?: Readonly<Record<string, number>>;
}

export async function startWorkerd(
  workers: readonly BenchWorker[],
  { isInspected = false, v8Flags = [], under = [], outside = {} }: StartOptions = {},
): Promise<RunningWorkerd> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  for (const { name, code, modules = {} } of workers) {
    writeFileSync(join(folder, `${name}.js`), code);
    for (const [module, text] of Object.entries(modules))
      writeFileSync(join(folder, `${name}-${module}`), text);
  }
  const objects = join(folder, 'objects');
  mkdirSync(objects);
  writeFileSync(
    join(folder, 'config.capnp'),
    configuration(workers, { objects, outside, v8Flags }),
  );
  const serve = ['serve', join(folder, 'config.capnp'), `--control-fd=${CONTROL}`];
  if (isInspected) serve.push('--inspector-addr=127.0.0.1:0');
  const command = [...under, workerdBinary(), ...serve];
  const [program = '', ...rest] = command;
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-MAX_COMPLAINT);
  });
  const ended = async () => {
    await Promise.race([closed, sleep(END_TIMEOUT_MS, undefined, { ref: false })]);
    return endOf(child, complaint);
  };
  const sockets = workers.flatMap(socketNames);
  const ports = await listening(child, isInspected ? [...sockets, INSPECTOR] : sockets);
  if (ports === undefined)
    throw new Error(`workerd did not start. ${(await ended()) ?? complaint}`);
  const { pid } = child;
  if (pid === undefined) throw new Error('workerd has no process id');
  return {
    pid,
    ports,
    inspector: `127.0.0.1:${ports[INSPECTOR] ?? 0}`,
    cpuMicros: () => cpuMicrosOf(pid),
    residentBytes: () => residentBytes(pid),
    ended,
    stop: () => stop(child, folder),
  };
}

interface Surroundings {
  readonly objects: string;
  readonly outside: Readonly<Record<string, number>>;
  readonly v8Flags: readonly string[];
}

function configuration(
  workers: readonly BenchWorker[],
  { objects, outside, v8Flags }: Surroundings,
): string {
  const services = [
    ...workers.map(({ name }) => `(name = "${name}", worker = .${constant(name)})`),
    ...Object.entries(outside).map(
      ([name, port]) => `(name = "${name}", external = (address = "127.0.0.1:${port}", http = ()))`,
    ),
    `(name = "objects", disk = (path = "${objects}", writable = true))`,
  ];
  const sockets = workers.flatMap(socketNames).map((socket) => {
    const [name = '', entrypoint] = socket.split('#');
    const service =
      entrypoint === undefined ? `"${name}"` : `(name = "${name}", entrypoint = "${entrypoint}")`;
    // Port 0: the system chooses. A port that was chosen before may have been taken by another process meanwhile.
    return `(name = "${socket}", address = "127.0.0.1:0", http = (), service = ${service})`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ${JSON.stringify(v8Flags)},
  services = [ ${services.join(',\n    ')} ],
  sockets = [ ${sockets.join(',\n    ')} ] );
${workers.map(workerConstant).join('\n')}
`;
}

function socketNames({ name, isTarget, entrypoints = [] }: BenchWorker): string[] {
  return isTarget ? [name, ...entrypoints.map((entrypoint) => `${name}#${entrypoint}`)] : [];
}

function workerConstant({
  name,
  modules = {},
  bindings = {},
  durableObjects = [],
  outbound,
  cacheOutbound,
}: BenchWorker): string {
  const beside = Object.keys(modules).map(
    (module) => `, (name = "${module}", esModule = embed "${name}-${module}")`,
  );
  const lines = Object.entries(bindings).map(
    ([key, binding]) => `(name = "${key}", ${bound(binding)})`,
  );
  const namespaces = durableObjects.map(
    (className) =>
      `(className = "${className}", uniqueKey = "${name}-${className}", enableSql = true)`,
  );
  return `const ${constant(name)} :Workerd.Worker = (
  modules = [ (name = "worker.js", esModule = embed "${name}.js")${beside.join('')} ],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  bindings = [ ${lines.join(',\n    ')} ],${outbound === undefined ? '' : `\n  globalOutbound = "${outbound}",`}${cacheOutbound === undefined ? '' : `\n  cacheApiOutbound = "${cacheOutbound}",`}
  durableObjectNamespaces = [ ${namespaces.join(', ')} ],
  durableObjectStorage = (localDisk = "objects") );`;
}

function bound(binding: BenchBinding): string {
  if ('service' in binding) return `service = "${binding.service}"`;
  if ('kvNamespace' in binding) return `kvNamespace = "${binding.kvNamespace}"`;
  if ('durableObject' in binding) return `durableObjectNamespace = "${binding.durableObject}"`;
  return `json = ${JSON.stringify(JSON.stringify(binding.json))}`;
}

/** capnp names are camelCase. */
function constant(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function workerdBinary(): string {
  const architecture = process.arch === 'arm64' ? 'arm64' : '64';
  const platform = process.platform === 'darwin' ? 'darwin' : 'linux';
  return createRequire(createRequire(import.meta.url).resolve('workerd')).resolve(
    `@cloudflare/workerd-${platform}-${architecture}/bin/workerd`,
  );
}

/** A line of the control: `listen` of a socket, or `listen-inspector`. */
interface ListenMessage {
  readonly socket?: string;
  readonly port: number;
}

/**
 * Returns the ports of the sockets, by their names, when workerd listens at all of them: it writes them to its control.
 * `undefined`: it ended before, or took too long and was ended.
 */
async function listening(
  child: ChildProcess,
  sockets: readonly string[],
): Promise<Readonly<Record<string, number>> | undefined> {
  const control = child.stdio[CONTROL];
  if (!(control instanceof Readable)) throw new Error('workerd has no control');
  const ports = new Map<string, number>();
  const isReady = () => sockets.every((socket) => ports.has(socket));
  const deadline = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  for await (const line of createInterface({ input: control })) {
    const { socket = INSPECTOR, port } = JSON.parse(line) as ListenMessage; // by workerd
    ports.set(socket, port);
    if (isReady()) break;
  }
  clearTimeout(deadline);
  control.resume(); // what comes later is not read, and keeps nobody waiting
  return isReady() ? Object.fromEntries(ports) : undefined;
}

function residentBytes(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function endOf(child: ChildProcess, complaint: string): string | undefined {
  if (!hasEnded(child)) return undefined;
  const { exitCode, signalCode } = child;
  const end = signalCode === null ? `exit code ${exitCode}` : `signal ${signalCode}`;
  return `workerd ended with ${end}. It wrote:\n${complaint || '(nothing)'}`;
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (!hasEnded(child)) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
}

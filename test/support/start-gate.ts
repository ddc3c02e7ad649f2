import { Miniflare, type WorkerOptions } from 'miniflare';
import { ConsoleCapture } from './console-capture.ts';
import type { LogFaults } from './faulty-log/settings.ts';
import { freePorts } from './free-port.ts';
import type { Ports, StartGateOptions } from './gate-options.ts';
import {
  gateNames,
  hasFaultyLog,
  loadScripts,
  runtimeWorkers,
  STANDIN_TAG,
} from './gate-workers.ts';
import { faultyKv, type KvHandle, memoryKv, noKv } from './kv-handle.ts';
import { CLOCK_ENTRYPOINT, type RuntimeWorker, workerOptions } from './runtime-worker.ts';
import {
  type KeycardHandle,
  type KratosHandle,
  keycardHandle,
  kratosHandle,
  type OriginHandle,
  originHandle,
} from './standin-control.ts';
import { createTestClock, markConsole, type TestClock } from './test-clock.ts';

/** A socket that leads straight into one isolate of the gate. */
export interface GateSocket {
  readonly url: string;
  readonly port: number;
}

/** A running gate with everything around it. `await using` disposes of it. */
export interface RunningGate extends GateSocket, AsyncDisposable {
  /** All isolates; the first is the one `url` and `port` name. */
  readonly gates: readonly GateSocket[];
  /** The isolate at this index. Throws when the gate was started with fewer. */
  isolate(index: number): GateSocket;
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
  /** The console output of the gate's isolates until now, with uncaught exceptions. */
  logs(): Promise<string[]>;
  clearLogs(): void;
  /** The lines of {@link logs} about a fault in the gate itself. A healthy gate writes none. */
  bugs(): Promise<string[]>;
  /** Removes every fault that a test has set, and clears the records of calls. Sessions, keys, logs and the clock stay. */
  reset(): Promise<void>;
  dispose(): Promise<void>;
}

type ResettableHandles = Pick<RunningGate, 'kratos' | 'origin' | 'keycard' | 'kv' | 'setLogFaults'>;

const START_ATTEMPTS = 5;

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
    await miniflare.dispose().catch(() => {}); // it rejects with the failure of the start once more
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
  const handles = {
    kratos: kratosHandle(await direct('kratos')),
    origin: originHandle(await direct('origin')),
    keycard: keycardHandle(await direct('keycard')),
    kv: await openKv(options, direct),
    setLogFaults: logFaults(logUrl),
  };
  const logs = () => capture.lines((mark) => markConsole(clocks[0] ?? '', mark));
  return {
    ...first,
    ...handles,
    gates,
    isolate: (index) => isolateAt(gates, index),
    logUrl,
    clock: createTestClock(clocks),
    logs,
    clearLogs: () => capture.clear(),
    bugs: async () => (await logs()).filter((line) => /Uncaught|"bug"/.test(line)),
    reset: () => resetAll(handles, options),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

function isolateAt(gates: readonly GateSocket[], index: number): GateSocket {
  const gate = gates[index];
  if (gate === undefined) throw new Error(`start the gate with isolates: ${index + 1}`);
  return gate;
}

async function resetAll(
  { kratos, origin, keycard, kv, setLogFaults }: ResettableHandles,
  options: StartGateOptions,
): Promise<void> {
  await Promise.all([
    kratos.reset(),
    keycard.reset(),
    ...(options.kv === 'faulty' ? [kv.setMode({})] : []),
    ...(hasFaultyLog(options) ? [setLogFaults({})] : []),
  ]);
  await Promise.all([
    kratos.clearCalls(),
    origin.clearCalls(),
    keycard.clearCalls(),
    ...(options.kv === 'faulty' ? [kv.clearCalls()] : []),
  ]);
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

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_ADDRESS_IN_USE';
}

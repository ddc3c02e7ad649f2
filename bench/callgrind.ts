/** Instructions of workerd, counted by Valgrind's callgrind: other load on the machine does not change them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from './client.ts';
import { startGates } from './start-gates.ts';
import type { BenchWorker, RunningWorkerd } from './workerd.ts';

/** A running workerd whose instructions are counted, in its own code and in what V8 compiles; not the kernel's. */
export interface CountedWorkerd extends AsyncDisposable {
  readonly running: RunningWorkerd;
  /** Counts from now on. Before that workerd runs faster. */
  startCounting(): void;
  /** Returns the instructions of all threads while a Worker's work is done, and its young garbage is collected once. */
  count(worker: string, work: () => Promise<void>): Promise<number>;
}

export function hasCallgrind(): boolean {
  try {
    execFileSync('valgrind', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * V8's work is done when it is due, by the thread that needs it: so a run counts what another counts. V8's compilers are
 * the same.
 */
const V8_FLAGS = [
  '--single-threaded',
  '--invocation-count-for-turbofan=300', // of 3,000: what is hot is compiled before the first round
  '--no-flush-bytecode', // of a case that waits for its turn
  '--initial-old-space-size=512', // MiB: a full collection within a round discards compiled code
  '--min-semi-space-size=16', // MiB: young garbage is collected when a round ends, and not in some of them
  '--expose-gc',
];

/** An entrypoint beside those of a counted Worker, in the same isolate. */
const COLLECTOR = `
export * from './counted.js';
export { default } from './counted.js';
export const collector = {
  fetch() {
    gc({ type: 'minor' });
    return new Response();
  },
};`;

export async function startCounted(workers: readonly BenchWorker[]): Promise<CountedWorkerd> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-callgrind-'));
  const running = await startGates(workers.map(withCollector), {
    v8Flags: V8_FLAGS,
    under: [
      'valgrind',
      '--tool=callgrind',
      '--smc-check=all-non-file', // V8 compiles while it runs
      '--instr-atstart=no',
      `--callgrind-out-file=${join(folder, 'out')}`,
    ],
  });
  const control = (...command: string[]) =>
    execFileSync('callgrind_control', [...command, String(running.pid)], { stdio: 'pipe' });
  return {
    running,
    startCounting: () => void control('--instr=on'),
    async count(worker, work) {
      const port = running.ports[`${worker}#collector`] ?? 0;
      control('--zero');
      await work();
      const { status } = await ask({ port, path: '/' });
      if (status !== 200) throw new Error(`${worker}: its garbage was not collected`);
      control('--dump');
      return takeTotal(folder);
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function withCollector(worker: BenchWorker): BenchWorker {
  if (!worker.isTarget) return worker;
  const modules = { ...worker.modules, 'counted.js': worker.code };
  return { ...worker, code: COLLECTOR, modules, entrypoints: ['collector'] };
}

/** Reads and removes the dumped profile. Its line `totals:` has the instructions. */
function takeTotal(folder: string): number {
  const [dumped, ...others] = readdirSync(folder).filter((name) => /^out\.\d+$/.test(name));
  if (dumped === undefined || others.length > 0) throw new Error('callgrind dumped no one profile');
  const file = join(folder, dumped);
  const total = Number(/^totals: (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1]);
  rmSync(file);
  if (!(total > 0)) throw new Error('callgrind counted no instruction');
  return total;
}

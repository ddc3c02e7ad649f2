/** Instructions of workerd, counted by Valgrind's callgrind: other load on the machine does not change them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGates } from './start-gates.ts';
import type { BenchWorker, RunningWorkerd } from './workerd.ts';

/** A running workerd whose instructions are counted, in its own code and in what V8 compiles; not the kernel's. */
export interface CountedWorkerd extends AsyncDisposable {
  readonly running: RunningWorkerd;
  /** Counts from now on. Before that workerd runs faster. */
  startCounting(): void;
  /** Returns the instructions of all threads while the work is done. */
  count(work: () => Promise<void>): Promise<number>;
}

export function hasCallgrind(): boolean {
  try {
    execFileSync('valgrind', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export async function startCounted(workers: readonly BenchWorker[]): Promise<CountedWorkerd> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-callgrind-'));
  const running = await startGates(workers, {
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
    async count(work) {
      control('--zero');
      await work();
      control('--dump');
      return takeTotal(folder);
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      rmSync(folder, { recursive: true });
    },
  };
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

/** Puts the measured systems on a core of their own. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

export interface Cores {
  /** A program that starts another on the core of the measured systems, with its arguments; empty if nothing is pinned. */
  readonly under: readonly string[];
  readonly description: string;
}

/** Moves this process, and so what it starts from now on, to the second core, and leaves the first to the measured systems. */
export function divideCores(): Cores {
  if (availableParallelism() < 2) return { under: [], description: 'one core for all' };
  const moved = spawnSync('taskset', ['-acp', '1', String(process.pid)]);
  if (moved.status !== 0) {
    return { under: [], description: 'no core of its own: taskset is not installed' };
  }
  return {
    under: ['taskset', '-c', '0'],
    description: 'the system on one core, everything else on another',
  };
}

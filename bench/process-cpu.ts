/** Reads the CPU time of a process from Linux's /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** The fields of /proc/PID/stat that tell of CPU time and of descent. */
export interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of the process, and of its ended children that it has waited for. In clock ticks. */
  readonly ticks: number;
}

/** `getconf CLK_TCK` is 100 wherever Node runs on Linux. */
const MICROS_PER_TICK = 10_000;

/**
 * Reads a /proc/PID/stat, by proc(5): pid, the name in brackets, state, the parent's pid, …; fields 14 to 17 are times.
 * A name may have spaces and brackets, so that the fields are counted from the last bracket. Throws if it is no such file.
 */
export function readStat(text: string): ProcessTimes {
  const end = text.lastIndexOf(')');
  const fields = text
    .slice(end + 1)
    .trim()
    .split(' ')
    .map(Number);
  const [user, system, childrensUser, childrensSystem] = fields.slice(11, 15);
  const ticks = (user ?? 0) + (system ?? 0) + (childrensUser ?? 0) + (childrensSystem ?? 0);
  const read = { pid: Number.parseInt(text, 10), parent: fields[1] ?? Number.NaN, ticks };
  if (end < 0 || fields.length < 15 || Number.isNaN(read.pid + read.parent + read.ticks)) {
    throw new Error(`expected the fields of a /proc/PID/stat; got ${text.slice(0, 200)}`);
  }
  return read;
}

/** The ticks of a process and of all its living descendants. */
export function ticksOfTree(root: number, processes: readonly ProcessTimes[]): number {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const sum = (of: number): number =>
    (children.get(of) ?? []).reduce((ticks, child) => ticks + child.ticks + sum(child.pid), 0);
  return (processes.find(({ pid }) => pid === root)?.ticks ?? 0) + sum(root);
}

/** User and system CPU that a process and its children have used, all threads, in microseconds (resolution: 10 ms). */
export function cpuMicrosOf(pid: number): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ticksOfTree(pid, pids.flatMap(readIfThere)) * MICROS_PER_TICK;
}

/** Other processes may end while they are looked at. */
function readIfThere(pid: string): ProcessTimes[] {
  try {
    return [readStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // of a file that is gone; anything else has no such code
    if (code === 'ENOENT' || code === 'ESRCH') return [];
    throw error;
  }
}

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setInterval } from 'node:timers';

const SAMPLE_MS = 100;
const MIB = 1024 * 1024;

/** Whether this system reports processes like Linux. */
export const CAN_MEASURE = process.platform === 'linux';

/** The most memory (MiB) the workerd processes of this test gain while `work` runs, over what they had before. */
export async function growthDuring(work: () => Promise<void>): Promise<number> {
  const before = residentMib();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, residentMib());
  }, SAMPLE_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Math.max(most, residentMib()) - before;
}

function residentMib(): number {
  const pids = descendants(process.pid).filter(isWorkerd);
  if (pids.length === 0) throw new Error('no workerd runs under this process');
  return pids.reduce((total, pid) => total + residentBytes(pid), 0) / MIB;
}

function descendants(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter((text) => text !== '')
        .flatMap((child) => [Number(child), ...descendants(Number(child))]),
    );
  } catch {
    return []; // it has ended meanwhile
  }
}

function isWorkerd(pid: number): boolean {
  try {
    return /workerd$/.test(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return false;
  }
}

function residentBytes(pid: number): number {
  const [, kib = '0'] =
    /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

const RUNS = 20;

/** The median CPU time of this process during a call, over 20 calls, in milliseconds: what else runs does not count. */
export function medianCpuMs(call: () => unknown): number {
  const times = Array.from({ length: RUNS }, () => {
    const before = process.cpuUsage();
    call();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return times.sort((a, b) => a - b)[RUNS / 2] ?? Number.NaN;
}

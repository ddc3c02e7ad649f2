const RUNS = 20;

/** The median CPU time of this process during a call, over 20 calls, in milliseconds: what else runs does not count. */
export async function medianCpuMs(call: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const before = process.cpuUsage();
    await call();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  return times.sort((a, b) => a - b)[RUNS / 2] ?? Number.NaN;
}

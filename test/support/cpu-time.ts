const RUNS = 20;

/**
 * The lowest CPU time of this process during a call, over 20 calls, in milliseconds. A busy machine makes the same work
 * take more CPU time (shared caches, collection on other threads), and never less.
 */
export async function lowestCpuMs(call: () => unknown): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run += 1) {
    const before = process.cpuUsage();
    await call();
    const { user, system } = process.cpuUsage(before);
    lowest = Math.min(lowest, (user + system) / 1000);
  }
  return lowest;
}

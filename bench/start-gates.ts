import { ask } from './client.ts';
import { type BenchWorker, type RunningWorkerd, startWorkerd } from './workerd.ts';

/**
 * Starts Workers, and rejects unless every gate among them that keeps a revocation log says that it can read it: a
 * gate that cannot asks the store instead, and would be measured doing so.
 */
export async function startGates(
  workers: readonly BenchWorker[],
  flags: readonly string[] = [],
): Promise<RunningWorkerd> {
  const running = await startWorkerd(workers, flags);
  for (const { name } of workers.filter(({ durableObjects }) => durableObjects !== undefined)) {
    const { status, body } = await ask({
      port: running.ports[name] ?? 0,
      path: '/.postern/health/ready',
    });
    if (status === 200) continue;
    await running.stop();
    throw new Error(`${name} is not ready: ${body}`);
  }
  return running;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './client.ts';
import {
  type BenchWorker,
  type RunningWorkerd,
  type StartOptions,
  startWorkerd,
} from './workerd.ts';

const READY_TIMEOUT_MS = 30_000;

/**
 * Starts Workers, and rejects unless every gate among them that keeps a revocation log says that it can read it: a
 * gate that cannot asks the store instead, and would be measured doing so.
 */
export async function startGates(
  workers: readonly BenchWorker[],
  options: StartOptions = {},
): Promise<RunningWorkerd> {
  const running = await startWorkerd(workers, options);
  for (const { name } of workers.filter(({ durableObjects }) => durableObjects !== undefined)) {
    const complaint = await untilReady(running.ports[name] ?? 0);
    if (complaint === undefined) continue;
    await running.stop();
    throw new Error(`${name} is not ready: ${complaint}`);
  }
  return running;
}

/** Asks a gate until it is ready. Returns its last answer if it does not become ready. */
async function untilReady(port: number): Promise<string | undefined> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const complaint = await ask({ port, path: '/.postern/health/ready' }).then(
      ({ status, body }) => (status === 200 ? undefined : body),
      String,
    );
    if (complaint === undefined || Date.now() > deadline) return complaint;
    await sleep(100);
  }
}

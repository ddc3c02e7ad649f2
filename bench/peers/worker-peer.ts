/** A compared system that is a Worker, in raw workerd. */
import { createRequire } from 'node:module';
import type { Fixtures } from '../fixtures.ts';
import { startGates } from '../start-gates.ts';
import type { BenchWorker } from '../workerd.ts';
import type { Peer, Place, Requests, System } from './peers.ts';

interface Definition extends System {
  readonly missing?: string | undefined;
  readonly version: string;
  deploy(fixtures: Fixtures): Deployment | Promise<Deployment>;
}

interface Deployment {
  /** One, or several for several columns. */
  readonly workers: readonly BenchWorker[];
  /** `at`: the place of a Worker, by its name. */
  requests(at: (worker: string) => Place): Requests;
}

export function workerPeer({ id, name, missing, version, deploy }: Definition): Peer {
  return {
    id,
    name,
    missing,
    async start({ surroundings, fixtures, under }) {
      const { workers, requests } = await deploy(fixtures);
      const running = await startGates(workers, { under, outside: surroundings.ports });
      return {
        id,
        name,
        version,
        cpuMicros: running.cpuMicros,
        requests: requests((worker) => ({ port: running.ports[worker] ?? 0 })),
        [Symbol.asyncDispose]: running.stop,
      };
    },
  };
}

/** The version of an installed module. */
export function versionOf(module: string): string {
  const require = createRequire(import.meta.url);
  return (require(`${module}/package.json`) as { version: string }).version; // as npm requires it
}

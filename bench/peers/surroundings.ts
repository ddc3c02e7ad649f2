/** The processes around every system: a site, two session stores, an issuer's keys and KV, in one workerd. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { floor, keysWorker, originWorker, storeWorker } from '../bench-workers.ts';
import type { Fixtures } from '../fixtures.ts';
import { startWorkerd } from '../workerd.ts';

/** The delay of the far store, in milliseconds. */
const FAR_MS = 50;

export interface Surroundings extends AsyncDisposable {
  /** Ports of the loopback interface, by the names that Workers bind them by. */
  readonly ports: Readonly<Record<Surrounding, number>>;
  /** For files of the systems; removed at the end. */
  readonly folder: string;
}

export type Surrounding = 'origin' | 'store' | 'store-far' | 'keys' | 'kv';

export async function startSurroundings(fixtures: Fixtures): Promise<Surroundings> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-peers-'));
  chmodSync(folder, 0o755); // a proxy may run as another user
  const workers = [
    originWorker(),
    storeWorker(),
    storeWorker('store-far', FAR_MS),
    keysWorker(fixtures),
    floor('kv', {}),
  ];
  const running = await startWorkerd(workers.map((worker) => ({ ...worker, isTarget: true })));
  return {
    ports: running.ports as Surroundings['ports'], // one for each of these Workers
    folder,
    async [Symbol.asyncDispose]() {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Proves that a system does its work before it is measured: one that lets everybody through is fast. */
import { setTimeout as sleep } from 'node:timers/promises';
import { checkCase } from '../check-case.ts';
import { ask } from '../client.ts';
import type { Fixtures } from '../fixtures.ts';
import { COLUMNS, type PeerRequest, type RunningPeer } from './peers.ts';

const SERVES_WITHIN_MS = 20_000;

/**
 * Rejects unless the system gives each of its requests the right answer, sends the origin the identity, and refuses the
 * same request without a session and with a forged one, with 401.
 */
export async function prove(
  { name, requests }: Pick<RunningPeer, 'name' | 'requests'>,
  fixtures: Fixtures,
): Promise<void> {
  for (const column of COLUMNS) {
    const request = requests[column];
    if (request === undefined) continue;
    await untilServing(request);
    const benchCase = { name: `${name}, ${column}`, worker: name, ...request };
    await checkCase(benchCase, request.port, fixtures);
    for (const refused of request.refusals) {
      const expected = { ...request.expected, refused };
      await checkCase({ ...benchCase, expected }, request.port, fixtures);
    }
  }
}

/** Programs listen before they have their routes. An answer that stays wrong is found by the check after this. */
async function untilServing({ port, path, headers, expected }: PeerRequest): Promise<void> {
  const deadline = Date.now() + SERVES_WITHIN_MS;
  while (Date.now() < deadline) {
    const answer = await ask({ port, path, headers }).catch(() => undefined);
    if (answer?.status === expected.status) return;
    await sleep(100);
  }
}

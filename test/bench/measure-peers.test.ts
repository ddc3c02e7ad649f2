import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { hasWrk } from '../../bench/load.ts';
import { measurePeers } from '../../bench/peers/measure.ts';
import { type RunningPeer, storeRequests } from '../../bench/peers/peers.ts';

vi.setConfig({ testTimeout: 60_000 });

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const stop of cleanUp.splice(0)) stop();
});

/** A gate of this process: the columns that are measured at it. */
async function startGate(
  id: string,
  answer: RequestListener,
  columns: readonly (keyof RunningPeer['requests'])[],
): Promise<RunningPeer> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const place = { port: (server.address() as AddressInfo).port }; // it listens at a port
  const all = storeRequests(place, place, 'x-user-id');
  return {
    id,
    name: id,
    version: '1',
    cpuMicros: () => process.cpuUsage().user,
    requests: Object.fromEntries(columns.map((column) => [column, all[column]])),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const isSignedIn = (cookie = '') => cookie.includes('ory_kratos_session=');

test.skipIf(!hasWrk())(
  'measurePeers() measures each column of each system once a round',
  async () => {
    const gate = await startGate(
      'gate',
      ({ headers }, response) => {
        response.statusCode = isSignedIn(headers.cookie) ? 200 : 401;
        response.end('{}');
      },
      ['gate by cookie', 'denied', 'mixed trace'],
    );
    const { measured, failures } = await measurePeers([gate], { rounds: 1, seconds: 1 });
    expect(failures).toEqual([]);
    expect(measured.map(({ round, column }) => `${round} ${column}`)).toEqual([
      '0 gate by cookie',
      '0 denied',
      '0 mixed trace',
    ]);
    expect(measured.every(({ cpuMicros }) => cpuMicros > 0)).toBe(true);
  },
);

test.skipIf(!hasWrk())(
  'measurePeers() takes a system out of a column that lets some requests pass under load',
  async () => {
    let answers = 0;
    const leaky = await startGate(
      'leaky',
      ({ headers }, response) => {
        answers += 1;
        response.statusCode = isSignedIn(headers.cookie) || answers % 50 === 0 ? 200 : 401;
        response.end('{}');
      },
      ['gate by cookie', 'denied'],
    );
    const { measured, failures } = await measurePeers([leaky], { rounds: 1, seconds: 1 });
    expect(measured.map(({ column }) => column)).toEqual(['gate by cookie']);
    expect(failures).toEqual([
      {
        id: 'leaky',
        column: 'denied',
        problem: expect.stringMatching(/^Error: \d+ of \d+ answers were refusals$/),
      },
    ]);
  },
);

test.skipIf(!hasWrk())(
  'measurePeers() finds a gate that lets everybody of the mixed trace pass',
  async () => {
    const open = await startGate('open', (_, response) => response.end('{}'), ['mixed trace']);
    const { measured, failures } = await measurePeers([open], { rounds: 1, seconds: 1 });
    expect(measured).toEqual([]);
    expect(failures).toMatchObject([{ id: 'open', column: 'mixed trace' }]);
  },
);

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask } from '../../bench/client.ts';

let server: Server;
let port: number;
let connections: Socket[];
let takesMs: number;

beforeEach(async () => {
  connections = [];
  takesMs = 0;
  server = createServer((connection) => {
    connections.push(connection);
    connection.on('data', async () => {
      await sleep(takesMs);
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo); // listens at a port
});
afterEach(() => {
  for (const connection of connections) connection.destroy();
  server.close();
});

test('a connection is reused, and closed long before a server would close it', async () => {
  await ask({ port, path: '/' });
  const answer = await ask({ port, path: '/' });
  expect(answer).toMatchObject({ status: 200, body: 'ok' });
  expect(connections).toHaveLength(1);
  await Promise.race([once(connections[0] as Socket, 'close'), sleep(4000)]); // one was counted
  expect(connections[0]?.closed).toBe(true);
});

test('a request waits for an answer that takes longer than the idle limit', async () => {
  takesMs = 1500;
  const answer = await ask({ port, path: '/' });
  expect(answer.status).toBe(200);
});

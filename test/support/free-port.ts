import { createServer, type Server } from 'node:net';

/** Below the range from which Linux takes the local ports of outgoing connections, of which tests make thousands. */
const LEAST = 20_000;
const MOST = 32_767;
const ATTEMPTS = 50;

/**
 * Returns different ports of 127.0.0.1 without a listener. They are free: another process may take one. Outgoing
 * connections cannot, because the system does not choose ports of this range for them.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  try {
    while (servers.length < count) servers.push(await listenSomewhere());
    return servers.map(portOf);
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function listenSomewhere(): Promise<Server> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const server = await listen(LEAST + Math.floor(Math.random() * (MOST - LEAST)));
    if (server !== undefined) return server;
  }
  throw new Error(`no free port from ${LEAST} to ${MOST} after ${ATTEMPTS} attempts`);
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

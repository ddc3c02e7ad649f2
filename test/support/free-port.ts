import { createServer } from 'node:net';

/** Below the range from which Linux takes the local ports of outgoing connections, of which tests make thousands. */
const LEAST = 20_000;
const MOST = 32_767;
const ATTEMPTS = 50;

/**
 * A port of 127.0.0.1 that nobody listens on. It is not held: another process may take it, but no connection that
 * is opened meanwhile can, as it could one that the system chose.
 */
export async function freePort(attempts = ATTEMPTS): Promise<number> {
  const port = LEAST + Math.floor(Math.random() * (MOST - LEAST));
  if (await canListen(port)) return port;
  if (attempts > 1) return freePort(attempts - 1);
  throw new Error(`no free port from ${LEAST} to ${MOST} after ${ATTEMPTS} attempts`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

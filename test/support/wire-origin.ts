/** A site on a real socket that shows every byte of a request, and answers with exactly the bytes it is given. */
import { createServer, type Socket } from 'node:net';

/** A running site. */
export interface WireOrigin extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** The answer from now on, one byte per character (Latin-1); the connection closes after it. */
  answer(bytes: string): void;
  /** The requests that arrived since the last call, head and body, one character per byte. */
  take(): string[];
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Starts a site that answers `200` and `ok` until told otherwise. */
export async function startWireOrigin(): Promise<WireOrigin> {
  const arrived: string[] = [];
  const sockets = new Set<Socket>();
  let bytes = OK;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // a gate that gives up resets the connection
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!isWhole(received)) return;
      arrived.push(received);
      socket.end(bytes, 'latin1');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address !== 'object') throw new Error('listening without a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    answer: (given) => {
      bytes = given;
    },
    take: () => arrived.splice(0),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The header's values in a request that arrived, one character per byte. */
export function valuesOf(arrived: string, name: string): string[] {
  const [head = ''] = arrived.split('\r\n\r\n', 1);
  return head.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(':');
    return line.slice(0, colon).toLowerCase() === name ? [line.slice(colon + 1).trim()] : [];
  });
}

function isWhole(received: string): boolean {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const body = received.slice(headEnd + 4);
  if (valuesOf(received, 'transfer-encoding').length > 0) return body.endsWith('0\r\n\r\n');
  return body.length >= Number(valuesOf(received, 'content-length')[0] ?? 0);
}

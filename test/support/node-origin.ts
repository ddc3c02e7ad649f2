import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as Node's HTTP parser saw it. */
export interface SeenRequest {
  readonly method: string;
  /** The raw target. */
  readonly target: string;
  /** Names as sent, repeated ones apart. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A site on Node's own HTTP server, which refuses what it takes to be malformed, as real origins do. */
export interface NodeOrigin extends AsyncDisposable {
  readonly url: string;
  /** What has arrived since the last call. */
  take(): SeenRequest[];
  /** How many requests Node refused by itself (malformed, too large). */
  refused(): number;
}

/** Starts the site; without `answer` it says 200 and nothing. */
export async function startNodeOrigin(
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    response.end('ok'),
): Promise<NodeOrigin> {
  let seen: SeenRequest[] = [];
  let refused = 0;
  const server = createServer((request, response) => {
    seen.push(describe(request));
    answer(request, response);
  });
  server.on('clientError', (_error, socket) => {
    refused += 1;
    socket.end('HTTP/1.1 431 Refused\r\nContent-Length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    url: `http://127.0.0.1:${port}`,
    take: () => seen.splice(0),
    refused: () => refused,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      seen = [];
    },
  };
}

function describe({ method = '', url = '', rawHeaders }: IncomingMessage): SeenRequest {
  const headers: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
  }
  return { method, target: url, headers };
}

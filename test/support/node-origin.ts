/** A site on a real socket, served by Node: it shows what stood on the wire, and sends what a Worker cannot. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';

/** A request as it stood on the wire, its body not read. */
export interface ArrivedRequest {
  readonly method: string;
  /** The request target, byte for byte. */
  readonly target: string;
  /** In wire order, names as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A running site. */
export interface NodeOrigin extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  /** Requests that have arrived so far. */
  readonly arrived: ArrivedRequest[];
  /** Returns the requests since the last call, or since the start. */
  take(): ArrivedRequest[];
  /** Number of requests that Node refused by itself: malformed, or too large. */
  refused(): number;
  close(): Promise<void>;
}

/** Answers a handshake on its bare socket. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex) => void;

/**
 * Starts a site that records each request and leaves the answer to `answer`, and that of a handshake to `upgrade`.
 * @default 200 and `ok`; handshakes are requests like any other
 */
export async function startNodeOrigin(
  answer: RequestListener = (_, response) => response.end('ok\n'),
  upgrade?: UpgradeListener,
): Promise<NodeOrigin> {
  const arrived: ArrivedRequest[] = [];
  let refused = 0;
  const server = createServer((incoming: IncomingMessage, response: ServerResponse) => {
    arrived.push(readArrived(incoming));
    answer(incoming, response);
  });
  if (upgrade !== undefined) {
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
      arrived.push(readArrived(incoming));
      upgrade(incoming, socket);
    });
  }
  server.on('clientError', (_error, socket) => {
    refused += 1;
    socket.end('HTTP/1.1 431 Refused\r\nContent-Length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address !== 'object') throw new Error('listening without a port');
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const { port } = address;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    arrived,
    take: () => arrived.splice(0),
    refused: () => refused,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function readArrived({ method = '', url = '', rawHeaders }: IncomingMessage): ArrivedRequest {
  const headers = rawHeaders.flatMap((text, index) =>
    index % 2 === 0 ? [[text, rawHeaders[index + 1] ?? ''] as const] : [],
  );
  return { method, target: url, headers };
}

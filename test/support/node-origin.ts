/** A site on a real socket, served by Node: it shows what stood on the wire, and sends what a Worker cannot. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';

/** A request as it stood on the wire, its body not read. */
export interface ArrivedRequest {
  readonly method: string;
  /** The request target, byte for byte. */
  readonly target: string;
  /** In wire order, names as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A running site. */
export interface NodeOrigin {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  /** What has arrived so far. */
  readonly arrived: ArrivedRequest[];
  close(): Promise<void>;
}

/** Starts a site that records each request and leaves the answer to `answer`. @default 200 and `ok` */
export async function startNodeOrigin(
  answer: RequestListener = (_, response) => response.end('ok\n'),
): Promise<NodeOrigin> {
  const arrived: ArrivedRequest[] = [];
  const server = createServer((incoming: IncomingMessage, response: ServerResponse) => {
    arrived.push(readArrived(incoming));
    answer(incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address !== 'object') throw new Error('listening without a port');
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, arrived, close };
}

function readArrived({ method = '', url = '', rawHeaders }: IncomingMessage): ArrivedRequest {
  const headers = rawHeaders.flatMap((text, index) =>
    index % 2 === 0 ? [[text, rawHeaders[index + 1] ?? ''] as const] : [],
  );
  return { method, target: url, headers };
}

/** Servers that fail as networks do, on real sockets of 127.0.0.1. */
import { createServer, type Server, type Socket } from 'node:net';

/** A failing server. */
export interface TcpFake {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Number of connections accepted so far. */
  connections(): number;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/** A port without a listener: connections are refused. */
export async function refusingServer(): Promise<TcpFake> {
  const fake = await serve(() => {});
  await fake.close();
  return fake;
}

/** Accepts, waits for the first bytes, then resets the connection. */
export function resettingServer(): Promise<TcpFake> {
  return serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
}

/** Accepts and never answers. */
export function silentServer(): Promise<TcpFake> {
  return serve((socket) => socket.resume());
}

/** The bytes that {@link drippingServer} sends. */
export interface Drip {
  /** Sent at once, before the dripping starts. @default '' */
  readonly head?: string;
  /** Sent one byte at a time, over and over. @default 'HTTP/1.1 200 OK\r\n\r\n' */
  readonly bytes?: string;
  /** @default 1000 */
  readonly everyMs?: number;
}

/** Answers a byte at a time, so that no idle timer fires while no answer arrives. */
export function drippingServer({
  head = '',
  bytes = 'HTTP/1.1 200 OK\r\n\r\n',
  everyMs = 1000,
}: Drip = {}): Promise<TcpFake> {
  return serve((socket) => {
    let sent = 0;
    const drip = () => {
      socket.write(bytes.charAt(sent % bytes.length), 'latin1');
      sent += 1;
    };
    socket.once('data', () => {
      if (head !== '') socket.write(head, 'latin1');
      const timer = setInterval(drip, everyMs);
      socket.once('close', () => clearInterval(timer));
    });
  });
}

/** Answers bytes that are not HTTP and closes. */
export function garbageServer(bytes = '\x16\x03\x01\x02\x00\x00\xff\r\n\r\n'): Promise<TcpFake> {
  return serve((socket) => socket.once('data', () => socket.end(bytes, 'latin1')));
}

/** Answers 200 and a body that never ends, as fast as it is read. */
export function endlessServer({ contentType = 'application/json' } = {}): Promise<TcpFake> {
  const chunk = `1000\r\n${' '.repeat(0x1000)}\r\n`;
  return serve((socket) => {
    const pour = () => {
      while (socket.writable && socket.write(chunk, 'latin1'));
    };
    socket.on('drain', pour);
    socket.once('data', () => {
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      pour();
    });
  });
}

/** Answers every request on a connection of its own with exactly these bytes, then closes. */
export function cannedServer(response: string | Uint8Array): Promise<TcpFake> {
  const bytes = typeof response === 'string' ? Buffer.from(response, 'latin1') : response;
  return serve((socket) => socket.once('data', () => socket.end(bytes)));
}

async function serve(handle: (socket: Socket) => void): Promise<TcpFake> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // the other side's reset is what these servers are for
    handle(socket);
  });
  const port = await listen(server);
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { port, url: `http://127.0.0.1:${port}`, connections: () => accepted, close };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address.port);
      else reject(new Error('listening without a port'));
    });
  });
}

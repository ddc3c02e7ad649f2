import { connect, createServer, type Socket } from 'node:net';

/** Failure of the connection to the store; `works` connects to it. */
export type StoreFailure = 'works' | 'resets' | 'silent' | 'garbage' | 'stopped';

/** A way to the store, on a socket, that works until it is told to fail. */
export interface UnreliableStore extends AsyncDisposable {
  readonly url: string;
  /** The target while it works. */
  leadTo(port: number): void;
  /** Ends every connection; new ones meet the failure. `stopped` refuses them. */
  fail(failure: StoreFailure): Promise<void>;
  /** Number of connections since the last failure was set. */
  connections(): number;
}

/** Opens the way on a port of its own. */
export async function unreliableStore(): Promise<UnreliableStore> {
  const sockets = new Set<Socket>();
  let target = 0;
  let mode: StoreFailure = 'works';
  let accepted = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // ending connections is what this is for
    return socket;
  };
  const server = createServer((socket) => {
    accepted += 1;
    keep(socket);
    if (mode === 'works') {
      const onward = keep(connect(target, '127.0.0.1'));
      socket.pipe(onward).pipe(socket);
      socket.on('close', () => onward.destroy());
      onward.on('close', () => socket.destroy());
    } else if (mode === 'silent') socket.resume();
    else if (mode === 'resets') socket.once('data', () => socket.resetAndDestroy());
    else socket.once('data', () => socket.end('\x16\x03\x01\x02\x00\x00\xff\r\n\r\n', 'latin1'));
  });
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        const address = server.address();
        resolve(address !== null && typeof address === 'object' ? address.port : 0);
      });
    });
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    leadTo: (to) => {
      target = to;
    },
    fail: async (failure) => {
      await stop();
      mode = failure;
      accepted = 0;
      if (failure !== 'stopped') await listen(port);
    },
    connections: () => accepted,
    [Symbol.asyncDispose]: stop,
  };
}

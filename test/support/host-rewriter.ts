import { connect, createServer, type Socket } from 'node:net';

/** A way in that changes the Host of what is sent, for clients that let nobody choose theirs. */
export interface HostRewriter extends AsyncDisposable {
  readonly port: number;
}

/** Listens on 127.0.0.1 and passes every connection on to `port`, with `host` in its first request's Host. */
export async function startHostRewriter(port: number, host: string): Promise<HostRewriter> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}); // the other side is told by the pipe
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.once('data', (head) => {
      upstream.write(
        head.toString('latin1').replace(/^host: [^\r\n]*/im, `Host: ${host}`),
        'latin1',
      );
      client.pipe(upstream);
    });
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('listening without a port');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

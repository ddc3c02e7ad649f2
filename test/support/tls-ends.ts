/** TLS in front of the gate, which speaks none here, and TLS for clients that speak none. */
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  createServer as createTlsServer,
} from 'node:tls';
import type { Certificate } from './certificates.ts';

/** A listener on 127.0.0.1. */
export interface End extends AsyncDisposable {
  readonly port: number;
}

/** The gate as its edge shows it: over TLS, under these names only, as a client without SNI finds out. */
export interface GateEdge extends End {
  /** Shows another certificate from now on. Open connections end. */
  show(certificate: Certificate): void;
  /** Bytes from clients since `show`, decrypted. */
  received(): string;
  /** Number of connections in all. */
  connections(): number;
}

const HOST = '127.0.0.1';

export async function startGateEdge(
  port: number,
  {
    gatePort,
    names,
    good,
  }: { readonly gatePort: number; readonly names: readonly string[]; readonly good: Certificate },
): Promise<GateEdge> {
  const open = new Set<Socket>();
  let shown = createSecureContext(good);
  let received: Buffer[] = [];
  let connections = 0;
  const server = createTlsServer(
    {
      ALPNProtocols: ['http/1.1'],
      // There is no certificate but for a name, as at an edge with many sites.
      SNICallback: (name, answer) =>
        names.includes(name) ? answer(null, shown) : answer(new Error('unknown name')),
    },
    (client) => {
      connections += 1;
      const gate = connect(gatePort, HOST);
      client.on('data', (bytes) => received.push(bytes));
      join(client, gate);
    },
  );
  server.on('tlsClientError', () => {}); // a client that refuses the certificate
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return {
    ...(await listen(server, open, port)),
    show(certificate) {
      shown = createSecureContext(certificate);
      received = [];
      server.setTicketKeys(randomBytes(48)); // else a TLS session goes on without looking at the certificate
      for (const socket of open) socket.destroy();
    },
    connections: () => connections,
    received: () => Buffer.concat(received).toString('latin1'),
  };
}

/** A port of which every connection goes to another one over TLS (HTTP/1.1), under this name. */
export async function startTlsClient(port: number, servername: string): Promise<End> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    const options = { host: HOST, port, servername, ALPNProtocols: ['http/1.1'] };
    join(client, connectTls({ ...options, rejectUnauthorized: false })); // the certificate of the proxy is not tested
  });
  return listen(server, open, 0);
}

function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.once('close', () => to.destroy());
  }
}

async function listen(server: Server, open: ReadonlySet<Socket>, port: number): Promise<End> {
  await new Promise<void>((resolve) => server.listen(port, HOST, resolve));
  const address = server.address();
  if (address === null || typeof address !== 'object') throw new Error('listening without a port');
  return {
    port: address.port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

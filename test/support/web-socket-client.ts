/** The end of a socket, with its time in milliseconds since the epoch. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
  readonly at: number;
}

/** An open socket of Node's own client, and how it will have ended. Rejects when it does not open. */
export async function openWebSocket(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly socket: WebSocket; readonly closed: Promise<Closed> }> {
  const options = { headers } as unknown as string[]; // Node's WebSocket takes an options object where browsers take protocols
  const socket = new WebSocket(url, options);
  socket.binaryType = 'arraybuffer';
  const closed = new Promise<Closed>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) =>
      resolve({ code, reason, at: Date.now() }),
    );
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('the socket did not open')));
  });
  return { socket, closed };
}

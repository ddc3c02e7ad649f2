import { connect, type Socket } from 'node:net';
import { parseResponse, type RawResponse } from './parse-response.ts';
import { type ComposedRequest, composeRequest } from './raw-http.ts';

/**
 * One connection that carries request after request, so that thousands of raw ones are sent in seconds. The
 * other side may end it at any time, as it does after bytes that are not HTTP; then the next request opens another.
 */
export class KeepAliveConnection implements Disposable {
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends a composed request and reads its response; rejects when the connection ends before a head. */
  async send(composed: ComposedRequest): Promise<RawResponse> {
    const socket = await this.#open();
    const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
    const method = composed.method ?? 'GET';
    let received: Buffer = Buffer.alloc(0);
    const settle = (closed: boolean) => {
      try {
        const response = parseResponse(received, { method, closed });
        if (response !== undefined) resolve(response);
        else if (closed) reject(new Error('closed before a response'));
      } catch (error) {
        reject(error);
      }
    };
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      settle(false);
    };
    const onClose = () => settle(true);
    socket.on('data', onData).on('close', onClose);
    socket.write(composeRequest(composed));
    try {
      const response = await promise;
      const isOver = response.headers.some(
        ([name, value]) => name.toLowerCase() === 'connection' && /close/i.test(value),
      );
      if (isOver || !response.complete) this[Symbol.dispose]();
      return response;
    } finally {
      socket.off('data', onData).off('close', onClose);
    }
  }

  [Symbol.dispose](): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Promise<Socket> {
    const known = this.#socket;
    if (known !== undefined && !known.destroyed && known.writable) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const socket = connect(this.#port, '127.0.0.1', () => {
        this.#socket = socket;
        socket.off('error', reject);
        socket.on('error', () => socket.destroy()); // a waiting request sees a close
        resolve(socket);
      });
      socket.setTimeout(10_000, () => socket.destroy());
      socket.once('error', reject);
    });
  }
}

/** Sends every request over a few connections and hands each response to `check`, in no particular order. */
export async function sendAll<Item>(
  port: number,
  items: readonly Item[],
  compose: (item: Item) => ComposedRequest,
  check: (item: Item, response: RawResponse) => void | Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const work = async () => {
    using connection = new KeepAliveConnection(port);
    for (const item of waiting) await check(item, await connection.send(compose(item)));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
}

const CONNECTIONS = 4;

import { connect, type Socket } from 'node:net';
import { parseResponse, type RawResponse } from './parse-response.ts';

/**
 * The bytes of a request. A string is sent one byte per character (Latin-1), so `'\xe9'` is the
 * byte 0xe9; an array is a list of lines without CRLF. The empty line after the head is added.
 */
export type RawMessage = string | readonly string[] | Uint8Array;

/** Header fields in order; an object cannot repeat a name, a list of pairs can. */
export type RawHeaders = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** Options for the wait for the answer. */
export interface RawRequestOptions {
  /** @default 5000 */
  readonly timeoutMs?: number;
  /** Decides whether the answer has a body. @default the first word of the message */
  readonly method?: string;
}

/** A request to compose; `Host` is `app.example.test` by default, and only a body's length is added. */
export interface ComposedRequest {
  readonly method?: string;
  readonly target: string;
  readonly headers?: RawHeaders;
  readonly body?: string | Uint8Array;
}

/** The host of the gate's default `PUBLIC_URL` in tests. */
export const DEFAULT_HOST = 'app.example.test';

const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Sends exactly these bytes to 127.0.0.1 and reads one response, skipping interim ones.
 * Rejects when there is none in time, when the connection ends before a head, or when what came is
 * not HTTP/1.1; a body cut short is returned with `complete: false`.
 */
export function rawRequest(
  port: number,
  message: RawMessage,
  options: RawRequestOptions = {},
): Promise<RawResponse> {
  const bytes = messageBytes(message);
  const { timeoutMs = DEFAULT_TIMEOUT_MS, method = firstWord(bytes) } = options;
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
  let received: Buffer = Buffer.alloc(0);

  const settle = (closed: boolean, failure?: Error) => {
    try {
      const response = parseResponse(received, { method, closed });
      if (response !== undefined) resolve(response);
      else if (closed) reject(failure ?? new Error(`closed before a response: ${quote(received)}`));
      else return;
    } catch (error) {
      reject(error);
    }
    socket.destroy();
  };

  const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
  socket.setTimeout(timeoutMs, () =>
    settle(true, new Error(`no response within ${timeoutMs} ms: ${quote(received)}`)),
  );
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    settle(false);
  });
  socket.on('error', (error) => settle(true, error));
  socket.on('close', () => settle(true));
  return promise;
}

/** A composed request; see {@link ComposedRequest}. */
export function request(
  port: number,
  composed: ComposedRequest,
  options: RawRequestOptions = {},
): Promise<RawResponse> {
  const { method = 'GET' } = composed;
  return rawRequest(port, composeRequest(composed), { method, ...options });
}

/** A `GET` of this raw target. */
export function get(
  port: number,
  target: string,
  headers: RawHeaders = {},
  options: RawRequestOptions = {},
): Promise<RawResponse> {
  return request(port, { target, headers }, options);
}

/** The bytes of a composed request, for {@link rawRequest} and {@link openAndReset}. */
export function composeRequest({
  method = 'GET',
  target,
  headers = {},
  body,
}: ComposedRequest): Uint8Array {
  const fields = headerPairs(headers);
  const has = (name: string) => fields.some(([key]) => key.toLowerCase() === name);
  if (!has('host')) fields.unshift(['Host', DEFAULT_HOST]);
  const content = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body ?? []);
  if (body !== undefined && !has('content-length') && !has('transfer-encoding'))
    fields.push(['Content-Length', String(content.length)]);
  const lines = fields.map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([messageBytes([`${method} ${target} HTTP/1.1`, ...lines]), content]);
}

/** Connects, sends, waits, then resets the connection as a client that is killed does. Resolves when it is gone. */
export async function openAndReset(
  port: number,
  message: RawMessage,
  afterMs: number,
): Promise<void> {
  const socket = await open(port);
  socket.on('error', () => {}); // the reset itself
  socket.resume();
  socket.write(messageBytes(message));
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resetAndDestroy();
  await closed;
}

/** Every value of this header, in order. */
export function headerValues(response: RawResponse, name: string): string[] {
  const wanted = name.toLowerCase();
  return response.headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
}

/** The one value of this header, `undefined` when absent. Throws when it is repeated. */
export function header(response: RawResponse, name: string): string | undefined {
  const [value, ...others] = headerValues(response, name);
  if (others.length > 0) throw new Error(`${name} is there ${others.length + 1} times`);
  return value;
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

function messageBytes(message: RawMessage): Buffer {
  if (typeof message === 'string') return Buffer.from(message, 'latin1');
  if (message instanceof Uint8Array) return Buffer.from(message);
  return Buffer.from(`${message.join('\r\n')}\r\n\r\n`, 'latin1');
}

function headerPairs(headers: RawHeaders): (readonly [string, string])[] {
  return isPairs(headers) ? [...headers] : Object.entries(headers);
}

function isPairs(headers: RawHeaders): headers is readonly (readonly [string, string])[] {
  return Array.isArray(headers);
}

function firstWord(bytes: Buffer): string {
  return bytes.toString('latin1').split(' ', 1)[0] ?? '';
}

function quote(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1', 0, 200));
}

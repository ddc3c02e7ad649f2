import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, type RawHeaders, rawRequest } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';

/** Chunks of the stand-in are 200 ms apart; a gate that gathers them first shows them within this. */
const TOGETHER_MS = 100;
const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

const gate = await gateForAllTests({
  services: 'http',
  vars: { RULES: [{ path: '/public/*', session: 'none' }] },
});
const alice = await gate.kratos.createSession();

const token = () => ({ 'X-Session-Token': alice.token });

interface Arrival {
  readonly text: string;
  readonly atMs: number;
}

/** The response to a GET, its body as it arrived. */
function arrivalsOf(target: string): Promise<{ head: IncomingMessage; arrivals: Arrival[] }> {
  const options = { port: gate.port, path: target, headers: token() };
  return new Promise((resolve, reject) => {
    const arrivals: Arrival[] = [];
    httpRequest(options, (head) => {
      head.on('data', (chunk) => arrivals.push({ text: String(chunk), atMs: performance.now() }));
      head.on('end', () => resolve({ head, arrivals }));
    })
      .on('error', reject)
      .end();
  });
}

describe('a body from the origin', () => {
  it.each([
    ['/stream', 'chunk 1\n', 'text/plain; charset=utf-8'],
    ['/sse', 'id: 1\ndata: event 1\n\n', 'text/event-stream'],
  ])('of %s arrives while it is sent', async (target, first, contentType) => {
    const { head, arrivals } = await arrivalsOf(target);
    expect(head.headers['content-type']).toBe(contentType);
    expect(head.headers['cache-control']).toBe('private, no-store');
    expect(arrivals[0]?.text).toBe(first);
    const [start, end] = [arrivals[0]?.atMs ?? 0, arrivals.at(-1)?.atMs ?? 0];
    expect(arrivals.length).toBeGreaterThanOrEqual(4);
    expect(end - start).toBeGreaterThan(4 * TOGETHER_MS);
  });

  it('is released when the client disconnects', async () => {
    gate.clearLogs();
    const options = { port: gate.port, path: '/stream', headers: token() };
    await new Promise<void>((resolve, reject) => {
      const sent = httpRequest(options, (head) => head.once('data', () => resolve()));
      sent.on('error', reject).end();
      setTimeout(() => sent.destroy(), 300);
    });
    await sleep(300);
    expect((await get(gate.port, '/after', token())).status).toBe(200);
    expect((await gate.logs()).filter((line) => line.includes('bug'))).toEqual([]);
  });
});

describe('a body to the origin', () => {
  it('passes while it arrives, and the answer already comes back', async () => {
    const heard: string[] = [];
    const options = { port: gate.port, path: '/echo', method: 'POST', headers: token() };
    const answered = Promise.withResolvers<IncomingMessage>();
    const sent = httpRequest(options, answered.resolve).on('error', answered.reject);
    sent.write('first ');
    const head = await answered.promise;
    head.on('data', (chunk) => heard.push(String(chunk)));
    await expect.poll(() => heard.join('')).toBe('first ');
    sent.write('second ');
    await expect.poll(() => heard.join('')).toBe('first second ');
    sent.end('third');
    await new Promise((resolve) => head.once('end', resolve));
    expect(heard.join('')).toBe('first second third');
  });
});

describe('a WebSocket', () => {
  /** Opens a socket through the gate; resolves with what it was answered, or rejects. */
  function openSocket(headers: Record<string, string>): Promise<WebSocket> {
    // Node's own client takes headers, which the standard type does not know.
    const Client = WebSocket as unknown as new (url: string, options: object) => WebSocket;
    const socket = new Client(`ws://127.0.0.1:${gate.port}/ws`, { headers });
    socket.binaryType = 'arraybuffer';
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(socket));
      socket.addEventListener('error', () => reject(new Error('the socket was refused')));
    });
  }

  const heard = (socket: WebSocket) =>
    new Promise<unknown>((resolve) =>
      socket.addEventListener('message', ({ data }) => resolve(data), { once: true }),
    );

  it('P24: passes for a signed-in user: text, binary and the closing code', async () => {
    const socket = await openSocket(token());
    const text = heard(socket);
    socket.send('hällo');
    expect(await text).toBe('hällo');
    const binary = heard(socket);
    socket.send(new Uint8Array([0, 255, 128]));
    const bytes = await binary;
    expect(bytes instanceof ArrayBuffer && [...new Uint8Array(bytes)]).toEqual([0, 255, 128]);
    const closed = new Promise<number>((resolve) =>
      socket.addEventListener('close', ({ code }) => resolve(code)),
    );
    socket.close(4001, 'done');
    expect(await closed).toBe(4001);
  });

  it('P24: is refused with 401 without a session, even if Accept asks for HTML, and the origin is not called', async () => {
    await gate.origin.clearCalls();
    for (const headers of [UPGRADE, { ...UPGRADE, Accept: 'text/html' }]) {
      const response = await get(gate.port, '/ws', headers);
      expect([response.status, header(response, 'postern-reason')]).toEqual([
        401,
        'credential_missing',
      ]);
    }
    await expect(openSocket({})).rejects.toThrow('refused');
    expect((await gate.origin.calls()).requests).toEqual([]);
  });

  it('H6, H15: is answered without the origin’s identity headers and session cookies', async () => {
    const originScript = `export default {
      fetch() {
        const { 0: client, 1: server } = new WebSocketPair();
        server.accept();
        const headers = new Headers({ 'X-User-Id': 'u', 'X-App': 'a', 'Sec-WebSocket-Protocol': 'p' });
        headers.append('Set-Cookie', 'ory_kratos_session=evil');
        headers.append('Set-Cookie', 'own=1');
        return new Response(null, { status: 101, webSocket: client, headers });
      },
    };`;
    await using bound = await startGate({
      originScript,
      vars: { RULES: [{ path: '/*', session: 'none' }] },
    });
    const response = await get(bound.port, '/ws', UPGRADE);
    expect([response.status, header(response, 'upgrade')]).toEqual([101, 'websocket']);
    expect(header(response, 'x-user-id')).toBeUndefined();
    expect(header(response, 'set-cookie')).toBe('own=1');
    expect(header(response, 'x-app')).toBe('a');
    expect(header(response, 'sec-websocket-protocol')).toBe('p');
  });

  it('P24: gets 426 from the origin if the upgrade is to another protocol', async () => {
    const h2c: RawHeaders = { ...token(), Connection: 'Upgrade', Upgrade: 'h2c' };
    expect((await get(gate.port, '/ws', h2c)).status).toBe(426);
  });
});

describe('a second request in the body of the first', () => {
  it('is part of the body, not a request', async () => {
    await gate.origin.clearCalls();
    const inner = 'GET /smuggled HTTP/1.1\r\nHost: app.example.test\r\n\r\n';
    const wire = `POST /public/x HTTP/1.1\r\nHost: app.example.test\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`;
    expect((await rawRequest(gate.port, wire)).status).toBe(200);
    expect(Object.keys((await gate.origin.calls()).counts)).toEqual(['POST /public/x']);
  });

  it('is refused if the length is declared twice', async () => {
    const head =
      'POST /public/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked';
    const response = await rawRequest(
      gate.port,
      `${head}\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n`,
    );
    expect(response.status).toBeGreaterThanOrEqual(200);
    expect(Object.keys((await gate.origin.calls()).counts)).not.toContain('GET /smuggled');
  });
});

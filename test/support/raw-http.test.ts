import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  composeRequest,
  get,
  header,
  headerValues,
  openAndReset,
  rawRequest,
  request,
} from './raw-http.ts';
import { cannedServer, resettingServer, silentServer } from './tcp-fakes.ts';

const WIRE = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

async function answering(response: string | Uint8Array, method = 'GET') {
  const fake = await cannedServer(response);
  try {
    return await rawRequest(fake.port, WIRE, { method });
  } finally {
    await fake.close();
  }
}

describe('rawRequest()', () => {
  it('reads a body of declared length and reports the bytes after it', async () => {
    const response = await answering(
      'HTTP/1.1 200 Fine Then\r\nContent-Length: 2\r\nX-A:  1 \r\n\r\nokHTTP/1.1 200 OK\r\n\r\n',
    );
    expect(response).toMatchObject({
      status: 200,
      reason: 'Fine Then',
      text: 'ok',
      complete: true,
    });
    expect(response.headers).toEqual([
      ['Content-Length', '2'],
      ['X-A', '1'],
    ]);
    expect(Buffer.from(response.rest).toString()).toBe('HTTP/1.1 200 OK\r\n\r\n');
  });

  it('joins chunks', async () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    const response = await answering(`${head}3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n`);
    expect(response).toMatchObject({ text: 'abc0123456789', complete: true });
  });

  it('returns the received part of chunks cut short, marked incomplete', async () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await answering(`${head}3\r\nabc\r\nA\r\n012`)).toMatchObject({
      text: 'abc012',
      complete: false,
    });
  });

  it('returns the received part of a declared body cut short, marked incomplete', async () => {
    const response = await answering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc');
    expect(response).toMatchObject({ text: 'abc', complete: false });
  });

  it('reads a body without a length until the connection closes', async () => {
    const response = await answering('HTTP/1.0 200 OK\r\n\r\nabc');
    expect(response).toMatchObject({ text: 'abc', complete: true });
  });

  it.each([
    ['GET', '204 No Content'],
    ['GET', '304 Not Modified'],
    ['HEAD', '200 OK'],
  ])('expects no body after %s answered %s', async (method, status) => {
    const response = await answering(`HTTP/1.1 ${status}\r\nContent-Length: 5\r\n\r\n`, method);
    expect(response).toMatchObject({ text: '', complete: true });
  });

  it('skips interim responses', async () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
    const response = await answering(`${interim}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`);
    expect(response.status).toBe(200);
  });

  it('keeps bytes that are not text', async () => {
    const bytes = Buffer.from(
      'HTTP/1.1 200 OK\r\nX: \xe9\r\nContent-Length: 2\r\n\r\n\xff\x00',
      'latin1',
    );
    const response = await answering(bytes);
    expect([...response.body]).toEqual([0xff, 0x00]);
    expect(header(response, 'x')).toBe('\xe9');
  });

  it('rejects text that is not HTTP', async () => {
    await expect(answering('SSH-2.0-x\r\n\r\n')).rejects.toThrow('not an HTTP/1.1 response');
  });

  it('rejects after a time without an answer', async () => {
    const fake = await silentServer();
    await expect(rawRequest(fake.port, WIRE, { timeoutMs: 50 })).rejects.toThrow('within 50 ms');
    await fake.close();
  });

  it('rejects when the connection is reset before a head', async () => {
    const fake = await resettingServer();
    await expect(rawRequest(fake.port, WIRE)).rejects.toThrow(/ECONNRESET|closed before/);
    await fake.close();
  });
});

describe('composeRequest()', () => {
  it('puts the default Host first and adds nothing else', () => {
    const bytes = composeRequest({ target: '/a#b\\c', headers: { 'X-A': '\xe9' } });
    expect(Buffer.from(bytes).toString('latin1')).toBe(
      'GET /a#b\\c HTTP/1.1\r\nHost: app.example.test\r\nX-A: \xe9\r\n\r\n',
    );
  });

  it('keeps a given Host and repeated names, and counts the body', () => {
    const headers = [
      ['Cookie', 'a=1'],
      ['host', 'b.test'],
      ['Cookie', 'b=2'],
    ] as const;
    const bytes = composeRequest({ method: 'POST', target: '/', headers, body: 'é' });
    expect(Buffer.from(bytes).toString()).toBe(
      'POST / HTTP/1.1\r\nCookie: a=1\r\nhost: b.test\r\nCookie: b=2\r\nContent-Length: 2\r\n\r\né',
    );
  });
});

describe('against node:http', () => {
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = createServer((incoming, outgoing) => {
      outgoing.setHeader('Set-Cookie', ['a=1', 'b=2']);
      outgoing.end(`${incoming.method} ${incoming.url} ${incoming.headers.host}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port; // it listens on a port, not on a pipe
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('get() sends the target unchanged', async () => {
    expect((await get(port, '/x/../admin')).text).toBe('GET /x/../admin app.example.test');
  });

  it('request() waits for no body after HEAD', async () => {
    const response = await request(port, { method: 'HEAD', target: '/' });
    expect(response).toMatchObject({ status: 200, text: '' });
  });

  it('header() refuses to choose among repeated values', async () => {
    const response = await get(port, '/');
    expect(headerValues(response, 'set-cookie')).toEqual(['a=1', 'b=2']);
    expect(() => header(response, 'set-cookie')).toThrow('2 times');
    expect(header(response, 'x-absent')).toBeUndefined();
  });

  it('openAndReset() resets the connection', async () => {
    const fate = new Promise((resolve) =>
      server.once('connection', (socket) => socket.once('error', resolve)),
    );
    await openAndReset(port, 'GET / HTTP/1.1\r\n', 20);
    expect(await fate).toMatchObject({ code: 'ECONNRESET' });
  });
});

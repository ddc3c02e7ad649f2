import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { rawRequest } from './raw-http.ts';
import {
  drippingServer,
  endlessServer,
  garbageServer,
  refusingServer,
  resettingServer,
  silentServer,
} from './tcp-fakes.ts';

const WIRE = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** The course of a connection to this port: bytes within `ms`, and its end. */
function visit(port: number, ms: number): Promise<{ bytes: string; end: string }> {
  return new Promise((resolve) => {
    let bytes = '';
    let end = 'open';
    const socket = connect(port, '127.0.0.1', () => socket.write(WIRE));
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.on('data', (chunk) => {
      bytes += chunk.toString('latin1');
    });
    socket.on('end', () => {
      end = 'closed';
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      end = error.code ?? error.message;
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ bytes, end });
    });
  });
}

describe('network faults', () => {
  it('refusingServer() refuses', async () => {
    const fake = await refusingServer();
    expect(await visit(fake.port, 500)).toEqual({ bytes: '', end: 'ECONNREFUSED' });
    expect(fake.connections()).toBe(0);
  });

  it('resettingServer() accepts, then resets', async () => {
    const fake = await resettingServer();
    expect(await visit(fake.port, 500)).toEqual({ bytes: '', end: 'ECONNRESET' });
    expect(fake.connections()).toBe(1);
    await fake.close();
  });

  it('silentServer() accepts and sends no byte', async () => {
    const fake = await silentServer();
    expect(await visit(fake.port, 100)).toEqual({ bytes: '', end: 'open' });
    await fake.close();
  });

  it('drippingServer() sends its head at once and then byte after byte', async () => {
    const fake = await drippingServer({ head: 'HEAD', bytes: 'xy', everyMs: 20 });
    const { bytes, end } = await visit(fake.port, 150);
    expect(bytes).toMatch(/^HEADxy[xy]*$/);
    expect(bytes.length).toBeLessThan(14);
    expect(end).toBe('open');
    await fake.close();
  });

  it('garbageServer() answers with text that is not HTTP', async () => {
    const fake = await garbageServer();
    await expect(rawRequest(fake.port, WIRE)).rejects.toThrow('not an HTTP/1.1 response');
    await fake.close();
  });

  it('endlessServer() answers 200 and never ends', async () => {
    const fake = await endlessServer();
    const { bytes, end } = await visit(fake.port, 100);
    expect(bytes).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(bytes.length).toBeGreaterThan(100_000);
    expect(end).toBe('open');
    await fake.close();
  });
});

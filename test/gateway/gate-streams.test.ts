import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { DEFAULT_HOST, get, header, headerValues, request } from '../support/raw-http.ts';
import { CAN_MEASURE, growthDuring } from '../support/resident-memory.ts';
import { startGate } from '../support/start-gate.ts';

const GIB = 1024 ** 3;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const MAX_GROWTH_MIB = 64;

/** Sends bytes without end, or counts what is sent to it, or answers as its path says. */
function site(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site');
  switch (pathname) {
    case '/down': {
      const length = Number(searchParams.get('bytes'));
      response.writeHead(200, { 'Content-Length': length, ETag: '"1"' });
      bytes(length).pipe(response);
      break;
    }
    case '/up': {
      let length = 0;
      request.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      request.on('end', () =>
        response.end(JSON.stringify({ length, declared: request.headers['content-length'] })),
      );
      break;
    }
    case '/part':
      response.writeHead(206, { 'Content-Range': 'bytes 2-4/10', 'Accept-Ranges': 'bytes' });
      response.end(`got ${request.headers.range}`);
      break;
    case '/unchanged':
      response.writeHead(304, { ETag: '"7"' });
      response.end();
      break;
    case '/hints':
      response.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' });
      response.end('after hints');
      break;
    default:
      response.writeHead(pathname === '/empty' ? 204 : 200, { 'X-Length': '3' });
      response.end(pathname === '/empty' ? undefined : 'abc');
  }
}

function bytes(length: number): Readable {
  let left = length;
  return new Readable({
    read() {
      const size = Math.min(left, CHUNK.length);
      left -= size;
      this.push(size === 0 ? null : CHUNK.subarray(0, size));
    },
  });
}

describe('bodies through the gate', async () => {
  const origin = await forAllTests(startNodeOrigin(site));
  const services = { kratos: 'binding', origin: 'http' } as const;
  const gate = await gateForAllTests({ services, vars: { ORIGIN_URL: origin.url } });
  const { cookie } = await gate.kratos.createSession();
  await get(gate.port, '/warm', { Cookie: cookie });

  it.skipIf(!CAN_MEASURE)(
    '1 GiB down does not grow the memory of the runtime',
    async () => {
      const growth = await growthDuring(async () => {
        expect(await download(`/down?bytes=${GIB}`)).toBe(GIB);
      });
      expect(growth).toBeLessThan(MAX_GROWTH_MIB);
    },
    60_000,
  );

  it.skipIf(!CAN_MEASURE)(
    '1 GiB up does not grow the memory of the runtime, and keeps its length',
    async () => {
      const growth = await growthDuring(async () => {
        expect(await upload('/up', GIB)).toEqual({ length: GIB, declared: String(GIB) });
      });
      expect(growth).toBeLessThan(MAX_GROWTH_MIB);
    },
    60_000,
  );

  it('passes partial, unchanged, empty and HEAD answers unmodified', async () => {
    const part = await get(gate.port, '/part', { Cookie: cookie, Range: 'bytes=2-4' });
    expect([part.status, header(part, 'content-range'), part.text]).toEqual([
      206,
      'bytes 2-4/10',
      'got bytes=2-4',
    ]);
    const unchanged = await get(gate.port, '/unchanged', {
      Cookie: cookie,
      'If-None-Match': '"7"',
    });
    expect([unchanged.status, header(unchanged, 'etag'), unchanged.text]).toEqual([304, '"7"', '']);
    const empty = await get(gate.port, '/empty', { Cookie: cookie });
    expect([empty.status, empty.text, empty.rest.length]).toEqual([204, '', 0]);
    const head = await request(gate.port, {
      method: 'HEAD',
      target: '/down?bytes=7',
      headers: { Cookie: cookie },
    });
    expect([head.status, header(head, 'content-length'), head.rest.length]).toEqual([200, '7', 0]);
  });

  it('gives the final answer after early hints', async () => {
    const answer = await get(gate.port, '/hints', { Cookie: cookie });
    expect([answer.status, answer.text]).toEqual([200, 'after hints']);
  });

  it('passes chunked uploads on before their end', async () => {
    const body = '3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n';
    const headers = { Cookie: cookie, 'Transfer-Encoding': 'chunked' };
    const answer = await request(gate.port, { method: 'POST', target: '/up', headers, body });
    expect(JSON.parse(answer.text)).toMatchObject({ length: 7 });
  });

  function download(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const asked = httpRequest(options('GET', path), (response) => {
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
        });
        response.on('end', () => resolve(length));
        response.on('error', reject);
      });
      asked.on('error', reject).end();
    });
  }

  function upload(path: string, length: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const asked = httpRequest(options('POST', path, length), (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk;
        });
        response.on('end', () => resolve(JSON.parse(text)));
      });
      bytes(length).pipe(asked.on('error', reject));
    });
  }

  function options(method: string, path: string, length?: number) {
    const headers = {
      host: DEFAULT_HOST,
      cookie,
      ...(length !== undefined && { 'content-length': length }),
    };
    return { port: gate.port, host: '127.0.0.1', method, path, headers };
  }
});

describe('answers of the origin', async () => {
  const gate = await gateForAllTests();
  const { cookie } = await gate.kratos.createSession();

  it('H15: the origin cannot set the session cookie; its other cookies all arrive', async () => {
    const cookies = headerValues(
      await get(gate.port, '/cookies', { Cookie: cookie }),
      'set-cookie',
    );
    expect(cookies.map((text) => text.split('=', 1)[0])).toEqual(['theme', 'basket']);
  });

  it('H6: drops headers that the origin names in Connection, and headers reserved for Postern', async () => {
    const answer = await get(gate.port, '/hop', { Cookie: cookie });
    expect(answer.status).toBe(200);
    expect(answer.headers.map(([name]) => name.toLowerCase())).not.toContain('x-user-id');
  });

  it('streams events without delay', async () => {
    const answer = await get(gate.port, '/sse', { Cookie: cookie });
    expect(answer.text.match(/data: event/g)).toHaveLength(5);
    expect(header(answer, 'transfer-encoding')).toBe('chunked');
  });

  it('passes redirects without following them', async () => {
    const answer = await get(gate.port, '/redirect', { Cookie: cookie });
    expect([answer.status, header(answer, 'location')]).toEqual([302, '/elsewhere']);
    expect((await gate.origin.calls()).counts).not.toHaveProperty('GET /elsewhere');
  });

  it('H16: header values follow a change of the session', async () => {
    await using other = await startGate({
      vars: { IDENTITY_HEADERS: { 'X-User-Email': 'identity.traits.email' } },
    });
    const own = await other.kratos.createSession({ traits: { email: 'old@example.com' } });
    const emailSeen = async () => {
      const { text } = await get(other.port, '/?format=json', { Cookie: own.cookie });
      return JSON.parse(text).headers.find(([name]: [string]) => name === 'x-user-email')?.[1];
    };
    expect(await emailSeen()).toBe('old@example.com');
    await other.kratos.changeIdentity(own.session.identity.id, {
      traits: { email: 'new@example.com' },
    });
    await other.clock.advance(61_000);
    expect(await emailSeen()).toBe('new@example.com');
  });
});

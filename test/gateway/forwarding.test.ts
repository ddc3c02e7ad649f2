import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import {
  DEFAULT_HOST,
  get,
  header,
  headerValues,
  type RawHeaders,
  rawRequest,
  request,
} from '../support/raw-http.ts';

const RULES = [
  { path: '/public/*', session: 'none' },
  { path: '/assets/*', session: 'none', cache_control: 'origin' },
  { path: '/own/*', session: 'required', cache_control: 'origin' },
];
const PLAIN = 'ä line of text\n'.repeat(200);
const ENCODED = { gzip: gzipSync(PLAIN), br: brotliCompressSync(PLAIN) };
const CACHEABLE = {
  'Cache-Control': 'public, max-age=600',
  'CDN-Cache-Control': 'max-age=600',
  'Cloudflare-CDN-Cache-Control': 'max-age=600',
  'Surrogate-Control': 'max-age=600',
  Expires: 'Wed, 21 Oct 2037 07:28:00 GMT',
};

/** Length and digest of the last request's body, with what it said of its length. */
let uploaded: { bytes: number; digest: string; headers: IncomingMessage['headers'] } | undefined;

const origin = await forAllTests(startNodeOrigin(answer));
const gate = await gateForAllTests({
  vars: { RULES },
  origin,
});
const alice = await gate.kratos.createSession();
beforeEach(() => {
  origin.arrived.length = 0;
});

function answer(incoming: IncomingMessage, response: ServerResponse): void {
  const name = (incoming.url ?? '').split(/[/?]/)[2] ?? '';
  if (name === 'gzip' || name === 'br') {
    response.writeHead(200, { 'Content-Encoding': name, 'Content-Type': 'text/plain' });
    response.end(ENCODED[name]);
  } else if (name === 'range') {
    response.writeHead(206, { 'Content-Range': 'bytes 2-4/10', 'Accept-Ranges': 'bytes' });
    response.end('234');
  } else if (name === '204') response.writeHead(204, { 'X-App': 'a' }).end();
  else if (name === '304') response.writeHead(304, { ETag: '"e"' }).end();
  else if (name === 'redirect')
    response.writeHead(307, { Location: 'https://elsewhere.example/x?y#z' }).end();
  else if (name === 'cookies') {
    response.setHeader('Set-Cookie', [
      'a=1; Path=/; Expires=Wed, 21 Oct 2037 07:28:00 GMT',
      'ory_kratos_session=evil; Domain=.example.test; Path=/',
      '__Host-ory_kratos_session=evil; Path=/; Secure',
      ' ORY-kratos.session =evil',
      'b=2; HttpOnly; SameSite=Lax',
      'a=3; Path=/other',
    ]);
    response.end('cookies');
  } else if (name === 'cacheable') response.writeHead(200, CACHEABLE).end('kept?');
  else if (name === 'upload') receive(incoming, response);
  else
    response.writeHead(200, { 'Content-Length': 3 }).end(incoming.method === 'HEAD' ? '' : 'ok\n');
}

function receive(incoming: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha256');
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  incoming.on('end', () => {
    uploaded = { bytes, digest: hash.digest('hex'), headers: incoming.headers };
    response.end('received');
  });
}

function receivedValues(name: string): string[] {
  const headers = origin.arrived.at(-1)?.headers ?? [];
  return headers.flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []));
}

const token = () => ({ 'X-Session-Token': alice.token });

describe('the answer of the origin', () => {
  it.each(['gzip', 'br'] as const)(
    'arrives as it was encoded (%s), byte for byte',
    async (coding) => {
      const response = await get(gate.port, `/x/${coding}`, {
        ...token(),
        'Accept-Encoding': 'gzip, br',
      });
      expect(header(response, 'content-encoding')).toBe(coding);
      expect(Buffer.from(response.body).equals(ENCODED[coding])).toBe(true);
    },
  );

  it('206 and its range headers pass, as does the request’s Range', async () => {
    const response = await get(gate.port, '/x/range', {
      ...token(),
      Range: 'bytes=2-4',
      'If-Range': '"e"',
    });
    expect([response.status, response.text]).toEqual([206, '234']);
    expect(header(response, 'content-range')).toBe('bytes 2-4/10');
    expect(receivedValues('range')).toEqual(['bytes=2-4']);
    expect(receivedValues('if-range')).toEqual(['"e"']);
  });

  it('204 and 304 pass without a body', async () => {
    const nothing = await get(gate.port, '/x/204', token());
    expect([nothing.status, nothing.text, nothing.rest.length]).toEqual([204, '', 0]);
    expect(header(nothing, 'x-app')).toBe('a');
    const same = await get(gate.port, '/x/304', { ...token(), 'If-None-Match': '"e"' });
    expect([same.status, header(same, 'etag'), same.rest.length]).toEqual([304, '"e"', 0]);
    expect(receivedValues('if-none-match')).toEqual(['"e"']);
  });

  it('HEAD reaches the origin as HEAD, and keeps the length of the omitted body', async () => {
    const composed = { method: 'HEAD', target: '/x/y', headers: token() };
    const response = await request(gate.port, composed);
    expect([response.status, header(response, 'content-length')]).toEqual([200, '3']);
    expect(origin.arrived.at(-1)?.method).toBe('HEAD');
  });

  it('redirects pass unfollowed', async () => {
    const response = await get(gate.port, '/x/redirect', token());
    expect([response.status, header(response, 'location')]).toEqual([
      307,
      'https://elsewhere.example/x?y#z',
    ]);
    expect(origin.arrived).toHaveLength(1);
  });

  it('H15: keeps every cookie separate and in order, and drops cookies with the session’s name', async () => {
    const response = await get(gate.port, '/public/cookies');
    expect(headerValues(response, 'set-cookie')).toEqual([
      'a=1; Path=/; Expires=Wed, 21 Oct 2037 07:28:00 GMT',
      'b=2; HttpOnly; SameSite=Lax',
      'a=3; Path=/other',
    ]);
  });

  it('W5: forbids every cache to store it, under any header of the origin', async () => {
    for (const target of [
      '/public/cacheable',
      '/x/cacheable',
      '/x/304',
      '/x/redirect',
      '/public/y',
    ]) {
      const response = await get(gate.port, target, token());
      expect([target, headerValues(response, 'cache-control')]).toEqual([
        target,
        ['private, no-store'],
      ]);
      for (const name of Object.keys(CACHEABLE).slice(1))
        expect([name, headerValues(response, name)]).toEqual([name, []]);
    }
  });

  it('keeps its caching headers under cache_control = "origin", and adds Vary', async () => {
    for (const target of ['/assets/cacheable', '/own/cacheable']) {
      const response = await get(gate.port, target, token());
      for (const [name, value] of Object.entries(CACHEABLE))
        expect([target, name, headerValues(response, name)]).toEqual([target, name, [value]]);
      const vary = target.startsWith('/own') ? ['Cookie, Authorization, X-Session-Token'] : [];
      expect([target, headerValues(response, 'vary')]).toEqual([target, vary]);
    }
  });
});

describe('the request to the origin', () => {
  it('keeps the bytes of a header, UTF-8 or not', async () => {
    const lines = ['GET /x/y HTTP/1.1', `Host: ${DEFAULT_HOST}`, `X-Session-Token: ${alice.token}`];
    const sent = 'caf\xe9 \xc3\xa9 \xff';
    const message = [...lines, `X-Note: ${sent}`, 'Connection: close', '', ''].join('\r\n');
    const response = await rawRequest(gate.port, Buffer.from(message, 'latin1'));
    expect(response.status).toBe(200);
    expect(receivedValues('x-note')).toEqual([sent]); // Node reads each byte as one character
  });

  it('H13: has no session credential, from any place in the request', async () => {
    const ways: RawHeaders[] = [
      { 'X-Session-Token': alice.token },
      { x_session_token: alice.token },
      { Cookie: alice.cookie },
      { Authorization: `Bearer ${alice.token}` },
      { Authorization: `bEaReR ${alice.token}` },
      { Cookie: `a=b; ${alice.cookie}; c=d`, Authorization: `Bearer ${alice.token}`, ...token() },
      [
        ['Cookie', 'a=b'],
        ['Cookie', alice.cookie],
      ],
      [
        ['Cookie', alice.cookie],
        ['Cookie', 'a=b'],
      ],
    ];
    const secrets = [alice.token, alice.cookie.split('=', 2)[1] ?? ''];
    for (const path of ['/public/x', '/x'])
      for (const headers of ways) await get(gate.port, path, headers);
    expect(origin.arrived.length).toBeGreaterThan(ways.length);
    const leaked = origin.arrived.filter(({ headers }) =>
      headers.some(([, value]) => secrets.some((secret) => value.includes(secret))),
    );
    expect(leaked).toEqual([]);
  });

  it('H13: has every other cookie, byte for byte', async () => {
    const others = 'a=b;c="d e" ;;  =x; flag; %41=%42; t=1=2';
    await get(gate.port, '/x', { Cookie: `${others}; ${alice.cookie}` });
    expect(receivedValues('cookie')).toEqual([others]);
    await get(gate.port, '/x', { Cookie: `a=b;${alice.cookie};c=d` });
    expect(receivedValues('cookie')).toEqual(['a=b;c=d']);
    await get(gate.port, '/x', { Cookie: alice.cookie });
    expect(receivedValues('cookie')).toEqual([]);
    await get(gate.port, '/x', { Cookie: others, ...token() });
    expect(receivedValues('cookie')).toEqual([others]);
  });

  it('has an Authorization header that is meant for the origin', async () => {
    await get(gate.port, '/x', { ...token(), Authorization: 'Basic YTpi' });
    expect(receivedValues('authorization')).toEqual(['Basic YTpi']);
    await get(gate.port, '/public/x', { Authorization: 'Bearer an-api-key-of-the-site' });
    expect(receivedValues('authorization')).toEqual(['Bearer an-api-key-of-the-site']);
  });

  it('has the query byte for byte, except for an apostrophe, which the URL standard escapes', async () => {
    const queries = ['?', '?a', '?a=%27+b%2f&&=;/..//:@!$()*,[]{}|^`~\\', '?%zz%', '?a?b'];
    for (const query of queries) {
      const { status } = await get(gate.port, `/x${query}`, token());
      expect([query, status, origin.arrived.at(-1)?.target]).toEqual([query, 200, `/x${query}`]);
    }
    await get(gate.port, "/x?it's", token());
    expect(origin.arrived.at(-1)?.target).toBe('/x?it%27s');
    expect((await get(gate.port, '/x?caf\xc3\xa9', token())).status).toBe(400);
  });

  it('has the origin’s host in Host, and the gate’s in X-Forwarded-Host', async () => {
    await get(gate.port, '/x', token());
    expect(receivedValues('host')).toEqual([`127.0.0.1:${origin.port}`]);
    expect(receivedValues('x-forwarded-host')).toEqual(['app.example.test']);
  });

  it('has a body of known length whole, with its length', async () => {
    const body = Buffer.alloc(5 * 1024 * 1024, 'abcdefg');
    const composed = { method: 'PUT', target: '/x/upload', headers: token(), body };
    expect((await request(gate.port, composed)).text).toBe('received');
    expect(uploaded).toMatchObject({
      bytes: body.length,
      digest: createHash('sha256').update(body).digest('hex'),
    });
    expect(uploaded?.headers['content-length']).toBe(String(body.length));
    expect(uploaded?.headers['transfer-encoding']).toBeUndefined();
  });

  it('has a body of unknown length whole, in chunks', async () => {
    const headers = { ...token(), 'Transfer-Encoding': 'chunked' };
    const body = '5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n';
    await request(gate.port, { method: 'POST', target: '/x/upload', headers, body });
    expect(uploaded).toMatchObject({
      bytes: 6,
      digest: createHash('sha256').update('hello!').digest('hex'),
    });
    expect(uploaded?.headers['transfer-encoding']).toBe('chunked');
  });

  it('has no body if the request has none', async () => {
    await request(gate.port, { method: 'POST', target: '/x', headers: token() });
    expect(receivedValues('transfer-encoding')).toEqual([]);
    await request(gate.port, { method: 'DELETE', target: '/x', headers: token(), body: '' });
    expect(origin.arrived.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  });
});

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { DEFAULT_HOST, get, header, headerValues } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { openWebSocket } from '../support/web-socket-client.ts';

const SITE = `https://${DEFAULT_HOST}`;
const SPA = 'https://spa.example.test';
const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

it('the subprotocol chosen by an origin reaches the client', async () => {
  await using origin = await startUpgradingOrigin();
  const services = { kratos: 'binding', origin: 'http' } as const;
  await using gate = await startGate({ services, vars: { ORIGIN_URL: origin.url } });
  const { cookie } = await gate.kratos.createSession();
  const headers = { ...UPGRADE, Cookie: cookie, 'Sec-WebSocket-Protocol': 'chat.v2, chat.v1' };
  const answer = await get(gate.port, '/ws', headers);
  expect([answer.status, header(answer, 'sec-websocket-protocol')]).toEqual([101, 'chat.v1']);
  expect(headerValues(answer, 'set-cookie')).toEqual(['theme=dark']);
  expect(answer.headers.map(([name]) => name.toLowerCase())).not.toContain('x-user-id');
});

/** Accepts every upgrade, in the second of two protocols, and says more than it should. */
async function startUpgradingOrigin(): Promise<AsyncDisposable & { url: string }> {
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${accept}`,
        `Sec-WebSocket-Protocol: ${request.headers['sec-websocket-protocol']?.split(', ')[1]}`,
        'X-User-Id: spoofed',
        'Set-Cookie: theme=dark',
        'Set-Cookie: ory_kratos_session=evil',
        '\r\n',
      ].join('\r\n'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('WebSockets through the gate', async () => {
  const gate = await gateForAllTests({
    vars: {
      PUBLIC_URL: SITE,
      FRESH_SECONDS: 1,
      STALE_WHILE_REVALIDATE_SECONDS: 0,
      STALE_IF_ERROR_SECONDS: 2,
      RULES: [
        { path: '/open/*', session: 'none' },
        { path: '/ws', session: 'required', preflight: [SPA] },
      ],
    },
  });

  const upgrade = (headers: Record<string, string>, target = '/ws') =>
    get(gate.port, target, { ...UPGRADE, ...headers });

  const open = (cookie: string) =>
    openWebSocket(`ws://127.0.0.1:${gate.port}/ws`, { cookie, origin: SITE });

  function echo(socket: WebSocket, message: string | ArrayBuffer): Promise<unknown> {
    return new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => resolve(data), { once: true });
      socket.send(message);
    });
  }

  it('P24: no upgrade passes without a session, or for a page of another site', async () => {
    const { cookie } = await gate.kratos.createSession();
    expect((await upgrade({})).status).toBe(401);
    expect((await upgrade({ Cookie: cookie, Origin: SITE })).status).toBe(101);
    expect((await upgrade({ Cookie: cookie, Origin: SPA })).status).toBe(101);
    for (const origin of [
      'https://evil.example',
      'null',
      `${SITE}.evil.example`,
      'http://app.example.test',
    ]) {
      const answer = await upgrade({ Cookie: cookie, Origin: origin });
      expect([answer.status, header(answer, 'postern-reason')]).toEqual([
        403,
        'origin_not_allowed',
      ]);
    }
  });

  it('H6: an upgrade’s answer is filtered like any other', async () => {
    const { cookie } = await gate.kratos.createSession();
    const answer = await upgrade({ Cookie: cookie });
    expect(answer.status).toBe(101);
    expect(answer.headers.some(([name]) => /^x-user/i.test(name))).toBe(false);
  });

  it('passes 1,000 messages on, text and binary, and closes with 4401 when the session is revoked', async () => {
    const { cookie, id } = await gate.kratos.createSession();
    const { socket, closed } = await open(cookie);
    for (let index = 0; index < 1000; index += 1) {
      if (index % 2 === 0) expect(await echo(socket, `message ${index}`)).toBe(`message ${index}`);
      else {
        const sent = new Uint8Array([index % 256, 0, 255]);
        expect(new Uint8Array((await echo(socket, sent.buffer)) as ArrayBuffer)).toEqual(sent); // binaryType is arraybuffer
      }
    }
    await gate.kratos.revoke(id);
    expect(await closed).toMatchObject({ code: 4401, reason: 'session over' });
  });

  it('P24: closes with 4401 when the session expires', async () => {
    const { cookie } = await gate.kratos.createSession({ expiresInSeconds: 2 });
    const { closed } = await open(cookie);
    expect((await closed).code).toBe(4401);
  });

  it('closes with 1013, which is no verdict, when the session cannot be checked any more', async () => {
    const { cookie } = await gate.kratos.createSession();
    const { closed } = await open(cookie);
    await gate.kratos.control({ answers: {}, whoami: { status: 500, body: 'no' } });
    try {
      expect((await closed).code).toBe(1013);
    } finally {
      await gate.kratos.reset();
    }
  });

  it('passes a close with its code', async () => {
    const { cookie } = await gate.kratos.createSession();
    const { socket, closed } = await open(cookie);
    socket.close(4000, 'done');
    expect(await closed).toMatchObject({ code: 4000, reason: 'done' });
  });
});

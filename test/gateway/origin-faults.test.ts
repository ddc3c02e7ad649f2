import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isInHono } from '../support/composition.ts';
import { readComplaints, readDecisions } from '../support/decision-lines.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, headerValues } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import {
  cannedServer,
  garbageServer,
  refusingServer,
  resettingServer,
  silentServer,
  type TcpFake,
} from '../support/tcp-fakes.ts';
import { startWireOrigin } from '../support/wire-origin.ts';

const RULES = [{ path: '/public/*', session: 'none' }];

/** Declares a length that never arrives. */
const ENDLESS = `HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n${'x'.repeat(1000)}`;

async function gateBefore(origin: TcpFake): Promise<RunningGate> {
  return startGate({
    vars: { RULES, ORIGIN_TIMEOUT_MS: 300 },
    origin,
  });
}

describe('an origin that fails', () => {
  it.each([
    ['refuses the connection', refusingServer, 502, 'origin_unreachable'],
    ['resets the connection', resettingServer, 502, 'origin_unreachable'],
    ['does not speak HTTP', garbageServer, 502, 'origin_unreachable'],
    ['closes without an answer', () => cannedServer(''), 502, 'origin_unreachable'],
    ['does not answer in time', silentServer, 504, 'origin_timeout'],
  ] as const)('and %s is never a verdict', async (_, start, status, reason) => {
    const origin = await start();
    await using gate = await gateBefore(origin);
    const { token } = await gate.kratos.createSession();
    for (const [target, headers] of [
      ['/public/x', {}],
      ['/x', { 'X-Session-Token': token, Accept: 'text/html' }],
    ] as const) {
      const response = await get(gate.port, target, headers);
      expect([response.status, header(response, 'postern-reason')]).toEqual([status, reason]);
      expect(header(response, 'cache-control')).toBe('private, no-store');
      expect(response.text).not.toMatch(/127\.0\.0\.1|Network connection lost/);
    }
    expect((await readDecisions(gate)).map(({ outcome }) => outcome)).toEqual(['fault', 'fault']);
    expect(await readComplaints(gate)).toEqual([]);
    await origin.close();
  });

  it('in the middle of its body cuts the answer, and does not complete it', async () => {
    const origin = await cannedServer('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    await using gate = await gateBefore(origin);
    const response = await get(gate.port, '/public/x');
    expect([response.status, response.text, response.complete]).toEqual([200, 'half', false]);
    await origin.close();
  });
});

describe('an origin with a status that ends no request (RFC 9110 section 15)', () => {
  it('O7: 101 unasked, 1xx alone, below 100 and above 599 are faults of the site, and not logged as bugs', async () => {
    await using origin = await startWireOrigin();
    await using gate = await startGate({
      vars: { RULES },
      origin,
    });
    for (const [status, reason] of [
      ['101 Switching Protocols', 'origin_not_valid'],
      ['101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket', 'origin_not_valid'],
      ['101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c', 'origin_not_valid'],
      ['600 Odd', 'origin_not_valid'],
      ['999 Request Denied', 'origin_not_valid'],
      ['099 Low', 'origin_unreachable'],
      ['1000 Long', 'origin_unreachable'],
      ['100 Continue', 'origin_unreachable'],
      ['103 Early Hints', 'origin_unreachable'],
    ] as const) {
      origin.answer(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nok`);
      for (const headers of [{}, { Accept: 'text/html' }]) {
        const answer = await get(gate.port, '/public/x', headers);
        expect([status, answer.status, header(answer, 'postern-reason')]).toEqual([
          status,
          502,
          reason,
        ]);
      }
    }
    const decisions = await readDecisions(gate);
    expect(new Set(decisions.map(({ outcome }) => outcome))).toEqual(new Set(['fault']));
    expect(await readComplaints(gate)).toEqual([]);
  });

  it('O7: 101 without the accept of RFC 6455 is answered 502 by the platform', async () => {
    await using origin = await startWireOrigin();
    await using gate = await startGate({
      vars: { RULES },
      origin,
    });
    const handshake = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    for (const fields of ['', 'Connection: Upgrade\r\nUpgrade: websocket\r\n']) {
      origin.answer(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
      expect((await get(gate.port, '/public/x', handshake)).status).toBe(502);
    }
    expect(await readComplaints(gate)).toEqual([]);
  });

  it('every other status passes, without a body if the status forbids one', async () => {
    await using origin = await startWireOrigin();
    await using gate = await startGate({
      vars: { RULES },
      origin,
    });
    for (const [status, text] of [
      [204, ''],
      [205, ''],
      [304, ''],
      [299, 'ok'],
      [418, 'ok'],
      [599, 'ok'],
    ] as const) {
      origin.answer(`HTTP/1.1 ${status} Odd\r\nContent-Length: 2\r\n\r\nok`);
      const answer = await get(gate.port, '/public/x');
      expect([answer.status, answer.text, answer.rest.length]).toEqual([status, text, 0]);
    }
    expect(await readComplaints(gate)).toEqual([]);
  });
});

describe('an origin with an odd reason phrase (RFC 9112 section 4)', () => {
  it('O7: passes, without the phrase if the platform refuses its tab', async () => {
    await using origin = await startWireOrigin();
    await using gate = await startGate({
      vars: { RULES, ORIGIN_URL: origin.url, KRATOS_PUBLIC_URL: origin.url, SELF_SERVICE: true },
      services: { kratos: 'http', origin: 'http' },
    });
    for (const phrase of ['All\tgood', ' ', '', 'M\xfcde', 'x'.repeat(5000)]) {
      origin.answer(`HTTP/1.1 404 ${phrase}\r\nX-App: a\r\nContent-Length: 2\r\n\r\nok`);
      const answer = await get(gate.port, '/public/x');
      expect([answer.status, answer.text, header(answer, 'x-app')]).toEqual([404, 'ok', 'a']);
      const flow = await get(gate.port, '/self-service/login/browser');
      expect([flow.status, flow.text]).toEqual([404, 'ok']);
    }
    expect(await readComplaints(gate)).toEqual([]);
  });
});

describe('a session store with such a status', () => {
  it('O7: is answered 502 at the session API, and 503 for a session check', async () => {
    await using store = await startWireOrigin();
    await using gate = await startGate({
      vars: { SELF_SERVICE: true, KRATOS_PUBLIC_URL: store.url },
      services: { kratos: 'http', origin: 'binding' },
    });
    for (const status of ['101 Switching Protocols', '600 Odd', '999 Odd']) {
      store.answer(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\n{}`);
      const flow = await get(gate.port, '/self-service/login/browser');
      expect([flow.status, header(flow, 'postern-reason')]).toEqual([502, 'upstream_not_valid']);
      const whoami = await get(gate.port, '/sessions/whoami', {
        'X-Session-Token': 'a'.repeat(32),
      });
      expect([whoami.status, header(whoami, 'postern-reason')]).toEqual([503, 'store_unavailable']);
    }
    expect(await readComplaints(gate)).toEqual([]);
  });
});

describe('a slow origin', () => {
  it('can take its time for the body after the headers', async () => {
    await using gate = await startGate({
      vars: { RULES: [{ path: '/stream', session: 'none' }], ORIGIN_TIMEOUT_MS: 300 },
    });
    const response = await get(gate.port, '/stream');
    expect([response.status, response.complete]).toEqual([200, true]);
    expect(response.text).toContain('chunk 5');
  });
});

describe('an origin that answers too late', () => {
  // A late answer of a route is Hono's, which drops it.
  it.skipIf(isInHono())(
    'is released at its answer, even while other work of the request runs',
    async () => {
      let openMs = Infinity;
      const late = createServer((socket) => {
        const openedAt = performance.now();
        socket.once('data', () => setTimeout(() => socket.write(ENDLESS), 700));
        socket.on('error', () => {});
        socket.on('close', () => {
          openMs = performance.now() - openedAt;
        });
      });
      await new Promise<void>((resolve) => late.listen(0, '127.0.0.1', resolve));
      const { port } = late.address() as AddressInfo; // listening at a port
      await using gate = await startGate({
        vars: { FRESH_SECONDS: 1, ORIGIN_URL: `http://127.0.0.1:${port}`, ORIGIN_TIMEOUT_MS: 300 },
        services: { kratos: 'binding', origin: 'http' },
      });
      const { token } = await gate.kratos.createSession();
      const headers = { 'X-Session-Token': token };
      await get(gate.port, '/sessions/whoami', headers);
      await gate.clock.advance(2000);
      await gate.kratos.control({ delayMs: 3000 });
      expect((await get(gate.port, '/x', headers)).status).toBe(504); // and the session is checked again behind it
      await expect.poll(() => openMs, { timeout: 2500 }).toBeLessThan(2000);
      late.close();
    },
  );
});

describe('the session store’s own cookies', async () => {
  const gate = await gateForAllTests({
    vars: { RULES: [{ path: '/either', session: 'optional' }] },
  });

  it('C11: with a renewed value reach the browser that caused them, through the gate, once', async () => {
    const { cookie, session } = await gate.kratos.createSession();
    const renewed = 'ory_kratos_session=renewed; Path=/; HttpOnly; SameSite=Lax';
    await gate.kratos.control({
      whoami: { status: 200, body: session, headers: { 'Set-Cookie': renewed } },
    });
    const first = await get(gate.port, '/cookies', { Cookie: cookie });
    expect(headerValues(first, 'set-cookie')).toEqual([
      'theme=dark; Path=/; SameSite=Lax',
      'basket=3; Path=/; HttpOnly; Secure; Expires=Wed, 21 Oct 2037 07:28:00 GMT',
      renewed,
    ]);
    const second = await get(gate.port, '/either', { Cookie: cookie });
    expect([second.status, headerValues(second, 'set-cookie')]).toEqual([200, []]);
    await gate.kratos.reset();
  });
});

describe('a gate without a site', () => {
  it('answers its own routes, and 404 for everything else', async () => {
    await using gate = await startGate({
      vars: { ORIGIN_URL: undefined },
      services: { kratos: 'binding', origin: 'http' },
    });
    expect((await get(gate.port, '/')).status).toBe(404);
    expect((await get(gate.port, '/sessions/whoami')).status).toBe(401);
    expect((await get(gate.port, '/.postern/health/alive')).status).toBe(200);
    expect((await get(gate.port, '/.postern/unknown')).status).toBe(404);
  });
});

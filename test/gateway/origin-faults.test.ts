import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readComplaints, readDecisions } from '../support/decision-lines.ts';
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

const RULES = [{ path: '/public/*', session: 'none' }];

/** Declares more than anybody waits for. */
const ENDLESS = `HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n${'x'.repeat(1000)}`;

async function gateBefore(origin: TcpFake): Promise<RunningGate> {
  return startGate({
    vars: { RULES, ORIGIN_URL: origin.url, ORIGIN_TIMEOUT_MS: 300 },
    services: { kratos: 'binding', origin: 'http' },
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

  it('and cuts its body short is passed on cut short, not completed', async () => {
    const origin = await cannedServer('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    await using gate = await gateBefore(origin);
    const response = await get(gate.port, '/public/x');
    expect([response.status, response.text, response.complete]).toEqual([200, 'half', false]);
    await origin.close();
  });
});

describe('a slow origin', () => {
  it('may take its time with the body once the headers are there', async () => {
    await using gate = await startGate({
      vars: { RULES: [{ path: '/stream', session: 'none' }], ORIGIN_TIMEOUT_MS: 300 },
    });
    const response = await get(gate.port, '/stream');
    expect([response.status, response.complete]).toEqual([200, true]);
    expect(response.text).toContain('chunk 5');
  });
});

describe('an origin that answers too late', () => {
  it('is let go of when it does, though other work of the request goes on', async () => {
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
  });
});

describe('the session store’s own cookies', () => {
  let gate: RunningGate;
  beforeAll(async () => {
    gate = await startGate({ vars: { RULES: [{ path: '/either', session: 'optional' }] } });
  });
  afterAll(() => gate.dispose());

  it('C11: a renewed one reaches the browser that caused it, through the gate, once', async () => {
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

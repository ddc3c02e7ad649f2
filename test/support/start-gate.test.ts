import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StartGateOptions } from './gate-options.ts';
import { inlineStandin, PROBE_GATE } from './inline-workers.ts';
import { startNodeOrigin } from './node-origin.ts';
import { get, openAndReset, type RawHeaders, rawRequest } from './raw-http.ts';
import { type RunningGate, startGate } from './start-gate.ts';
import { garbageServer, refusingServer, resettingServer, silentServer } from './tcp-fakes.ts';

const SCRIPTS = {
  gateScript: PROBE_GATE,
  kratosScript: inlineStandin('kratos'),
  originScript: inlineStandin('origin'),
};

const start = (options: StartGateOptions = {}) => startGate({ ...SCRIPTS, ...options });

async function ask(port: number, target: string, headers: RawHeaders = {}) {
  const { status, text } = await get(port, target, headers);
  return status === 200 ? JSON.parse(text) : `${status} ${text}`;
}

describe('one gate', () => {
  let gate: RunningGate;

  beforeAll(async () => {
    gate = await start({
      vars: { RULES: [{ path: '/x' }], FRESH_SECONDS: '5', PUBLIC_URL: undefined },
    });
  });
  afterAll(() => gate.dispose());

  it.each([
    '/x/../admin',
    '/x/%2e%2e/admin',
    '/admin\\s',
    '//evil.example/x',
    '/%zz',
    '/a?b=/../c',
    '/{a}"|^?{b}|^`\\',
  ])('receives the target %s unchanged', async (target) => {
    expect((await ask(gate.port, target)).url).toBe(`http://app.example.test${target}`);
  });

  it('never sees a fragment', async () => {
    expect((await ask(gate.port, '/a#/../b?c')).url).toBe('http://app.example.test/a');
  });

  it('sees the Host header and never the authority of an absolute target', async () => {
    const { url } = await ask(gate.port, 'https://u:p@other.test:1/a/../b');
    expect(url).toBe('http://app.example.test/a/../b');
  });

  it('sees UTF-8 bytes of a target, but no other bytes and no controls', async () => {
    expect((await ask(gate.port, '/caf\xc3\xa9')).url).toBe('http://app.example.test/café');
    for (const target of ['/caf\xe9', '/a\x01', '/a\x7f', '/a\tb', '/a b', '/<', '/`', '/?"'])
      expect(await ask(gate.port, target)).toMatch(/^400 invalid/);
  });

  it('sees repeated header lines joined by a comma, Cookie and Host too', async () => {
    const wire = 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nCookie: s=A\r\nCookie: s=B\r\n\r\n';
    const { url, headers } = JSON.parse((await rawRequest(gate.port, wire)).text);
    expect(url).toBe('http://a, b/');
    expect(headers).toContainEqual(['cookie', 's=A, s=B']);
  });

  it('sees any content of a Host header pasted into the URL', async () => {
    const { url } = await ask(gate.port, '/admin', { Host: 'a.test/public?x=' });
    expect(url).toBe('http://a.test/public?x=/admin');
  });

  it('sees header bytes as UTF-8, and controls except NUL, CR and LF', async () => {
    const { headers } = await ask(gate.port, '/', {
      'X-A': '\xc3\xa9 \xe9',
      'X-B': 'a\x01\x0b\x7f\tb',
    });
    expect(headers).toContainEqual(['x-a', 'é \ufffd']);
    expect(headers).toContainEqual(['x-b', 'a\x01\x0b\x7f\tb']);
    expect(await ask(gate.port, '/', { 'X-A': 'a\0b' })).toMatch(/^400 invalid/);
  });

  it('has the given variables, in place of the defaults', async () => {
    const vars = await ask(gate.port, '/vars');
    expect(vars).toMatchObject({
      RULES: [{ path: '/x' }],
      FRESH_SECONDS: '5',
      ORIGIN_URL: 'https://origin.example.test',
    });
    expect(vars).not.toHaveProperty('PUBLIC_URL');
  });

  it('reaches the stand-ins through bindings', async () => {
    expect(JSON.parse(await ask(gate.port, '/kratos'))).toMatchObject({
      name: 'kratos',
      url: 'https://kratos.example.test/k',
    });
    expect(JSON.parse(await ask(gate.port, '/origin'))).toMatchObject({ name: 'origin' });
  });

  it('reads an empty in-memory namespace and its planted values', async () => {
    expect(await gate.kv.entries()).toEqual([]);
    const expiration = Math.ceil(Date.now() / 1000) + 100;
    await gate.kv.put('k', new Uint8Array([0, 255]), { metadata: { a: 1 }, expiration });
    expect(await gate.kv.entries()).toEqual([
      { name: 'k', value: new Uint8Array([0, 255]), metadata: { a: 1 }, expiration },
    ]);
    await gate.kv.delete('k');
    expect(await gate.kv.entries()).toEqual([]);
    await expect(gate.kv.calls()).rejects.toThrow('faulty');
  });

  it('logs() gives console lines and uncaught exceptions of the gate alone', async () => {
    gate.clearLogs();
    await ask(gate.port, '/log');
    await ask(gate.port, '/origin');
    expect(await ask(gate.port, '/throw')).toBe('500 Internal Server Error');
    const logs = await gate.logs();
    expect(logs).toHaveLength(3);
    expect(logs).toContain('a line { a: 1 }');
    expect(logs).toContain('a bad line');
    expect(logs.join()).toMatch(/Uncaught.*thrown by the gate/);
  });

  it('a reset connection cancels the request it carried', async () => {
    await ask(gate.port, '/slow');
    expect(await ask(gate.port, '/finished')).toBe(1);
    await openAndReset(gate.port, 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n', 50);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await ask(gate.port, '/finished')).toBe(1);
  });

  it('sees faults of real sockets as network errors', async () => {
    const call = (url: string) => ask(gate.port, `/call?url=${encodeURIComponent(url)}`);
    const [refusing, resetting, silent, garbage] = await Promise.all([
      refusingServer(),
      resettingServer(),
      silentServer(),
      garbageServer(),
    ]);
    expect(await call(refusing.url)).toMatch(/^Error: Network connection lost/);
    expect(await call(resetting.url)).toMatch(/^Error: Network connection lost/);
    expect(await call(silent.url)).toMatch(/^TimeoutError/);
    expect(await call(garbage.url)).toMatch(/^Error: /);
    for (const fake of [resetting, silent, garbage]) await fake.close();
  });

  it('clock moves the gate and the stand-ins together', async () => {
    await gate.clock.set(1_000_000);
    await gate.clock.advance(500_000);
    const expected = Date.now() + 1_500_000;
    expect(Math.abs(gate.clock.now() - expected)).toBeLessThan(50);
    const [now, constructed, given, isDate, called] = await ask(gate.port, '/time');
    const { now: standinNow } = JSON.parse(await ask(gate.port, '/kratos'));
    for (const time of [now, constructed, standinNow])
      expect(Math.abs(time - expected)).toBeLessThan(1000);
    expect([given, isDate, called]).toEqual([0, true, 'string']);
    await gate.clock.set(0);
    expect(Math.abs((await ask(gate.port, '/time'))[0] - Date.now())).toBeLessThan(1000);
  });
});

describe('two isolates', () => {
  let gate: RunningGate;

  beforeAll(async () => {
    gate = await start({ isolates: 2, durableObjects: { COUNTER: 'Counter' }, services: 'http' });
  });
  afterAll(() => gate.dispose());

  it('share only the bindings', async () => {
    const isolates = await Promise.all(gate.gates.map(({ port }) => ask(port, '/isolate')));
    expect(new Set(isolates).size).toBe(2);
    expect(gate.port).toBe(gate.gates[0]?.port);
  });

  it('have indices up to the started number', () => {
    expect(gate.isolate(1).port).toBe(gate.gates[1]?.port);
    expect(() => gate.isolate(2)).toThrow('isolates: 3');
  });

  it('share a Durable Object, whose clock moves too', async () => {
    const counts: unknown[] = [];
    await gate.clock.set(5_000_000);
    for (const { port } of gate.gates) {
      const [count, now] = await ask(port, '/count');
      counts.push(count);
      expect(now).toBeGreaterThan(Date.now() + 4_900_000);
    }
    expect(counts).toEqual([1, 2]);
  });

  it('reach the stand-ins by URL', async () => {
    const { name, url, headers } = JSON.parse(await ask(gate.port, '/kratos'));
    expect([name, url]).toEqual(['kratos', `${gate.kratos.url}/k`]);
    expect(headers.map(([header]: [string]) => header)).toEqual(['host']);
    const vars = await ask(gate.port, '/vars');
    expect(vars).toMatchObject({ KRATOS_PUBLIC_URL: gate.kratos.url, ORIGIN_URL: gate.origin.url });
    expect(vars).not.toHaveProperty('KRATOS');
  });
});

it('startGate() calls the servers of a test in place of the stand-ins', async () => {
  await using site = await startNodeOrigin();
  await using gate = await start({ origin: site, kratos: { url: 'http://127.0.0.1:9' } });
  expect(await ask(gate.port, '/vars')).toMatchObject({
    ORIGIN_URL: site.url,
    KRATOS_PUBLIC_URL: 'http://127.0.0.1:9',
  });
  expect(await ask(gate.port, '/vars')).not.toHaveProperty('ORIGIN');
});

it('reset() removes faults and clears the records of calls', async () => {
  await using gate = await startGate({ kv: 'faulty' });
  await gate.kratos.control({ databaseFailing: true });
  await get(gate.port, '/sessions/whoami', { 'X-Session-Token': 'ory_st_of_no_session' });
  expect((await gate.kratos.calls()).requests).not.toEqual([]);
  await gate.reset();
  const { token } = await gate.kratos.createSession();
  expect((await gate.kratos.calls()).requests).toEqual([]);
  expect(await gate.kv.calls()).toEqual([]);
  await gate.clock.advance(30_000); // past what the gate concluded from the fault
  const headers = { 'X-Session-Token': token };
  await expect
    .poll(async () => (await get(gate.port, '/sessions/whoami', headers)).status)
    .toBe(200);
  expect(await gate.bugs()).toEqual([]);
});

it('startGate() without KV leaves the binding out', async () => {
  await using gate = await start({ kv: 'none', services: { kratos: 'http', origin: 'binding' } });
  const vars = await ask(gate.port, '/vars');
  expect(Object.keys(vars).sort()).toEqual([
    'HOSTS',
    'KRATOS_PUBLIC_URL',
    'ORIGIN',
    'ORIGIN_URL',
    'PUBLIC_URL',
  ]);
  await expect(gate.kv.entries()).rejects.toThrow('kv: "none"');
});

it('startGate() reports a bundle that workerd refuses', async () => {
  await expect(start({ gateScript: 'export default {' })).rejects.toThrow(/SyntaxError/);
});

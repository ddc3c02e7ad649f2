import { describe, expect, it } from 'vitest';
import { readDecisions } from '../support/decision-lines.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, request } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';

const SPA = 'https://spa.example.test';
const RULES = [
  { path: '/open/*', session: 'none' },
  { path: '/maybe/*', session: 'optional' },
  { path: '/api/*', session: 'required', preflight: [SPA] },
  { host: 'admin.example.test', path: '/desk/*', session: 'none' },
  { path: '/read/*', methods: ['GET'], session: 'none' },
];

const gate = await gateForAllTests({ vars: { RULES, HOSTS: ['admin.example.test'] } });
const { cookie } = await gate.kratos.createSession();

const originCalls = async () => (await gate.origin.calls()).requests.length;

describe('methods', () => {
  it.each(['TRACE', 'PURGE', 'PROPFIND', 'SEARCH'])(
    'P23: %s is refused without a lookup',
    async (method) => {
      await gate.kratos.clearCalls();
      const fresh = await gate.kratos.createSession();
      const answer = await request(gate.port, {
        method,
        target: '/x',
        headers: { Cookie: fresh.cookie },
      });
      expect([405, 501]).toContain(answer.status);
      if (answer.status === 405) expect(header(answer, 'allow')).toContain('GET');
      expect((await gate.kratos.calls()).counts).not.toHaveProperty('GET /sessions/whoami');
    },
  );

  it('P23: a site can accept more methods', async () => {
    await using dav = await startGate({ vars: { FURTHER_METHODS: ['PROPFIND'] } });
    const statusOf = async (method: string) =>
      (await request(dav.port, { method, target: '/x' })).status;
    expect([await statusOf('PROPFIND'), await statusOf('PURGE')]).toEqual([401, 405]);
  });

  it('P22: HEAD gets the headers of GET, without a body', async () => {
    const answer = await request(gate.port, { method: 'HEAD', target: '/in' });
    expect([answer.status, answer.rest.length]).toEqual([401, 0]);
    expect((await request(gate.port, { method: 'HEAD', target: '/read/x' })).status).toBe(200);
    expect((await request(gate.port, { method: 'POST', target: '/read/x' })).status).toBe(401);
  });

  const preflight = (headers: Record<string, string>, target = '/api/x') =>
    request(gate.port, { method: 'OPTIONS', target, headers });

  it('P22: a valid preflight of a listed origin is answered here, without the origin', async () => {
    await gate.origin.clearCalls();
    const answer = await preflight({
      Origin: SPA,
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'authorization,content-type',
    });
    expect(answer.status).toBe(204);
    expect(header(answer, 'access-control-allow-origin')).toBe(SPA);
    expect(header(answer, 'access-control-allow-methods')).toBe('PUT');
    expect(header(answer, 'access-control-allow-headers')).toBe('authorization,content-type');
    expect(header(answer, 'access-control-allow-credentials')).toBe('true');
    expect(await originCalls()).toBe(0);
  });

  it('a preflight that is answered here causes one log line', async () => {
    const lines = async () =>
      (await readDecisions(gate)).filter(({ detail }) => detail === 'preflight').length;
    const before = await lines();
    await preflight({ Origin: SPA, 'Access-Control-Request-Method': 'PUT' });
    expect(await lines()).toBe(before + 1);
  });

  it.each<[string, Record<string, string>, string]>([
    ['no requested method', { Origin: SPA }, '/api/x'],
    ['no origin', { 'Access-Control-Request-Method': 'PUT' }, '/api/x'],
    ['an unknown method', { Origin: SPA, 'Access-Control-Request-Method': 'TRACE' }, '/api/x'],
    [
      'another origin',
      { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'PUT' },
      '/api/x',
    ],
    ['a path without CORS', { Origin: SPA, 'Access-Control-Request-Method': 'PUT' }, '/in'],
  ])('P22: OPTIONS with %s is an ordinary request', async (_, headers, target) => {
    const answer = await preflight(headers, target);
    expect([answer.status, header(answer, 'access-control-allow-methods')]).toEqual([
      401,
      undefined,
    ]);
  });

  it('W1: allows no foreign origin', async () => {
    const origins = [
      'https://evil.example',
      'null',
      `${SPA}.evil`,
      'http://spa.example.test',
      `${SPA}.`,
      `${SPA}:444`,
      '*',
      'https://SPA.example.test',
    ];
    for (const Origin of origins) {
      for (const target of ['/api/x', '/open/x', '/sessions/whoami', '/in']) {
        const asked = { Origin, 'Access-Control-Request-Method': 'GET', Cookie: cookie };
        for (const method of ['OPTIONS', 'GET']) {
          const answer = await request(gate.port, { method, target, headers: asked });
          expect(header(answer, 'access-control-allow-origin')).toBeUndefined();
        }
      }
    }
  });

  it('W2: Vary does not depend on the client', async () => {
    const plain = header(await get(gate.port, '/in'), 'vary');
    expect(header(await get(gate.port, '/in', { Vary: 'x' }), 'vary')).toBe(plain);
    expect(plain).toBe('Cookie, Authorization, X-Session-Token');
  });

  it('W3: 64,000 spaces in the requested headers cost little', async () => {
    const headers = {
      Origin: SPA,
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': `a${' '.repeat(60_000)}b`,
    };
    await preflight(headers);
    const startedAt = performance.now();
    const answer = await preflight(headers);
    expect([answer.status, header(answer, 'access-control-allow-headers')]).toEqual([
      204,
      undefined,
    ]);
    expect(performance.now() - startedAt).toBeLessThan(100);
  });
});

import { describe, expect, it } from 'vitest';
import { readDecisions } from '../support/decision-lines.ts';
import { forAllTests } from '../support/for-all-tests.ts';
import { get, header, headerValues, request } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { GUARDED, startKratosApi } from './session-api/start-session-api.ts';

const SPA = 'https://spa.example.test';
const ALLOW_ORIGIN = 'access-control-allow-origin';

const gate = await forAllTests(
  startKratosApi({ vars: { ALLOWED_ORIGINS: [SPA], SELF_SERVICE: true } }),
);
const { cookie } = await gate.kratos.createSession();

const preflight = (target: string, method: string, headers: Record<string, string> = {}) =>
  request(gate.port, {
    method: 'OPTIONS',
    target,
    headers: { Origin: SPA, 'Access-Control-Request-Method': method, ...headers },
  });

describe('a page of a listed origin', () => {
  it.each([
    ['/sessions/whoami', 'cache-status'],
    ['/sessions', 'x-total-count'],
    ['/self-service/settings/browser', 'content-type'],
  ])('reads the answer of %s that it requested with its cookie, and %s', async (target, name) => {
    const asked = { Origin: SPA, Cookie: cookie, Accept: 'application/json' };
    const answer = await get(gate.port, target, asked);
    expect([answer.status, header(answer, ALLOW_ORIGIN)]).toEqual([200, SPA]);
    expect(header(answer, 'access-control-allow-credentials')).toBe('true');
    expect(header(answer, 'access-control-expose-headers')?.split(', ')).toContain(name);
    expect(headerValues(answer, 'vary').join()).toContain('Origin');
  });

  it('reads refusals and faults too', async () => {
    const refused = await get(gate.port, '/sessions/whoami', { Origin: SPA });
    expect([refused.status, header(refused, ALLOW_ORIGIN)]).toEqual([401, SPA]);
    await gate.kratos.control({ whoami: { status: 500 } });
    const token = { 'X-Session-Token': 'nobody-has-seen-this-token' };
    const failed = await get(gate.port, '/sessions/whoami', { Origin: SPA, ...token });
    await gate.kratos.reset();
    expect([failed.status, header(failed, ALLOW_ORIGIN)]).toEqual([503, SPA]);
  });

  it.each([
    ['/sessions/whoami', 'GET'],
    ['/sessions', 'DELETE'],
    ['/self-service/login', 'POST'],
  ])(
    'gets an answer to its preflight of %s, and the store is not called',
    async (target, method) => {
      await gate.kratos.clearCalls();
      const answer = await preflight(target, method, {
        'Access-Control-Request-Headers': 'x-session-token, content-type',
      });
      expect(answer.status).toBe(204);
      expect(header(answer, ALLOW_ORIGIN)).toBe(SPA);
      expect(header(answer, 'access-control-allow-methods')).toBe(method);
      expect(header(answer, 'access-control-allow-headers')).toBe('x-session-token, content-type');
      expect(header(answer, 'cache-control')).toBe('private, no-store');
      expect((await gate.kratos.calls()).counts).toEqual({});
    },
  );

  it('gets no preflight answer for an unknown method', async () => {
    const answer = await preflight('/sessions/whoami', 'TRACE');
    expect([answer.status, header(answer, 'access-control-allow-methods')]).toEqual([
      401,
      undefined,
    ]);
  });

  it('causes one log line for each preflight', async () => {
    const count = async () =>
      (await readDecisions(gate)).filter(({ detail }) => detail === 'preflight').length;
    const before = await count();
    await preflight('/sessions/whoami', 'GET');
    expect(await count()).toBe(before + 1);
  });

  it('cannot read answers that require an operator’s secret', async () => {
    const headers = { ...GUARDED, Origin: SPA };
    const answer = await get(gate.port, '/admin/sessions', headers);
    expect([answer.status, header(answer, ALLOW_ORIGIN)]).toEqual([200, undefined]);
    expect(header(await preflight('/admin/sessions', 'GET'), ALLOW_ORIGIN)).toBeUndefined();
  });

  it('W3: 60,000 spaces in the requested headers cost little, and are not repeated', async () => {
    const asked = { 'Access-Control-Request-Headers': `a${' '.repeat(60_000)}b` };
    await preflight('/sessions/whoami', 'GET', asked);
    const startedAt = performance.now();
    const answer = await preflight('/sessions/whoami', 'GET', asked);
    expect(performance.now() - startedAt).toBeLessThan(1000); // a quadratic reading takes many seconds
    expect([answer.status, header(answer, 'access-control-allow-headers')]).toEqual([
      204,
      undefined,
    ]);
  });

  it('gets CORS headers for the site from the site alone', async () => {
    const answer = await get(gate.port, '/account', { Origin: SPA, Cookie: cookie });
    expect([answer.status, header(answer, ALLOW_ORIGIN)]).toEqual([200, undefined]);
  });
});

describe('a page of any other origin', () => {
  it.each([
    'https://evil.example',
    'null',
    '*',
    '',
    `${SPA}.evil`,
    `${SPA}.`,
    `${SPA}:444`,
    `${SPA}, https://evil.example`,
    'http://spa.example.test',
    'https://SPA.example.test',
    'https://app.example.test',
  ])('W1: %j gets no CORS headers', async (Origin) => {
    for (const target of ['/sessions/whoami', '/sessions', '/self-service/login/browser']) {
      const answer = await get(gate.port, target, { Origin, Cookie: cookie });
      expect(header(answer, ALLOW_ORIGIN)).toBeUndefined();
      expect(header(answer, 'access-control-allow-credentials')).toBeUndefined();
      const asked = await preflight(target, 'GET', { Origin });
      expect(header(asked, ALLOW_ORIGIN)).toBeUndefined();
    }
  });

  it.each(['/sessions', '/sessions/00000000-0000-4000-8000-000000000001'])(
    'ends no session: DELETE %s is refused before the store is called',
    async (target) => {
      await gate.kratos.clearCalls();
      const headers = { Origin: 'https://evil.example', Cookie: cookie };
      const answer = await request(gate.port, { method: 'DELETE', target, headers });
      expect([answer.status, header(answer, 'postern-reason')]).toEqual([403, 'cross_site_change']);
      expect((await gate.kratos.calls()).counts).toEqual({});
    },
  );

  it('W2: an answer varies by Origin for every client, and by no name that a client sends', async () => {
    const plain = await get(gate.port, '/sessions/whoami', { Cookie: cookie });
    const named = await get(gate.port, '/sessions/whoami', { Cookie: cookie, Vary: 'x' });
    const vary = headerValues(plain, 'vary').join(', ');
    expect(vary).toBe('Cookie, Authorization, X-Session-Token, Origin');
    expect(headerValues(named, 'vary').join(', ')).toBe(vary);
  });
});

it('without a listed origin there are no CORS headers', async () => {
  await using bare = await startGate();
  const { cookie: theirs } = await bare.kratos.createSession();
  const answer = await get(bare.port, '/sessions/whoami', { Origin: SPA, Cookie: theirs });
  expect(answer.status).toBe(200);
  expect(header(answer, ALLOW_ORIGIN)).toBeUndefined();
  expect(header(answer, 'vary')).toBe('Cookie, Authorization, X-Session-Token');
});

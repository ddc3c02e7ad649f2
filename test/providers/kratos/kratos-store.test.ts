import { describe, expect, it } from 'vitest';
import type { Carrier } from '../../../src/credentials/credential.ts';
import { createKratosStore } from '../../../src/providers/kratos/kratos-store.ts';
import { kratosBody } from '../../sessions/checked-sessions.ts';

const VALUE = 'ory_st_abcdefghijklmnopqrstuvwxyz012345';
const TOKEN: Carrier = { kind: 'session-token-header' };

type Answer = (request: Request) => Promise<Response> | Response;

function createStore(answer: Answer, { timeoutMs = 1000 } = {}) {
  const requests: Request[] = [];
  const store = createKratosStore({
    issuer: 'https://auth.example.test/',
    publicUrl: 'https://kratos.example.test/base',
    timeoutMs,
    fetch: async (request) => {
      requests.push(request);
      return answer(request);
    },
  });
  const check = (options = {}) => store.check({ carrier: TOKEN, value: VALUE }, options);
  return { store, check, requests };
}

const session = (headers: Record<string, string> = {}) =>
  new Response(kratosBody(), { headers: { 'Content-Type': 'application/json', ...headers } });
const error = (status: number, headers: Record<string, string> = {}) =>
  new Response('{"error":{"code":1}}', { status, headers });

describe('createKratosStore() calls whoami', () => {
  it.each<[Carrier, string, string]>([
    [TOKEN, 'x-session-token', VALUE],
    [{ kind: 'cookie', cookieName: 's' }, 'cookie', `s=${VALUE}`],
    [{ kind: 'bearer' }, 'authorization', `Bearer ${VALUE}`],
  ])('with one credential and no other header: %j', async (carrier, name, value) => {
    const { store, requests } = createStore(() => session());
    await store.check({ carrier, value: VALUE });
    const [request] = requests;
    expect(request?.url).toBe('https://kratos.example.test/base/sessions/whoami');
    expect(request?.method).toBe('GET');
    expect(request?.redirect).toBe('manual');
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      accept: 'application/json',
      [name]: value,
    });
  });

  it('for a template by its name, in any form', async () => {
    const { check, requests } = createStore(() => session());
    const tokenizeAs = 'a&b=c d#é/../x';
    await check({ tokenizeAs });
    expect(new URL(requests[0]?.url ?? '').searchParams.get('tokenize_as')).toBe(tokenizeAs);
  });
});

describe('createKratosStore() reads', () => {
  it('a session, with the headers beside it', async () => {
    const { check } = createStore(() => {
      const response = session({ 'Ory-Session-Cache-For': '60' });
      response.headers.append('Set-Cookie', 'a=1, 2; Path=/');
      response.headers.append('Set-Cookie', 'b=2');
      return response;
    });
    expect(await check()).toMatchObject({
      kind: 'session',
      body: kratosBody(),
      cacheForSeconds: 60,
      setCookies: ['a=1, 2; Path=/', 'b=2'],
    });
  });

  it.each(['', '-1', '1.5', 'x', '1e3', '1234567890'])(
    'an Ory-Session-Cache-For of %j as absent',
    async (value) => {
      const { check } = createStore(() => session({ 'Ory-Session-Cache-For': value }));
      expect(await check()).toMatchObject({ kind: 'session', cacheForSeconds: undefined });
    },
  );

  it.each([
    [401, { kind: 'no-session', body: '{"error":{"code":1}}' }],
    [403, { kind: 'insufficient' }],
    [400, { kind: 'rejected', status: 400 }],
  ])('%i as %j', async (status, expected) => {
    expect(await createStore(() => error(status)).check()).toMatchObject(expected);
  });

  it('C10: any other answer as a fault, never as a "no"', async () => {
    for (const status of [
      201, 204, 206, 301, 302, 304, 307, 404, 405, 408, 418, 429, 499, 500, 502, 503, 504,
    ]) {
      const isBodiless = status === 204 || status === 304;
      const answer = () => (isBodiless ? new Response(null, { status }) : error(status));
      expect(await createStore(answer).check(), `${status}`).toMatchObject({ kind: 'fault' });
    }
  });

  it.each([401, 403, 400])('C10: a %i of another shape as a fault', async (status) => {
    for (const body of [
      '',
      '<html>Access denied</html>',
      '{}',
      '[]',
      '{"error":"x"}',
      '{"error":null}',
    ]) {
      const { check } = createStore(() => new Response(body, { status }));
      expect(await check()).toMatchObject({
        kind: 'fault',
        scope: 'answer',
        detail: `store-${status}-foreign`,
      });
    }
  });

  it('C18: an inactive session as no session', async () => {
    const body = kratosBody().replace('"active":true', '"active":false');
    expect(await createStore(() => new Response(body)).check()).toEqual({
      kind: 'no-session',
      body: undefined,
    });
  });

  it.each([
    ['0', 1],
    ['7', 7],
    ['3600', 60],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['-1', undefined],
  ])('Retry-After: %s as %s seconds', async (value, retryAfterSeconds) => {
    const { check } = createStore(() => error(429, { 'Retry-After': value }));
    expect(await check()).toEqual({
      kind: 'fault',
      scope: 'store',
      detail: 'store-429',
      retryAfterSeconds,
    });
  });

  it('a body up to the largest size of a session', async () => {
    const long = () => new Response(kratosBody({ members: { x: 'x'.repeat(256 * 1024) } }));
    expect(await createStore(long).check()).toMatchObject({ detail: 'store-too-long' });
  });
});

describe('createKratosStore() does not throw', () => {
  it('if the store is unreachable', async () => {
    const { check } = createStore(() => {
      throw new Error(`connect ECONNREFUSED ${VALUE}`);
    });
    expect(await check()).toEqual({
      kind: 'fault',
      scope: 'store',
      detail: 'store-unreachable',
      retryAfterSeconds: undefined,
    });
  });

  it('if the answer does not arrive', async () => {
    const hang: Answer = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { check } = createStore(hang, { timeoutMs: 20 });
    expect(await check()).toMatchObject({ kind: 'fault', detail: 'store-timeout' });
  });

  it('if the body stops early', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"id":"'));
        controller.error(new Error('connection lost'));
      },
    });
    expect(await createStore(() => new Response(body)).check()).toMatchObject({ kind: 'fault' });
  });

  it.each<[string, Answer, string]>([
    ['Kratos’s own 200', () => new Response('{"status":"ok"}\n'), 'ready'],
    ['503, in Kratos’s error shape', () => error(503), 'not-ready'],
    ['500', () => error(500), 'not-ready'],
    ['a limit', () => error(429), 'not-ready'],
    ['a time limit', () => error(408), 'not-ready'],
    ['no connection', () => Promise.reject(new Error('gone')), 'not-ready'],
    ['a redirect', () => new Response(null, { status: 302 }), 'unpublished'],
    ['401', () => error(401), 'unpublished'],
    ['403', () => error(403), 'unpublished'],
    ['404', () => new Response('404 page not found\n', { status: 404 }), 'unpublished'],
    ['a page', () => new Response('<html>'), 'unpublished'],
    ['a long page', () => new Response(`{"status":"ok"}${' '.repeat(9000)}`), 'unpublished'],
    ['no body, with 204', () => new Response(null, { status: 204 }), 'unpublished'],
  ])('and reads its readiness from %s: %s', async (_, answer, readiness) => {
    const { store, requests } = createStore(answer);
    expect(await store.readiness()).toBe(readiness);
    const [request] = requests;
    expect([request?.url, request?.headers.get('cookie')]).toEqual([
      'https://kratos.example.test/base/health/ready',
      null,
    ]);
  });

  it('and is not ready while the answer about it does not arrive or does not end', async () => {
    const hang: Answer = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    expect(await createStore(hang, { timeoutMs: 20 }).store.readiness()).toBe('not-ready');
    const breaksOff: Answer = () =>
      new Response(new ReadableStream({ start: (body) => body.error(new Error('lost')) }));
    expect(await createStore(breaksOff).store.readiness()).toBe('not-ready');
  });
});

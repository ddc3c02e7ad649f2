import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningStandin, startStandin } from './start-standin.ts';

let origin: RunningStandin;

beforeAll(async () => {
  origin = await startStandin('origin');
});
afterAll(() => origin.stop());
beforeEach(async () => {
  await call('/.standin/calls', { method: 'DELETE' });
});

function call(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(origin.origin + path, { redirect: 'manual', ...init });
}

describe('any path', () => {
  it('shows the request as a page, with escaped content', async () => {
    const answer = await call('/some/where?q=1', { headers: { 'X-Note': '<script>' } });
    const text = await answer.text();
    expect(answer.headers.get('Content-Type')).toContain('text/html');
    expect(text).toContain('<h1>/some/where</h1>');
    expect(text).toContain('&lt;script&gt;');
    expect(text).not.toContain('<script>');
  });

  it('shows the request as JSON to a client that accepts it', async () => {
    const headers = { Accept: 'application/json', 'X-Note': 'n' };
    const answer = await call('/p?q=1', { method: 'POST', body: 'héllo', headers });
    const document = (await answer.json()) as { headers: [string, string][] };
    expect(document).toMatchObject({ method: 'POST', bodyLength: 6 });
    expect(document).toHaveProperty('url', `${origin.origin}/p?q=1`);
    expect(document.headers).toContainEqual(['x-note', 'n']);
  });

  it('shows the request as JSON for ?format=json', async () => {
    expect(await (await call('/p?format=json')).json()).toMatchObject({ method: 'GET' });
  });
});

describe('streams', () => {
  it('/stream sends five chunks apart from each other', async () => {
    const startedAt = performance.now();
    const answer = await call('/stream');
    const headersAfterMs = performance.now() - startedAt;
    expect(await answer.text()).toBe('chunk 1\nchunk 2\nchunk 3\nchunk 4\nchunk 5\n');
    expect(headersAfterMs).toBeLessThan(600);
    expect(performance.now() - startedAt).toBeGreaterThan(700);
  });

  it('/sse sends events', async () => {
    const answer = await call('/sse');
    expect(answer.headers.get('Content-Type')).toBe('text/event-stream');
    expect((await answer.text()).match(/^data: /gm)).toHaveLength(5);
  });

  it('/echo returns the body', async () => {
    const body = 'x'.repeat(200_000);
    const answer = await call('/echo', { method: 'POST', body });
    expect(await answer.text()).toBe(body);
  });

  it('/slow waits for the requested time', async () => {
    const startedAt = performance.now();
    await call('/slow?ms=120');
    expect(performance.now() - startedAt).toBeGreaterThan(110);
  });

  it('/ws returns its messages', async () => {
    const socket = new WebSocket(`${origin.origin.replace('http', 'ws')}/ws`);
    const heard = new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => resolve(data));
    });
    socket.addEventListener('open', () => socket.send('hello'));
    expect(await heard).toBe('hello');
    const closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code }) => resolve(code));
    });
    socket.close(1000);
    expect(await closed).toBe(1000);
  });

  it('/ws requires an upgrade', async () => {
    expect((await call('/ws')).status).toBe(426);
  });
});

describe('answers that a gate must handle with care', () => {
  it('/redirect goes to /elsewhere', async () => {
    const answer = await call('/redirect');
    expect([answer.status, answer.headers.get('Location')]).toEqual([302, '/elsewhere']);
  });

  it.each([204, 304, 404, 418, 503])('/status/%i answers with that status', async (status) => {
    expect((await call(`/status/${status}`)).status).toBe(status);
  });

  it('/status refuses an invalid status', async () => {
    expect((await call('/status/101')).status).toBe(400);
  });

  it('/cookies sets several cookies, one for the parent domain', async () => {
    const cookies = (await call('/cookies')).headers.getSetCookie();
    expect(cookies).toHaveLength(3);
    expect(cookies).toContain('ory_kratos_session=evil; Domain=.example.com; Path=/');
  });

  it('/hop answers headers that are not meant for the client', async () => {
    const { headers } = await call('/hop');
    expect(headers.get('X-Internal')).toBe('secret');
    expect(headers.get('X-User-Id')).toBe('spoofed');
  });
});

describe('/.standin/calls', () => {
  it('records requests, except those that read the record', async () => {
    await call('/a?x=1', { headers: { 'X-Note': 'n' } });
    await call('/a', { method: 'POST' });
    const report = (await (await call('/.standin/calls')).json()) as {
      requests: { headers: string[][] }[];
    };
    expect(report).toMatchObject({
      counts: { 'GET /a': 1, 'POST /a': 1 },
      requests: [
        { method: 'GET', path: '/a?x=1', url: `${origin.origin}/a?x=1` },
        { method: 'POST', path: '/a' },
      ],
    });
    expect(report.requests[0]?.headers).toContainEqual(['x-note', 'n']);
  });

  it('keeps the last 200', async () => {
    for (let index = 0; index < 205; index++) await call(`/n/${index}`);
    const report = (await (await call('/.standin/calls')).json()) as { requests: unknown[] };
    expect(report.requests).toHaveLength(200);
    expect(report.requests[0]).toMatchObject({ path: '/n/5' });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KratosClient } from './kratos-client.ts';

let kratos: KratosClient;

beforeAll(async () => {
  kratos = await KratosClient.start();
});
afterAll(() => kratos.stop());
beforeEach(() => kratos.reset());

async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await action();
  return performance.now() - startedAt;
}

describe('control', () => {
  it('answers whoami as configured, and like Kratos again after a reset', async () => {
    await kratos.control({ whoami: { status: 429, headers: { 'Retry-After': '7' } } });
    const answer = await kratos.whoami();
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([429, '7']);
    await kratos.reset();
    expect((await kratos.whoami()).status).toBe(401);
  });

  it('answers whoami with a redirect and with any body', async () => {
    await kratos.control({ whoami: { status: 302, location: 'https://evil.example.net/' } });
    expect((await kratos.whoami()).headers.get('Location')).toBe('https://evil.example.net/');
    await kratos.control({ whoami: { body: '<p>', contentType: 'text/html' } });
    const answer = await kratos.whoami();
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'text/html']);
    expect(await answer.text()).toBe('<p>');
  });

  it('answers other routes as configured', async () => {
    await kratos.control({ answers: { 'DELETE /sessions': { status: 503 } } });
    expect((await kratos.call('/sessions', { method: 'DELETE' })).status).toBe(503);
    expect((await kratos.call('/sessions')).status).toBe(401);
  });

  it('sends a raw body with its content type', async () => {
    await kratos.control({ rawBody: '{"id":', contentType: 'application/json' });
    const answer = await kratos.whoami();
    expect([answer.status, await answer.text()]).toEqual([200, '{"id":']);
  });

  it('delays answers, and drips them', async () => {
    await kratos.control({ delayMs: 150 });
    expect(await timed(() => kratos.whoami())).toBeGreaterThan(140);
    await kratos.control({ delayMs: 0, dripMs: 5, rawBody: 'x'.repeat(40) });
    const answer = await kratos.whoami();
    expect(await timed(() => answer.text())).toBeGreaterThan(150);
  });

  it('delays the answer to a completed change, except for whoami', async () => {
    const { session_token: token } = await kratos.signIn();
    await kratos.control({ lateAnswerMs: 400 });
    const headers = { 'x-session-token': token };
    const ending = kratos.call('/self-service/logout/api', {
      method: 'DELETE',
      body: JSON.stringify({ session_token: token }),
    });
    let isAnswered = false;
    ending.finally(() => {
      isAnswered = true;
    });
    while ((await kratos.call('/sessions/whoami', { headers })).status !== 401) {}
    expect(isAnswered).toBe(false);
    expect((await ending).status).toBe(204);
  });

  it('never ends', async () => {
    await kratos.control({ endlessBody: true });
    const answer = await kratos.whoami();
    const reader = answer.body?.getReader();
    let received = 0;
    while (received < 100_000) received += (await reader?.read())?.value?.length ?? 0;
    await reader?.cancel();
    expect((await kratos.call('/health/alive')).status).toBe(200);
  });

  it('hides a failing database behind a 401, and reveals it elsewhere', async () => {
    const { session, session_token: token } = await kratos.signIn();
    const failing = async () => [
      (await kratos.whoami({ 'X-Session-Token': token })).status,
      (await kratos.call('/health/ready')).status,
      (await kratos.call('/health/alive')).status,
      (await kratos.call(`/admin/sessions/${session.id}`)).status,
    ];
    await kratos.control({ databaseFailing: true });
    expect(await failing()).toEqual([401, 503, 200, 500]);
    // As recorded: the body says 500, and the driver's words.
    const { error } = (await (await kratos.call('/health/ready')).json()) as { error: object };
    expect(error).toMatchObject({
      code: 500,
      status: 'Internal Server Error',
      message: expect.stringContaining('connection refused'),
    });
    const settings = await kratos.call('/self-service/settings/api');
    expect([settings.status, settings.headers.get('ory-error-id')]).toEqual([
      401,
      'session_inactive',
    ]);
    expect((await kratos.call('/self-service/login/api')).status).toBe(500);
    await kratos.control({ databaseFailing: false });
    expect(await failing()).toEqual([200, 200, 200, 200]);
  });

  it('lets statements time out while it says that it is ready', async () => {
    const { session_token: token } = await kratos.signIn();
    await kratos.control({ statementsTimeOut: true });
    expect((await kratos.whoami({ 'X-Session-Token': token })).status).toBe(401);
    expect((await kratos.call('/health/ready')).status).toBe(200);
    const logout = () =>
      kratos.send('DELETE', '/self-service/logout/api', { session_token: token });
    expect((await logout()).status).toBe(500);
    await kratos.control({ statementsTimeOut: false });
    expect((await kratos.whoami({ 'X-Session-Token': token })).status).toBe(200);
    expect((await logout()).status).toBe(204);
  });

  it('refuses an unknown setting', async () => {
    await expect(kratos.control({ delayMS: 5 })).rejects.toThrow('delayMS');
  });

  it('keeps sessions over a reset', async () => {
    const { session_token: token } = await kratos.signIn();
    await kratos.reset();
    expect((await kratos.whoami({ 'X-Session-Token': token })).status).toBe(200);
  });
});

describe('calls', () => {
  it('records the requests to Kratos, and not those of the test', async () => {
    await kratos.whoami({ 'X-Session-Token': 'abc' }, '?tokenize_as=t');
    await kratos.signIn();
    await kratos.whoami();
    const report = (await (await kratos.call('/.standin/calls')).json()) as {
      requests: { headers: string[][] }[];
    };
    expect(report).toMatchObject({
      counts: { 'GET /sessions/whoami': 2 },
      requests: [
        { method: 'GET', path: '/sessions/whoami?tokenize_as=t' },
        { method: 'GET', path: '/sessions/whoami' },
      ],
    });
    expect(report.requests[0]?.headers).toContainEqual(['x-session-token', 'abc']);
  });
});

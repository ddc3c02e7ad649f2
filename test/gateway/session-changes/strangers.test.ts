import { afterEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { SERVED, startSite } from './site.ts';

const site = await forAllTests(startSite());
const stranger = await site.signIn();
await site.signIn(stranger.identityId); // so that the page has a form
const victim = await site.signIn();
const page = await site.send('/.postern/sessions', { headers: { cookie: stranger.cookie } });
const formToken = /name="token" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
afterEach(() => site.gate.reset());

const json = (method: string, headers: Record<string, string>, body: unknown): RequestInit => ({
  method,
  headers: { ...headers, 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** Every route by which a request can name a session or a person, with an attacker's credential. */
const ATTACKS: [string, () => Promise<Response>][] = [
  ...['x-session-token', 'cookie', 'authorization'].map((by): [string, () => Promise<Response>] => [
    `DELETE /sessions/{id} by ${by}`,
    () => {
      const { token, cookie } = stranger;
      const value = { cookie, authorization: `Bearer ${token}` }[by] ?? token;
      return site.send(`/sessions/${victim.id}`, { method: 'DELETE', headers: { [by]: value } });
    },
  ]),
  [
    'DELETE /sessions/{ID} in upper case',
    () =>
      site.send(`/sessions/${victim.id.toUpperCase()}`, {
        method: 'DELETE',
        headers: { 'x-session-token': stranger.token },
      }),
  ],
  [
    'the sessions page',
    () =>
      site.send('/.postern/sessions', {
        method: 'POST',
        headers: {
          cookie: stranger.cookie,
          origin: 'https://app.example.test',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ end: victim.id, token: formToken }).toString(),
      }),
  ],
  [
    'DELETE /admin/sessions/{id}',
    () =>
      site.send(`/admin/sessions/${victim.id}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${stranger.token}` },
      }),
  ],
  [
    'PATCH /admin/sessions/{id}/extend',
    () =>
      site.send(`/admin/sessions/${victim.id}/extend`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${stranger.token}` },
      }),
  ],
  [
    'DELETE /admin/identities/{id}/sessions',
    () =>
      site.send(`/admin/identities/${victim.identityId}/sessions`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${'x'.repeat(40)}` },
      }),
  ],
  [
    'POST /admin/sessions',
    () =>
      site.send('/admin/sessions', json('POST', {}, { action: 'delete', sessions: [victim.id] })),
  ],
  [
    'DELETE /self-service/logout/api with an id for a token',
    () => site.send('/self-service/logout/api', json('DELETE', {}, { session_token: victim.id })),
  ],
  [
    'GET /self-service/logout with a guessed token',
    () =>
      site.send(`/self-service/logout?token=${victim.id}`, {
        headers: { cookie: stranger.cookie, accept: 'text/html' },
      }),
  ],
  [
    'POST /self-service/settings of another person’s flow',
    async () => {
      const url = `${site.gate.kratos.url}/self-service/settings/api`;
      const made = await fetch(url, { headers: { 'x-session-token': victim.token } });
      const { id } = (await made.json()) as { id: string };
      const headers = { 'x-session-token': stranger.token };
      const fields = { method: 'password', password: 'long enough' };
      return site.send(`/self-service/settings?flow=${id}`, json('POST', headers, fields));
    },
  ],
];

describe.each(ATTACKS)('R22: by %s an attacker without the victim’s session', (_, attack) => {
  it('ends no session of the victim, for any number of attempts', async () => {
    for (let times = 0; times < 3; times += 1) await attack();
    await site.settle();
    expect(await site.statuses(victim)).toEqual(SERVED);
  });

  it.each(['throw', 'throw-definite', 'lost'] as const)(
    'ends no session while appends to the log %s, nor by a retry',
    async (append) => {
      await site.gate.setLogFaults({ append });
      await attack();
      await site.gate.setLogFaults({});
      await attack();
      await site.settle();
      expect(await site.statuses(victim)).toEqual(SERVED);
    },
  );

  it('ends no session while the store fails after the change, nor by a retry', async () => {
    const failing = { status: 500 };
    await site.gate.kratos.control({
      answers: {
        [`DELETE /sessions/${victim.id}`]: failing,
        'DELETE /self-service/logout/api': failing,
        'GET /self-service/logout': failing,
        'POST /self-service/settings': failing,
      },
    });
    await attack();
    await site.gate.kratos.reset();
    await attack();
    await site.settle();
    expect(await site.statuses(victim)).toEqual(SERVED);
  });
});

it('the victim’s entries stay cache hits, unaffected by the attacker', async () => {
  const path = `/sessions/${victim.id}`;
  const ask = () => site.send('/sessions/whoami', { headers: { 'x-session-token': victim.token } });
  await ask();
  await site.send(path, { method: 'DELETE', headers: { 'x-session-token': stranger.token } });
  expect((await ask()).headers.get('cache-status')).toContain('hit');
});

it('R25: a person who ends hundreds of unknown sessions causes a hundred marks at most', {
  timeout: 120_000,
}, async () => {
  const headers = { 'x-session-token': stranger.token };
  const before = await site.marks();
  for (let sent = 0; sent < 300; sent += 20) {
    const batch = Array.from({ length: 20 }, () =>
      site.send(`/sessions/${crypto.randomUUID()}`, { method: 'DELETE', headers }),
    );
    for (const answer of await Promise.all(batch)) expect(answer.status).toBe(204);
  }
  const after = await site.marks();
  expect(after.length - before.length).toBeLessThanOrEqual(101);
  expect(after).toContain(`i:${stranger.identityId}`);
  expect(await site.statuses(victim)).toEqual(SERVED);
});

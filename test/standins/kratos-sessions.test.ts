import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KratosClient } from './kratos-client.ts';

let kratos: KratosClient;

beforeAll(async () => {
  kratos = await KratosClient.start();
});
afterAll(() => kratos.stop());
beforeEach(() => kratos.reset());

const as = (token: string) => ({ headers: { 'X-Session-Token': token } });

async function three() {
  const identityId = crypto.randomUUID();
  const [current, other, another] = [
    await kratos.signIn({ identityId }),
    await kratos.signIn({ identityId }),
    await kratos.signIn({ identityId }),
  ];
  return { identityId, current, other, another };
}

async function ids(answer: Promise<Response>): Promise<string[]> {
  const list = (await (await answer).json()) as { id: string }[];
  return list.map(({ id }) => id).sort();
}

async function activeFlag(id: string): Promise<boolean> {
  const answer = await kratos.call(`/admin/sessions/${id}`);
  return ((await answer.json()) as { active: boolean }).active;
}

describe('GET /sessions', () => {
  it('lists the other active sessions of the same identity', async () => {
    const { identityId, current, other, another } = await three();
    await kratos.signIn({ identityId, expiresInSeconds: -5 });
    await kratos.signIn();
    const listed = await ids(kratos.call('/sessions', as(current.session_token)));
    expect(listed).toEqual([other.session.id, another.session.id].sort());
  });

  it('answers 401 with its own reason', async () => {
    const answer = await kratos.call('/sessions');
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain('"reason":"No valid session cookie found."');
  });
});

describe('DELETE /sessions', () => {
  it('ends the others, returns their number, and keeps the current one', async () => {
    const { current, other } = await three();
    const init = { method: 'DELETE', ...as(current.session_token) };
    expect(await (await kratos.call('/sessions', init)).json()).toEqual({ count: 2 });
    expect(await (await kratos.call('/sessions', init)).json()).toEqual({ count: 2 });
    expect((await kratos.whoami({ 'X-Session-Token': other.session_token })).status).toBe(401);
    expect((await kratos.whoami({ 'X-Session-Token': current.session_token })).status).toBe(200);
  });

  it('ends one by id, refuses the current one, and keeps those of other people', async () => {
    const { current, other } = await three();
    const stranger = await kratos.signIn();
    const end = (id: string) =>
      kratos.call(`/sessions/${id}`, { method: 'DELETE', ...as(current.session_token) });
    expect((await end(other.session.id)).status).toBe(204);
    expect((await end(stranger.session.id)).status).toBe(204);
    const refused = await end(current.session.id);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('cannot revoke current session');
    expect((await end('not-a-uuid')).status).toBe(400);
    expect(await activeFlag(other.session.id)).toBe(false);
    expect(await activeFlag(stranger.session.id)).toBe(true);
  });
});

describe('admin', () => {
  it('reads a session, with related rows only on request', async () => {
    const { session } = await kratos.signIn();
    const read = async (query: string) =>
      (await kratos.call(`/admin/sessions/${session.id}${query}`)).json();
    expect(await read('')).toMatchObject({ id: session.id, identity: null, devices: [] });
    expect(await read('?expand=identity&expand=devices')).toMatchObject({
      identity: { id: session.identity.id },
      devices: [{ ip_address: expect.any(String) }],
    });
    expect((await kratos.call(`/admin/sessions/${crypto.randomUUID()}`)).status).toBe(404);
  });

  it('deactivates a session and keeps its row', async () => {
    const { session, session_token: token } = await kratos.signIn();
    const path = `/admin/sessions/${session.id}`;
    expect((await kratos.call(path, { method: 'DELETE' })).status).toBe(204);
    expect((await kratos.whoami({ 'X-Session-Token': token })).status).toBe(401);
    expect(await activeFlag(session.id)).toBe(false);
  });

  it('extends a session by the lifespan, and answers without a body under the feature flag', async () => {
    const { session } = await kratos.signIn({ expiresInSeconds: 60 });
    const extend = () => kratos.call(`/admin/sessions/${session.id}/extend`, { method: 'PATCH' });
    await kratos.control({ sessionLifespanSeconds: 3600 });
    const answer = await extend();
    const { expires_at } = (await answer.json()) as { expires_at: string };
    expect(answer.status).toBe(200);
    expect(Date.parse(expires_at) - Date.now()).toBeGreaterThan(3_590_000);
    await kratos.control({ fasterSessionExtend: true });
    expect((await extend()).status).toBe(204);
  });

  it('silently skips a session that is too young to be extended', async () => {
    const { session } = await kratos.signIn({ expiresInSeconds: 600 });
    await kratos.control({ earliestPossibleExtendSeconds: 60 });
    const answer = await kratos.call(`/admin/sessions/${session.id}/extend`, { method: 'PATCH' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toHaveProperty('expires_at', session.expires_at);
  });

  it('lists and deletes the sessions of an identity', async () => {
    const { identityId, current, other, another } = await three();
    await kratos.call(`/.standin/sessions/${other.session.id}`, { method: 'DELETE' });
    const path = `/admin/identities/${identityId}/sessions`;
    const active = [current.session.id, another.session.id].sort();
    expect(await ids(kratos.call(path))).toHaveLength(3);
    expect(await ids(kratos.call(`${path}?active=true`))).toEqual(active);
    expect(await ids(kratos.call(`${path}?active=false`))).toEqual([other.session.id]);
    expect((await kratos.call(path, { method: 'DELETE' })).status).toBe(204);
    expect((await kratos.call(path, { method: 'DELETE' })).status).toBe(404);
    expect(await ids(kratos.call(path))).toEqual([]);
  });
});

describe('GET /admin/identities', () => {
  it('lists the identities of these ids that exist, with their external ids', async () => {
    const [{ identityId }, other] = [await three(), await three()];
    await kratos.send('PATCH', `/.standin/identities/${identityId}`, { external_id: 'ext' });
    const nobody = crypto.randomUUID();
    const query = [identityId, nobody, identityId.toUpperCase()].map((id) => `ids=${id}`).join('&');
    const answer = await kratos.call(`/admin/identities?${query}`);
    expect(await answer.json()).toEqual([
      expect.objectContaining({ id: identityId, external_id: 'ext' }),
    ]);
    const both = `ids=${identityId}&ids=${other.identityId}`;
    expect(await ids(kratos.call(`/admin/identities?${both}`))).toHaveLength(2);
    expect(await ids(kratos.call(`/admin/identities?${both}&page_size=1`))).toHaveLength(1);
  });

  it.each([
    'ids=nobody',
    `ids=${crypto.randomUUID()}&credentials_identifier=a@example.com`,
    Array.from({ length: 501 }, () => `ids=${crypto.randomUUID()}`).join('&'),
  ])('refuses %.60s', async (query) => {
    expect((await kratos.call(`/admin/identities?${query}`)).status).toBe(400);
  });
});

describe('POST /admin/sessions', () => {
  const bulk = async (body: unknown) => {
    const answer = await kratos.send('POST', '/admin/sessions', body);
    return { status: answer.status, body: await answer.json() };
  };

  it('disables or deletes sessions by id or by identity, and returns their number', async () => {
    const { identityId, current, other, another } = await three();
    const sessions = [current.session.id, other.session.id];
    expect((await bulk({ action: 'disable', sessions })).body).toEqual({
      processed: 2,
      more: false,
    });
    expect(await activeFlag(current.session.id)).toBe(false);
    expect((await bulk({ action: 'delete', identities: [identityId] })).body).toEqual({
      processed: 3,
      more: false,
    });
    expect((await kratos.call(`/admin/sessions/${another.session.id}`)).status).toBe(404);
  });

  it('changes a limited number of rows a call, and reports that there are more', async () => {
    await three();
    await kratos.control({ bulkRowsPerCall: 2 });
    const everybody = { action: 'disable', identities: ['*'] };
    const { body } = await bulk(everybody);
    expect(body).toEqual({ processed: 2, more: true });
    for (let calls = 0; ((await bulk(everybody)).body as { more: boolean }).more; calls += 1) {
      expect(calls).toBeLessThan(1000);
    }
  });

  it('refuses both kinds, no kind, too many ids, or an invalid id', async () => {
    const id = crypto.randomUUID();
    const bodies = [
      { action: 'disable' },
      { action: 'drop', sessions: [id] },
      { action: 'disable', sessions: [id], identities: [id] },
      { action: 'disable', sessions: [] },
      { action: 'disable', sessions: ['*'] },
      { action: 'disable', identities: ['*', id] },
      { action: 'disable', sessions: Array(501).fill(id) },
    ];
    for (const body of bodies) expect((await bulk(body)).status).toBe(400);
    expect((await bulk({ action: 'disable', sessions: Array(500).fill(id) })).status).toBe(200);
  });
});

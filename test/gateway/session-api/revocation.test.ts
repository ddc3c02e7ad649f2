import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { composeRequest, openAndReset } from '../../support/raw-http.ts';
import type { SignedInSession } from '../../support/standin-control.ts';
import { fetchAs } from './fetch-as.ts';
import { GUARDED, startKratosApi } from './start-session-api.ts';

const gate = await forAllTests(startKratosApi({ vars: { SELF_SERVICE: true }, isolates: 2 }));
beforeEach(() => gate.clock.advance(60_000)); // past the head start of a new log
afterEach(() => gate.kratos.reset());

interface Whoami {
  readonly status: number;
  readonly cacheStatus: string;
  readonly setCookies: string[];
  readonly session: {
    readonly expires_at: string;
    readonly identity: { traits: { email: string } };
  };
}

async function whoami(headers: Record<string, string>, base = gate.url): Promise<Whoami> {
  const response = await fetchAs(`${base}/sessions/whoami`, { headers });
  return {
    status: response.status,
    cacheStatus: response.headers.get('cache-status') ?? '',
    setCookies: response.headers.getSetCookie(),
    session: (await response.json()) as Whoami['session'],
  };
}

const byCookie = ({ cookie }: SignedInSession) => ({ cookie });
const byToken = ({ token }: SignedInSession) => ({ 'x-session-token': token });

/** Remembered here, so that only a mark makes the store be asked. */
async function makeHot(headers: Record<string, string>): Promise<void> {
  await whoami(headers);
  expect((await whoami(headers)).cacheStatus).toContain('hit');
}

async function change(method: string, path: string, init: RequestInit = {}): Promise<number> {
  const headers = { ...GUARDED, ...init.headers };
  return (await fetchAs(gate.url + path, { ...init, method, headers })).status;
}

describe('an extension', () => {
  it('is visible to the next whoami of the same client, with the renewed cookie (ory/kratos#2562)', async () => {
    const session = await gate.kratos.createSession({
      identityId: crypto.randomUUID(),
      expiresInSeconds: 600,
    });
    await makeHot(byCookie(session));
    const before = await whoami(byCookie(session));
    expect(await change('PATCH', `/admin/sessions/${session.id}/extend`)).toBe(200);
    const after = await whoami(byCookie(session));
    expect(Date.parse(after.session.expires_at)).toBeGreaterThan(
      Date.parse(before.session.expires_at) + 3_600_000,
    );
    expect(after.setCookies).toEqual([expect.stringMatching(/^ory_kratos_session=/)]);
    expect(after.cacheStatus).toContain('fwd=');
    const [cookie = ''] = after.setCookies[0]?.split(';') ?? [];
    expect((await whoami({ cookie })).setCookies).toEqual([]);
  });

  it('answered with 204 by a Kratos that extends faster has the same effect', async () => {
    await gate.kratos.control({ fasterSessionExtend: true });
    const session = await gate.kratos.createSession({
      identityId: crypto.randomUUID(),
      expiresInSeconds: 600,
    });
    await makeHot(byCookie(session));
    expect(await change('PATCH', `/admin/sessions/${session.id}/extend`)).toBe(204);
    expect((await whoami(byCookie(session))).setCookies).toHaveLength(1);
  });

  it('that Kratos silently skipped has no effect', async () => {
    await gate.kratos.control({ earliestPossibleExtendSeconds: 60 });
    const session = await gate.kratos.createSession({
      identityId: crypto.randomUUID(),
      expiresInSeconds: 600,
    });
    await makeHot(byCookie(session));
    const before = await whoami(byCookie(session));
    expect(await change('PATCH', `/admin/sessions/${session.id}/extend`)).toBe(200);
    const after = await whoami(byCookie(session));
    expect([after.session.expires_at, after.setCookies]).toEqual([before.session.expires_at, []]);
  });
});

describe('a change through Postern', () => {
  it('R7: ends one session for its two cookies and its token', async () => {
    const session = await gate.kratos.createSession({ identityId: crypto.randomUUID() });
    const second = { cookie: await gate.kratos.issueCookie(session.id) };
    const ways = [byCookie(session), second, byToken(session)];
    for (const way of ways) await makeHot(way);
    const flow = await fetchAs(`${gate.url}/self-service/logout/browser`, {
      headers: byCookie(session),
    });
    const { logout_token: token } = (await flow.json()) as { logout_token: string };
    const out = await fetchAs(`${gate.url}/self-service/logout?token=${token}`, {
      headers: byCookie(session),
    });
    expect(out.status).toBe(303);
    expect(await Promise.all(ways.map(async (way) => (await whoami(way)).status))).toEqual([
      401, 401, 401,
    ]);
  });

  it('R8: ends all other sessions and keeps the caller’s', async () => {
    const identityId = crypto.randomUUID();
    const sessions = [];
    for (let count = 0; count < 5; count += 1)
      sessions.push(await gate.kratos.createSession({ identityId }));
    for (const session of sessions) await makeHot(byToken(session));
    const [current] = sessions;
    if (current === undefined) throw new Error('five sessions were made');
    const response = await fetchAs(`${gate.url}/sessions`, {
      method: 'DELETE',
      headers: byToken(current),
    });
    expect(await response.json()).toEqual({ count: 4 });
    const states = await Promise.all(
      sessions.map(async (session) => (await whoami(byToken(session))).status),
    );
    expect(states).toEqual([200, 401, 401, 401, 401]);
  });

  it('takes effect in the other isolate within the lag', async () => {
    const session = await gate.kratos.createSession({ identityId: crypto.randomUUID() });
    const there = gate.isolate(1).url;
    await makeHot(byToken(session));
    expect((await whoami(byToken(session), there)).status).toBe(200);
    expect(await change('DELETE', `/admin/sessions/${session.id}`)).toBe(204);
    await gate.clock.advance(5001);
    expect((await whoami(byToken(session), there)).status).toBe(401);
  });

  it.each([
    [
      'a session ended by its owner',
      async ({ other, current }: Pair) =>
        fetchAs(`${gate.url}/sessions/${other.id}`, {
          method: 'DELETE',
          headers: byToken(current),
        }),
    ],
    [
      'a session ended by an administrator',
      ({ other }: Pair) =>
        fetchAs(`${gate.url}/admin/sessions/${other.id}`, { method: 'DELETE', headers: GUARDED }),
    ],
    [
      'all sessions of an identity',
      ({ identityId }: Pair) =>
        fetchAs(`${gate.url}/admin/identities/${identityId}/sessions`, {
          method: 'DELETE',
          headers: GUARDED,
        }),
    ],
    ['sessions in bulk', ({ other }: Pair) => bulk({ action: 'disable', sessions: [other.id] })],
    [
      'identities in bulk',
      ({ identityId }: Pair) => bulk({ action: 'delete', identities: [identityId] }),
    ],
    ['everybody', () => bulk({ action: 'disable', identities: ['*'] })],
    [
      'an app signed out',
      ({ other }: Pair) =>
        fetchAs(`${gate.url}/self-service/logout/api`, {
          method: 'DELETE',
          body: JSON.stringify({ session_token: other.token }),
          headers: { 'content-type': 'application/json' },
        }),
    ],
  ] as [string, (pair: Pair) => Promise<Response>][])('%s: ended at once', async (_, end) => {
    const identityId = crypto.randomUUID();
    const current = await gate.kratos.createSession({ identityId });
    const other = await gate.kratos.createSession({ identityId });
    await makeHot(byToken(other));
    expect((await end({ identityId, current, other })).ok).toBe(true);
    expect((await whoami(byToken(other))).status).toBe(401);
  });

  it('accepted settings take effect at once', async () => {
    const session = await gate.kratos.createSession({ identityId: crypto.randomUUID() });
    await makeHot(byToken(session));
    const made = await fetchAs(`${gate.url}/self-service/settings/api`, {
      headers: byToken(session),
    });
    const { id } = (await made.json()) as { id: string };
    const sent = await fetchAs(`${gate.url}/self-service/settings?flow=${id}`, {
      method: 'POST',
      body: JSON.stringify({ method: 'profile', traits: { email: 'new@example.com' } }),
      headers: { ...byToken(session), 'content-type': 'application/json' },
    });
    expect(sent.status).toBe(200);
    expect((await whoami(byToken(session))).session.identity.traits.email).toBe('new@example.com');
  });

  it.each([
    [
      'a deletion',
      async ({ id }: SignedInSession) => ({
        method: 'DELETE',
        target: `/admin/sessions/${id}`,
        headers: GUARDED,
      }),
    ],
    [
      'a link to sign out',
      async (session: SignedInSession) => {
        const headers = byCookie(session);
        const flow = await fetchAs(`${gate.url}/self-service/logout/browser`, { headers });
        const { logout_token: token } = (await flow.json()) as { logout_token: string };
        return { target: `/self-service/logout?token=${token}`, headers };
      },
    ],
  ])('%s is completed and recorded if the client disconnects meanwhile', async (_, compose) => {
    const session = await gate.kratos.createSession({ identityId: crypto.randomUUID() });
    await makeHot(byToken(session));
    await makeHot(byCookie(session));
    const message = composeRequest(await compose(session));
    await gate.kratos.control({ delayMs: 300 });
    await openAndReset(gate.port, message, 100);
    await new Promise((resolve) => setTimeout(resolve, 600));
    await gate.kratos.reset();
    expect((await whoami(byToken(session))).status).toBe(401);
  });

  it('R1: is not sent while it cannot be recorded', async () => {
    await using forgetful = await startKratosApi({
      durableObjects: {},
      bindings: { REVOCATIONS: { type: 'worker', worker: 'origin' } }, // no log at all answers there
    });
    const session = await forgetful.kratos.createSession();
    const response = await fetchAs(`${forgetful.url}/admin/sessions/${session.id}`, {
      method: 'DELETE',
      headers: GUARDED,
    });
    const body = (await response.json()) as { error: { id: string } };
    expect([response.status, body.error.id]).toEqual([503, 'revocation_log_unavailable']);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    const { counts } = await forgetful.kratos.calls();
    expect(Object.keys(counts).filter((call) => call.startsWith('DELETE'))).toEqual([]);
  });
});

interface Pair {
  readonly identityId: string;
  readonly current: SignedInSession;
  readonly other: SignedInSession;
}

function bulk(body: object): Promise<Response> {
  return fetchAs(`${gate.url}/admin/sessions`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { ...GUARDED, 'content-type': 'application/json' },
  });
}

import { beforeEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header, headerValues } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { createTestIssuer } from '../support/token-issuer.ts';

const ADMIN_SECRET = 'a-secret-that-only-administrators-know';
const API_KEY = 'a-key-for-senders-that-cannot-sign';
const ISSUER = 'https://auth.example.test/';

/** Kratos renews the cookie of a session that was extended, the next time it is asked. */
async function extend(gate: RunningGate, id: string): Promise<void> {
  const url = `${gate.kratos.url}/admin/sessions/${id}/extend`;
  expect((await fetch(url, { method: 'PATCH' })).status).toBe(200);
}

const cookieNames = (answer: RawResponse) =>
  headerValues(answer, 'set-cookie').map((text) => text.split('=', 1)[0]);

describe('a site with sessions and tokens', async () => {
  const issuer = await createTestIssuer({ issuer: ISSUER });
  const gate = await gateForAllTests({
    vars: {
      TOKEN_COOKIE_NAMES: ['app_token'],
      ADMIN_SECRETS: [ADMIN_SECRET],
      WEBHOOK_API_KEYS: [API_KEY],
      ISSUERS: [issuer.settings],
      RULES: [
        { path: '/public/*', session: 'none' },
        { path: '/raw/*', session: 'none', forward_credentials: true },
        { path: '/maybe/*', session: 'optional' },
        { path: '/shared/*', session: 'optional', cache_control: 'origin' },
      ],
    },
  });
  beforeEach(() => gate.kratos.reset());

  const token = (claims = {}) => issuer.token(gate.clock.now(), { claims });

  async function seenBy(path: string, headers: Record<string, string>) {
    const { text } = await get(gate.port, `${path}?format=json`, headers);
    return new Map<string, string>(JSON.parse(text).headers);
  }

  it('H13: drops a token that is a session here, valid or not, on open paths too', async () => {
    for (const value of [await token(), await token({ exp: 9, iat: 1 })]) {
      const headers = {
        Authorization: `Bearer ${value}`,
        Cookie: `app_token=${value}; theme=dark`,
      };
      const seen = await seenBy('/public/x', headers);
      expect([seen.get('authorization'), seen.get('cookie')]).toEqual([undefined, 'theme=dark']);
    }
  });

  it('H13: drops a secret that was sent to a wrong path, under every forwarding rule', async () => {
    for (const path of ['/public/x', '/raw/x', '/maybe/x']) {
      for (const value of [API_KEY, ` ${API_KEY}`]) {
        const seen = await seenBy(path, { Authorization: `Bearer ${value}` });
        expect([path, seen.get('authorization')]).toEqual([path, undefined]);
      }
    }
  });

  it('H13: forwards a token for another audience, and a token that the rule forwards', async () => {
    const [own, others] = [await token(), await token({ aud: 'another-api' })];
    for (const [path, value] of [
      ['/public/x', others],
      ['/raw/x', own],
      ['/public/x', 'an-api-key-of-the-site'],
    ] as const) {
      const seen = await seenBy(path, { Authorization: `Bearer ${value}` });
      expect(seen.get('authorization')).toBe(`Bearer ${value}`);
    }
  });

  it('H13: drops one of Postern’s secrets that was sent to a wrong path', async () => {
    await gate.kratos.clearCalls();
    for (const secret of [ADMIN_SECRET, API_KEY]) {
      const headers = { Authorization: `Bearer ${secret}` };
      expect((await seenBy('/public/x', headers)).has('authorization')).toBe(false);
      for (const path of ['/page', '/sessions/whoami', '/sessions']) {
        expect((await get(gate.port, path, headers)).status).toBe(401);
      }
    }
    expect((await gate.kratos.calls()).counts).toEqual({});
  });

  it('C11: forbids every cache to store an answer that renews a cookie', async () => {
    const { cookie, id } = await gate.kratos.createSession({ expiresInSeconds: 3600 });
    await extend(gate, id);
    const answer = await get(gate.port, '/shared/x', { Cookie: cookie });
    expect(cookieNames(answer)).toEqual(['ory_kratos_session']);
    expect(header(answer, 'cache-control')).toBe('private, no-store');
    const plain = await get(gate.port, '/shared/x', { Cookie: cookie });
    expect([cookieNames(plain), header(plain, 'cache-control')]).toEqual([[], undefined]);
  });

  it('T15: clears dead cookies for an anonymous request, and no cookies for a signed-in one', async () => {
    const { cookie, id } = await gate.kratos.createSession();
    await gate.kratos.revoke(id);
    const visit = async (Cookie: string) =>
      cookieNames(await get(gate.port, '/maybe/x', { Cookie })).sort();
    expect(await visit(`${cookie}; app_token=${await token()}`)).toEqual([]);
    const dead = `app_token=${await token({ exp: 9, iat: 1 })}`;
    expect(await visit(dead)).toEqual(['app_token']);
    expect(await visit(`${cookie}; ${dead}`)).toEqual(['app_token', 'ory_kratos_session']);
    expect(await visit('ory_kratos_session=short; app_token=short')).toEqual([
      'app_token',
      'ory_kratos_session',
    ]);
  });

  it('T15: keeps two people’s valid cookies', async () => {
    const [one, another] = [await gate.kratos.createSession(), await gate.kratos.createSession()];
    const Cookie = `${one.cookie}; ${another.cookie}`;
    const answer = await get(gate.port, '/maybe/x', { Cookie });
    expect([answer.status, cookieNames(answer)]).toEqual([200, []]);
  });

  it('logs a whoami request with several credentials', async () => {
    gate.clearLogs();
    const answer = await get(gate.port, '/sessions/whoami', { 'X-Session-Token': 'a, b' });
    expect([answer.status, header(answer, 'cache-control')]).toEqual([400, 'private, no-store']);
    const [line] = (await gate.logs()).map((text) => JSON.parse(text));
    expect(line).toMatchObject({ route: 'whoami', reason: 'credential_conflicting', status: 400 });
  });
});

describe('a site whose own host serves the flows', () => {
  it('sets a renewed cookie with the attributes of the first one, by whoami and by the gate', async () => {
    await using gate = await startGate({
      vars: { SELF_SERVICE: true, RULES: [{ path: '/*', session: 'optional' }] },
      kratosScript: KRATOS_ELSEWHERE,
    });
    for (const path of ['/sessions/whoami', '/page']) {
      const answer = await get(gate.port, path, { 'X-Session-Token': `${path}-${'x'.repeat(32)}` });
      expect(answer.status).toBe(200);
      expect(headerValues(answer, 'set-cookie')).toEqual([
        'ory_kratos_session=renewed; Path=/; HttpOnly',
      ]);
    }
  });

  it('answers whoami below the mount path too, where an SDK calls it', async () => {
    await using gate = await startGate({ vars: { SESSION_API_PATH: '/auth' } });
    const { token, id } = await gate.kratos.createSession();
    for (const path of ['/auth/sessions/whoami', '/sessions/whoami']) {
      const answer = await get(gate.port, path, { 'X-Session-Token': token });
      expect([answer.status, JSON.parse(answer.text).id]).toEqual([200, id]);
    }
    expect((await get(gate.port, '/auth/sessions/whoami')).status).toBe(401);
  });
});

/** A Kratos that renews every cookie, for the host it is at itself. */
const KRATOS_ELSEWHERE = `
  const session = () => ({
    id: crypto.randomUUID(),
    active: true,
    expires_at: new Date(Date.now() + 3600000).toISOString(),
    identity: { id: crypto.randomUUID(), traits: {} },
  });
  export default {
    fetch: () =>
      Response.json(session(), {
        headers: {
          'set-cookie': 'ory_kratos_session=renewed; Path=/; Domain=kratos.example.test; HttpOnly',
        },
      }),
  };
`;

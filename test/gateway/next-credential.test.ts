import { afterEach, describe, expect, it } from 'vitest';
import { readDecisions } from '../support/decision-lines.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, headerValues } from '../support/raw-http.ts';
import { createTestIssuer } from '../support/token-issuer.ts';
import {
  byBearer,
  byToken,
  cacheStatus,
  sessionIdOf,
  strangersToken,
  whoami,
  whoamiCalls,
} from './whoami-requests.ts';

const NAME = 'ory_kratos_session';
const RULES = [
  { path: '/maybe/*', session: 'optional' },
  { path: '/strict/*', session: 'required', freshness: 'strict' },
];

const issuer = await createTestIssuer();
const gate = await gateForAllTests({
  vars: {
    RULES,
    TOKEN_COOKIE_NAMES: ['app_token'],
    IDENTITY_HEADERS: { 'X-User-Email': 'identity.traits.email' },
    ISSUERS: [issuer.settings],
  },
});
await gate.kratos.control({ publicUrl: 'https://kratos.example.test' });
const ann = await gate.kratos.createSession({ traits: { email: 'ann@example.com' } });
const bob = await gate.kratos.createSession({ traits: { email: 'bob@example.com' } });
afterEach(async () => {
  await gate.kratos.control({ whoami: null, databaseFailing: false });
  await gate.kratos.clearCalls();
  await gate.origin.clearCalls();
  expect(await gate.bugs()).toEqual([]);
});

const stranger = () => `${NAME}=${strangersToken()}`;
const token = (claims: object = {}) => issuer.token(gate.clock.now(), { claims });

/** The cookie of a session that has ended. */
async function deadCookie(): Promise<string> {
  const { cookie, id } = await gate.kratos.createSession();
  await gate.kratos.revoke(id);
  return cookie;
}

/** Returns the user that the site receives, or the reason of the refusal. */
async function seenAt(path: string, headers: Record<string, string>): Promise<string | undefined> {
  await gate.origin.clearCalls();
  const answer = await get(gate.port, path, headers);
  const [request] = (await gate.origin.calls()).requests;
  return request === undefined
    ? header(answer, 'postern-reason')
    : request.headers.find(([name]) => name === 'x-user-email')?.[1];
}

describe('a refused credential before a valid one', () => {
  it('T13: a dead cookie, and an undecodable one, beside a valid bearer', async () => {
    for (const Cookie of [await deadCookie(), stranger(), `${NAME}=short`, `${NAME}="a b c"`]) {
      const headers = { Cookie, ...byBearer(bob.token) };
      expect(sessionIdOf(await whoami(gate.port, headers)), Cookie).toBe(bob.id);
      expect(await seenAt('/in', headers), Cookie).toBe('bob@example.com');
      // As Kratos itself answers `GET /sessions`: the recordings' README.
      expect((await get(gate.port, '/sessions', headers)).status, Cookie).toBe(200);
    }
  });

  it('T13: a dead X-Session-Token beside a valid cookie', async () => {
    for (const value of [strangersToken(), 'short']) {
      const headers = { Cookie: ann.cookie, ...byToken(value) };
      expect(sessionIdOf(await whoami(gate.port, headers))).toBe(ann.id);
      expect(await seenAt('/in', headers)).toBe('ann@example.com');
    }
  });

  it('T13: a dead cookie beside a valid token of a configured issuer', async () => {
    const Cookie = await deadCookie();
    for (const headers of [
      { Cookie, ...byBearer(await token()) },
      { Cookie: `app_token=${await token()}; ${Cookie}` },
    ]) {
      expect((await whoami(gate.port, headers)).status).toBe(200);
      expect((await get(gate.port, '/in', headers)).status).toBe(200);
    }
  });

  it('T13: a token cookie without a valid token beside a valid bearer', async () => {
    const good = await token();
    for (const value of [
      await token({ exp: 9, iat: 1 }),
      `${good.slice(0, -8)}AAAAAAAA`,
      'x'.repeat(20),
    ]) {
      const headers = { Cookie: `app_token=${value}`, ...byBearer(bob.token) };
      expect(sessionIdOf(await whoami(gate.port, headers))).toBe(bob.id);
    }
  });

  it('T13: the answer equals the one for the valid credential alone', async () => {
    const dead = await deadCookie();
    const headers = { Cookie: dead, ...byBearer(bob.token) };
    gate.clearLogs();
    const answer = await get(gate.port, '/maybe/x', headers);
    expect(headerValues(answer, 'set-cookie')).toEqual([]);
    expect(cacheStatus(answer)).toMatch(/^postern; /);
    expect(headerValues(answer, 'vary').join()).toContain('Cookie, Authorization, X-Session-Token');
    const [line] = await readDecisions(gate);
    expect(line).toMatchObject({ outcome: 'pass', sessionId: bob.id });
    const [request] = (await gate.origin.calls()).requests;
    const names = request?.headers.map(([name]) => name) ?? [];
    expect(names.filter((name) => ['cookie', 'authorization'].includes(name))).toEqual([]);
  });
});

describe('the search ends', () => {
  it('T13: at a valid credential: later ones are not looked up', async () => {
    const one = await gate.kratos.createSession();
    const headers = { ...byToken(one.token), Cookie: ann.cookie, ...byBearer(bob.token) };
    for (const path of ['/in', '/maybe/x']) {
      expect((await get(gate.port, path, headers)).status).toBe(200);
    }
    expect(await whoamiCalls(gate.kratos)).toBe(1);
    expect(sessionIdOf(await whoami(gate.port, headers))).toBe(one.id);
  });

  it('T13: at a valid header, beside any planted cookie', async () => {
    const headers = { ...byToken(ann.token), Cookie: bob.cookie };
    expect(await seenAt('/in', headers)).toBe('ann@example.com');
  });

  it('T13: at a fault of the store', async () => {
    await gate.kratos.control({ whoami: { status: 503 } });
    const headers = { Cookie: stranger(), ...byBearer(await token()) };
    expect((await whoami(gate.port, headers)).status).toBe(503);
    expect((await get(gate.port, '/maybe/x', headers)).status).toBe(503);
  });

  it('T13: at a 401 of a store that is not ready', async () => {
    await gate.clock.advance(10_000);
    await gate.kratos.control({ databaseFailing: true });
    const headers = { Cookie: stranger(), ...byBearer(await token()) };
    expect((await whoami(gate.port, headers)).status).toBe(503);
    expect((await get(gate.port, '/maybe/x', headers)).status).toBe(503);
    await gate.kratos.control({ databaseFailing: false });
    await gate.clock.advance(10_000);
  });

  it('T13: at a session that needs a second factor', async () => {
    const traits = { email: 'carl@example.com' };
    const { cookie, session } = await gate.kratos.createSession({ traits });
    await gate.kratos.changeIdentity(session.identity.id, { totp: true });
    const headers = { Cookie: cookie, ...byBearer(bob.token) };
    expect((await whoami(gate.port, headers)).status).toBe(403);
    expect(await seenAt('/in', headers)).toBe('session_aal2_required');
  });

  it('T13: at two people’s cookies of one name', async () => {
    const headers = { Cookie: `${ann.cookie}; ${bob.cookie}`, ...byBearer(bob.token) };
    const answer = await whoami(gate.port, headers);
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([
      401,
      'credential_ambiguous',
    ]);
    expect(await seenAt('/in', headers)).toBe('credential_ambiguous');
  });
});

describe('lookups', () => {
  const many = () => ({
    ...byToken(strangersToken()),
    Cookie: [stranger(), stranger(), `app_token=${'x'.repeat(20)}`].join('; '),
    ...byBearer(strangersToken()),
  });

  it('T14: are at most four for one request, for any resources', async () => {
    const asked = [
      ['/sessions/whoami', {}],
      ['/sessions/whoami', { 'Cache-Control': 'no-cache' }],
      ['/sessions/whoami', { 'Cache-Control': 'no-store' }],
      ['/sessions/whoami?tokenize_as=plain', {}],
      ['/strict/x', {}],
      ['/maybe/x', {}],
      ['/sessions', {}],
    ] as const;
    for (const [target, more] of asked) {
      await gate.kratos.clearCalls();
      expect([401, 200]).toContain((await get(gate.port, target, { ...many(), ...more })).status);
      expect(await whoamiCalls(gate.kratos), target).toBeLessThanOrEqual(4);
    }
  });

  it('T14: are four for a valid credential among three with no-cache', async () => {
    for (const directive of ['no-cache', 'no-store']) {
      await gate.kratos.clearCalls();
      const Cookie = [stranger(), stranger(), ann.cookie].join('; ');
      const headers = { Cookie, 'Cache-Control': directive, ...byBearer(bob.token) };
      expect(sessionIdOf(await whoami(gate.port, headers))).toBe(ann.id);
      expect(await whoamiCalls(gate.kratos)).toBeLessThanOrEqual(4);
    }
  });

  it('T14: are four for three dead cookies and a valid bearer, and the next request is a cache hit', async () => {
    const headers = {
      Cookie: [stranger(), stranger(), stranger()].join('; '),
      ...byBearer((await gate.kratos.createSession()).token),
    };
    expect((await whoami(gate.port, headers)).status).toBe(200);
    expect(await whoamiCalls(gate.kratos)).toBe(4);
    expect(cacheStatus(await whoami(gate.port, headers))).toMatch(/^postern; hit;/);
    expect(await whoamiCalls(gate.kratos)).toBe(4);
  });
});

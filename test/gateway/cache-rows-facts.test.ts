import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { header, headerValues } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import {
  byBearer,
  byCookie,
  byToken,
  cacheStatus,
  SLOW_MS,
  sessionIdOf,
  strangersToken,
  whoami,
  whoamiCalls,
} from './whoami-requests.ts';

/** Rows of the cache that are about what is remembered, and of whom. The names' bytes (C2, C3): test/credentials/credential-name.test.ts. */

const MIA = '7f3c2a54-52e4-4b8e-9b0e-2f1d6a1c0d02';
const FRESH = { 'Cache-Control': 'no-cache' };

const gate = await gateForAllTests({ kv: 'faulty', isolates: 2 });
afterEach(async () => {
  await gate.reset();
  await gate.clock.set(0);
  expect(await gate.bugs()).toEqual([]);
});

/** Creates a session and has the gate cache it. */
async function signIn(options = {}) {
  const session = await gate.kratos.createSession(options);
  expect((await whoami(gate.port, byToken(session.token))).status).toBe(200);
  await expect.poll(async () => (await puts()).length).toBeGreaterThan(0);
  await gate.kratos.clearCalls();
  await gate.kv.clearCalls();
  return session;
}

async function puts() {
  return (await gate.kv.calls()).filter(({ operation }) => operation === 'put');
}

// Requirements other than "a session" come with the rules on assurance levels; what is remembered now is the
// document itself, and each request is judged by what the store asks for at the time.
it('C1: the cache holds the session, and not an earlier verdict', async () => {
  const { token } = await gate.kratos.createSession({ identityId: MIA, aal: 'aal2' });
  expect((await whoami(gate.port, byToken(token))).status).toBe(200);
  const hit = await whoami(gate.port, byToken(token));
  expect(cacheStatus(hit)).toContain('hit');
  expect(JSON.parse(hit.text).authenticator_assurance_level).toBe('aal2');
});

// The key is a plain digest (digests are useless without the credential), so there is no pepper to rotate.
it('C2, C20: a gate in front of another Kratos shares no entries through the same KV', async () => {
  const { token } = await signIn();
  const [entry] = await gate.kv.entries();
  await using other = await startGate({
    kv: 'faulty',
    vars: { KRATOS_PUBLIC_URL: 'https://other-kratos.example.test' },
  });
  await other.kv.put(entry?.name ?? '', entry?.value ?? '');
  await other.kratos.control({ delayMs: SLOW_MS });
  const answer = await whoami(other.port, byToken(token));
  expect([answer.status, await whoamiCalls(other.kratos)]).toEqual([401, 1]);
  const [get] = (await other.kv.calls()).filter(({ operation }) => operation === 'get');
  expect(get?.keys).not.toContain(entry?.name);
});

describe('C4, C24: no session is served after its expiry', () => {
  it('C4: from memory', async () => {
    const { token } = await signIn({ expiresInSeconds: 5 });
    await gate.clock.advance(6000);
    expect((await whoami(gate.port, byToken(token))).status).toBe(401);
    expect(await whoamiCalls(gate.kratos)).toBe(1);
  });

  it('C4: from KV, which still has the entry', async () => {
    const { token } = await signIn({ expiresInSeconds: 5 });
    expect((await gate.kv.entries()).length).toBeGreaterThan(0);
    await gate.clock.advance(6000);
    const [, second] = gate.gates;
    expect((await whoami(second?.port ?? 0, byToken(token))).status).toBe(401);
    expect(await whoamiCalls(gate.kratos)).toBe(1);
  });

  it('C24: from KV, if the session expires during the read', async () => {
    const { token } = await signIn({ expiresInSeconds: 3 });
    await gate.kv.setMode({ get: { delayMs: 500 } });
    await gate.kratos.control({ delayMs: 1000 }); // KV is read beside a slow store
    const [, second] = gate.gates;
    const pending = whoami(second?.port ?? 0, byToken(token));
    await expect.poll(async () => (await gate.kv.calls()).length).toBeGreaterThan(0);
    await gate.kratos.control({ delayMs: 0 }); // its readiness is known at once
    await gate.clock.advance(4000);
    expect((await pending).status).toBe(401);
  });
});

describe('C5: one credential is chosen, cached and sent', () => {
  it('C5: the answer for a valid token differs from the answer for a dead cookie', async () => {
    const good = await gate.kratos.createSession();
    const dead = await gate.kratos.createSession();
    await gate.kratos.revoke(dead.id);
    const both = { ...byToken(good.token), ...byCookie(dead.cookie) };
    for (let turn = 0; turn < 2; turn += 1)
      expect(sessionIdOf(await whoami(gate.port, both))).toBe(good.id);
    expect((await whoami(gate.port, byCookie(dead.cookie))).status).toBe(401);
    expect((await whoami(gate.port, byToken(good.token))).status).toBe(200);
    const { requests } = await gate.kratos.calls();
    const sent = requests.map(({ headers }) => headers.map(([name]) => name));
    expect(sent[0]).toContain('x-session-token');
    expect(sent[0]).not.toContain('cookie');
    expect(sent[1]).toContain('cookie');
  });

  it('C5: Kratos receives only the credential of the client’s request', async () => {
    const { cookie } = await gate.kratos.createSession();
    await whoami(gate.port, {
      Cookie: `a=1; ${cookie}; b=2`,
      Authorization: 'Bearer ory_st_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
      'User-Agent': 'x',
      'X-Forwarded-For': '192.0.2.1',
      'X-Request-ID': 'r-1',
    });
    const [request] = (await gate.kratos.calls()).requests;
    // Headers that the runtime sends for `cache: 'no-store'`, and the loop header, are not the client's.
    const ofRuntime = /^(?:host|accept-encoding|cache-control|pragma|postern-hops)$/;
    expect(request?.headers.filter(([name]) => !ofRuntime.test(name))).toEqual([
      ['accept', 'application/json'],
      ['cookie', cookie],
    ]);
  });
});

describe('C6: assurance levels', () => {
  it('C6: 403 is never cached: a step-up takes effect at once', async () => {
    const { token, session } = await gate.kratos.createSession({ identityId: MIA });
    for (let turn = 1; turn <= 2; turn += 1) {
      expect((await whoami(gate.port, byToken(token))).status).toBe(403);
      expect(await whoamiCalls(gate.kratos)).toBe(turn);
    }
    expect(await puts()).toEqual([]);
    await gate.kratos.changeIdentity(session.identity.id, { totp: false });
    expect((await whoami(gate.port, byToken(token))).status).toBe(200);
    await gate.kratos.changeIdentity(session.identity.id, { totp: true });
  });

  it('C6: a 403 removes the cached session from memory and KV', async () => {
    const { token, session } = await signIn({ traits: { email: 'c6@example.com' } });
    await gate.kratos.changeIdentity(session.identity.id, { totp: true });
    expect((await whoami(gate.port, byToken(token))).status).toBe(200);
    expect((await whoami(gate.port, { ...byToken(token), ...FRESH })).status).toBe(403);
    await gate.kv.setMode({ staleSeconds: 60 });
    expect((await whoami(gate.port, byToken(token))).status).toBe(403);
  });
});

describe('C7: a negative answer is cached for seconds, in one isolate', () => {
  it('C7: invalid credentials cause no writes and no deletes', async () => {
    const answers = await Promise.all(
      Array.from({ length: 300 }, () => whoami(gate.port, byToken(strangersToken()))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    const operations = (await gate.kv.calls()).map(({ operation }) => operation);
    expect(operations.filter((operation) => operation !== 'get')).toEqual([]);
  });

  it('C7: repeated requests with one invalid credential cause one call in five seconds', async () => {
    const headers = byToken(strangersToken());
    const first = await whoami(gate.port, headers);
    expect(cacheStatus(first)).toBe('postern; fwd=miss; detail=store');
    for (let turn = 0; turn < 10; turn += 1) {
      const again = await whoami(gate.port, headers);
      expect([again.status, cacheStatus(again)]).toEqual([401, 'postern; hit; detail=memory']);
    }
    expect(await whoamiCalls(gate.kratos)).toBe(1);
    await gate.clock.advance(5000);
    expect((await whoami(gate.port, headers)).status).toBe(401);
    expect(await whoamiCalls(gate.kratos)).toBe(2);
  });

  it('C7: a token that becomes valid is accepted within five seconds, and within one with no-cache', async () => {
    const token = strangersToken();
    expect((await whoami(gate.port, byToken(token))).status).toBe(401);
    await gate.kratos.createSession({ token });
    expect((await whoami(gate.port, byToken(token))).status).toBe(401);
    await gate.clock.advance(5000);
    expect((await whoami(gate.port, byToken(token))).status).toBe(200);

    const other = strangersToken();
    await whoami(gate.port, byToken(other));
    await gate.kratos.createSession({ token: other });
    await gate.clock.advance(1000);
    expect((await whoami(gate.port, { ...byToken(other), ...FRESH })).status).toBe(200);
    expect((await whoami(gate.port, byToken(other))).status).toBe(200);
  });
});

describe('C11: Set-Cookie', () => {
  it('C11: goes to the request that caused it, and to no later answer and no KV value', async () => {
    const { cookie } = await renewable();
    const first = await whoami(gate.port, byCookie(cookie));
    expect(headerValues(first, 'set-cookie')).toHaveLength(1);
    await gate.kratos.control({ delayMs: SLOW_MS });
    for (const { port } of gate.gates) {
      const later = await whoami(port, byCookie(cookie));
      expect(headerValues(later, 'set-cookie')).toEqual([]);
    }
  });
});

/** A session whose cookie Kratos renews at the next check: it was extended after the cookie was issued. */
async function renewable() {
  const session = await gate.kratos.createSession({ expiresInSeconds: 3600 });
  const path = `/admin/sessions/${session.id}/extend`;
  const answer = await fetch(`${gate.kratos.url}${path}`, { method: 'PATCH' });
  expect(answer.status).toBe(200);
  await gate.kratos.clearCalls();
  return session;
}

describe('C16: cache keys are derived from the bytes that go upstream', () => {
  it('C16: values that decode to the same text have different entries', async () => {
    await gate.kratos.control({ delayMs: SLOW_MS });
    const value = `abc=${'x'.repeat(20)}`;
    for (const spelt of [value, value.replace('=', '%3D'), value.replace('=', '%3d')])
      await whoami(gate.port, { Cookie: `ory_kratos_session=${spelt}` });
    const { requests } = await gate.kratos.calls();
    const sent = requests
      .map(({ headers }) => headers.find(([name]) => name === 'cookie')?.[1])
      .filter((cookie) => cookie !== undefined); // readiness is asked for without one
    expect(new Set(sent).size).toBe(3);
    const names = (await gate.kv.calls()).flatMap(({ keys }) => keys);
    expect(new Set(names).size).toBe(3);
  });

  it('C16: one token in three places is looked up three times', async () => {
    const { token, cookie } = await gate.kratos.createSession();
    for (const headers of [byToken(token), byBearer(token), byCookie(cookie)])
      expect(cacheStatus(await whoami(gate.port, headers))).toContain('fwd=miss');
    expect(await whoamiCalls(gate.kratos)).toBe(3);
  });
});

it('C17: tokenize_as calls the store every time and is never cached', async () => {
  const { token } = await gate.kratos.createSession();
  const tokenize = { query: '?tokenize_as=postern' };
  const minted = new Set<string>();
  for (let turn = 0; turn < 3; turn += 1) {
    const answer = await whoami(gate.port, byToken(token), tokenize);
    expect(cacheStatus(answer)).toBe('postern; fwd=bypass; detail=store');
    expect(header(answer, 'age')).toBeUndefined();
    minted.add(JSON.parse(answer.text).tokenized);
  }
  expect([minted.size, await whoamiCalls(gate.kratos)]).toEqual([3, 3]);
  expect(await gate.kv.calls()).toEqual([]);
  const plain = await whoami(gate.port, byToken(token));
  expect(cacheStatus(plain)).toContain('fwd=miss');
  expect(JSON.parse(plain.text)).not.toHaveProperty('tokenized');
  expect(
    JSON.parse((await whoami(gate.port, byToken(token), tokenize)).text).tokenized,
  ).toBeDefined();
});

// The record is frozen: a handler that could change it would have to break test/providers/kratos/kratos-session.test.ts.
it('C23: a later request gets the answer of the first one, byte for byte', async () => {
  const { token } = await gate.kratos.createSession();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      whoami(gate.port, byToken(token), index % 3 === 0 ? { query: '?tokenize_as=postern' } : {}),
    ),
  );
  const plain = answers.filter((_, index) => index % 3 !== 0).map(({ text }) => text);
  expect(new Set(plain).size).toBe(1);
});

import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, type RawHeaders } from '../support/raw-http.ts';
import { byToken, cacheStatus, strangersToken, whoami, whoamiCalls } from './whoami-requests.ts';

/** A client can repeat a refused credential as often as it likes, and ask for the present each time (RFC 9111 section 5.2.1). */

const NAME = 'ory_kratos_session';

const gate = await gateForAllTests({
  vars: { RULES: [{ path: '/strict/*', session: 'required', freshness: 'strict' }] },
});
afterEach(async () => {
  await gate.reset();
  await gate.clock.advance(30_000);
});

/** Every directive that forbids an answer from the cache. */
const WAYS: [string, string, RawHeaders][] = [
  ['no-cache', '/sessions/whoami', { 'Cache-Control': 'no-cache' }],
  ['max-age=0', '/sessions/whoami', { 'Cache-Control': 'max-age=0' }],
  ['no-store', '/sessions/whoami', { 'Cache-Control': 'no-store' }],
  ['tokenize_as', '/sessions/whoami?tokenize_as=plain', {}],
  ['tokenize_as of no template', '/sessions/whoami?tokenize_as=none', {}],
  ['a rule that is strict', '/strict/page', {}],
];

describe('C30: a refused credential is looked up once a second', () => {
  it.each(WAYS)('C30: with %s', async (_, path, headers) => {
    const token = byToken(strangersToken());
    const ask = async () => (await get(gate.port, path, { ...token, ...headers })).status;
    for (let turn = 0; turn < 5; turn += 1) expect(await ask()).toBe(401);
    expect(await whoamiCalls(gate.kratos)).toBe(1);
    await gate.clock.advance(1100);
    expect(await ask()).toBe(401);
    expect(await ask()).toBe(401);
    expect(await whoamiCalls(gate.kratos)).toBe(2);
  });

  it.each(WAYS)('C30: with %s, for any number of concurrent requests', async (_, path, headers) => {
    const token = byToken(strangersToken());
    const ask = async () => (await get(gate.port, path, { ...token, ...headers })).status;
    expect(await ask()).toBe(401);
    await gate.clock.advance(1100);
    await gate.kratos.control({ delayMs: 100 });
    await gate.kratos.clearCalls();
    const startedAt = performance.now();
    const answers = await Promise.all(Array.from({ length: 100 }, ask));
    const seconds = Math.ceil((performance.now() - startedAt) / 1000);
    expect(new Set(answers)).toEqual(new Set([401]));
    expect(await whoamiCalls(gate.kratos)).toBeLessThanOrEqual(seconds);
  });

  it('C30: in every way of its first refusal', async () => {
    const token = byToken(strangersToken());
    for (const [, path, headers] of WAYS) await get(gate.port, path, { ...token, ...headers });
    expect(await whoamiCalls(gate.kratos)).toBe(1);
  });

  it.each(WAYS)(
    'C30: three dead cookies cost three calls, and later requests none: %s',
    async (_, path, headers) => {
      const Cookie = Array.from({ length: 3 }, () => `${NAME}=${strangersToken()}`).join('; ');
      for (let turn = 0; turn < 4; turn += 1) {
        expect((await get(gate.port, path, { Cookie, ...headers })).status).toBe(401);
      }
      expect(await whoamiCalls(gate.kratos)).toBeLessThanOrEqual(3);
    },
  );

  it('is answered from memory, with Cache-Status', async () => {
    const token = strangersToken();
    await whoami(gate.port, byToken(token));
    const again = await whoami(gate.port, { ...byToken(token), 'Cache-Control': 'no-store' });
    expect(cacheStatus(again)).toBe('postern; hit; detail=memory');
    expect(again.text).toContain('No valid session credentials found in the request.');
  });
});

describe('answers that are no confirmed refusal', () => {
  it.each(WAYS)('a valid session is looked up each time: %s', async (_, path, headers) => {
    const { token } = await gate.kratos.createSession();
    for (let turn = 0; turn < 3; turn += 1) {
      await get(gate.port, path, { ...byToken(token), ...headers });
    }
    expect(await whoamiCalls(gate.kratos)).toBe(3);
  });

  it.each(WAYS)(
    'a refusal while the database is down does not count: %s',
    async (_, path, headers) => {
      const { token } = await gate.kratos.createSession();
      const ask = async () =>
        (await get(gate.port, path, { ...byToken(token), ...headers })).status;
      await gate.kratos.control({ databaseFailing: true });
      expect(await ask()).toBe(503);
      await gate.kratos.reset();
      await gate.clock.advance(1001); // readiness is asked about once a second
      expect(await ask()).not.toBe(401);
    },
  );

  it('a required second factor is looked up each time', async () => {
    const { token, session } = await gate.kratos.createSession({ traits: { email: 'a@b.test' } });
    await gate.kratos.changeIdentity(session.identity.id, { totp: true });
    const ask = () => whoami(gate.port, { ...byToken(token), 'Cache-Control': 'no-cache' });
    expect([(await ask()).status, (await ask()).status]).toEqual([403, 403]);
    expect(await whoamiCalls(gate.kratos)).toBe(2);
  });
});

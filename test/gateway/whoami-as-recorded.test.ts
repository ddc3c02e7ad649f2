import { describe, expect, it } from 'vitest';
import { isInHono } from '../support/composition.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { header, request } from '../support/raw-http.ts';
import { recordedHeader, recording } from '../support/recording.ts';
import { byToken, strangersToken, whoami } from './whoami-requests.ts';

const gate = await gateForAllTests({
  vars: {
    SESSION_API_PATH: '/auth',
    WEBHOOK_SECRETS: ['a-secret-of-thirty-two-characters-or-more'],
  },
});
const { token } = await gate.kratos.createSession();

describe('a method', () => {
  const send = (method: string, target: string) =>
    request(gate.port, { method, target, headers: byToken(token) });
  const { response, ...purge } = recording('whoami-method-PURGE');
  const allowed = recordedHeader({ response, ...purge }, 'allow');

  it.each(['PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PURGE'])(
    'that Kratos was asked whoami with gets the same status: %s',
    async (method) => {
      const { response: recorded } = recording(`whoami-method-${method}`);
      const answer = await send(method, '/sessions/whoami');
      // Some runtimes in front of a Worker take no TRACE.
      if (method === 'TRACE' && answer.status === 501) return;
      expect(answer.status).toBe(recorded.status);
      if (recorded.status === 405) expect(header(answer, 'allow')).toBe(allowed);
    },
  );

  it.each([
    ['PROPFIND', '/sessions/whoami'],
    ['REPORT', '/sessions/whoami'],
    ['SEARCH', '/auth/sessions/whoami'],
    ['QUERY', '/auth/sessions/whoami'],
  ])(
    'that Kratos does not answer gets 405, and the store no call: %s %s',
    async (method, target) => {
      await gate.kratos.clearCalls();
      const answer = await send(method, target);
      expect([answer.status, header(answer, 'allow')]).toEqual([405, allowed]);
      expect((await gate.kratos.calls()).requests).toEqual([]);
    },
  );

  it.each([
    ['POST', '/.postern/health/alive', 'GET, HEAD'],
    ['DELETE', '/.postern/health/ready', 'GET, HEAD'],
    ['PUT', '/.postern/jwks.json', 'GET, HEAD'],
    ['GET', '/.postern/events/webhook', 'POST'],
    ['PUT', '/.postern/sessions', 'GET, HEAD, POST'],
    ['PROPFIND', '/.postern/sessions', 'GET, HEAD, POST'],
  ])('that another route does not have gets 405 too: %s %s', async (method, target, methods) => {
    const answer = await send(method, target);
    expect([answer.status, header(answer, 'allow')]).toEqual([405, methods]);
  });
});

describe('HEAD', () => {
  const lengthOf = async (method: string, target: string, headers: Record<string, string> = {}) => {
    const answer = await request(gate.port, { method, target, headers });
    expect(answer.body).toHaveLength(
      method === 'HEAD' ? 0 : Number(header(answer, 'content-length')),
    );
    return [answer.status, header(answer, 'content-length')];
  };

  // Hono answers HEAD itself, without a length.
  it.skipIf(isInHono()).each<[string, Record<string, string>]>([
    ['/sessions/whoami', byToken(token)],
    ['/sessions/whoami', {}],
    ['/sessions/whoami', byToken('ory_st_nobodys0000000000000000000000000')],
    ['/sessions', {}],
    ['/.postern/health/alive', {}],
    ['/.postern/jwks.json', {}],
    ['/.postern/nothing', {}],
    ['/.postern/sessions', byToken(token)],
    ['/private', {}],
    ['/a/%2e', {}],
  ])(
    'has the length of what GET answers (RFC 9110 section 8.6): %s %j',
    async (target, headers) => {
      expect(recordedHeader(recording('whoami-method-HEAD'), 'content-length')).toBeDefined();
      const [status, length] = await lengthOf('GET', target, headers);
      expect(length).toMatch(/^\d+$/);
      expect(await lengthOf('HEAD', target, headers)).toEqual([status, length]);
    },
  );
});

describe('Ory-Session-Cache-For', async () => {
  const caching = await gateForAllTests({ kv: 'none' });
  await caching.kratos.control({ cacheFor: 60 });
  const UNDECODABLE = { Cookie: 'ory_kratos_session=garbage-garbage-garbage' };
  const ask = async (headers: Record<string, string>) => {
    const answer = await whoami(caching.port, headers);
    return [answer.status, header(answer, 'ory-session-cache-for')];
  };
  const recorded = (name: string) => {
    const found = recording(name);
    return [found.response.status, recordedHeader(found, 'ory-session-cache-for')];
  };

  it('is on a 401 if Kratos sent it: for a cookie that it cannot read, and for no token', async () => {
    expect(await ask(UNDECODABLE)).toEqual(recorded('cacheable-whoami-garbage-cookie'));
    expect(await ask(byToken(strangersToken()))).toEqual(
      recorded('cacheable-whoami-garbage-token'),
    );
  });

  it('counts the seconds that a remembered 401 has waited, as a remembered session does', async () => {
    const { token: mine } = await caching.kratos.createSession();
    const cookie = { Cookie: 'ory_kratos_session=another-another-another' };
    expect([await ask(cookie), await ask(byToken(mine))]).toEqual([
      [401, '60'],
      [200, '60'],
    ]);
    await caching.clock.advance(3000);
    expect([await ask(cookie), await ask(byToken(mine))]).toEqual([
      [401, '57'],
      [200, '57'],
    ]);
  });

  it('is not on a 403', async () => {
    const { token: weak, session } = await caching.kratos.createSession();
    await caching.kratos.changeIdentity(session.identity.id, { totp: true });
    expect(await ask(byToken(weak))).toEqual(recorded('cacheable-whoami-aal1-403'));
  });
});

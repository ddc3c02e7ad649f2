import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { header, request } from '../support/raw-http.ts';
import { recordedHeader, recording } from '../support/recording.ts';
import { byToken } from './whoami-requests.ts';

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

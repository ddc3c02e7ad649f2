import { beforeEach, describe, expect, it } from 'vitest';
import { readComplaints } from '../support/decision-lines.ts';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { DEFAULT_HOST, header, rawRequest } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { startWireOrigin, valuesOf } from '../support/wire-origin.ts';

const RULES = [{ path: '/open/*', session: 'none' }];
const ADMIN = 'a-secret-for-administrators-0123456789';
const NO_CONTENT = ['Content-Length: 0'];
const DECLARED = 'Content-Length: 3\r\n\r\nabc';
const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n';

const origin = await forAllTests(startWireOrigin());
const gate = await gateForAllTests({
  services: { kratos: 'http', origin: 'http' },
  vars: ({ kratos, keycard }) => ({
    RULES,
    SELF_SERVICE: true,
    ORIGIN_URL: origin.url,
    KRATOS_ADMIN_URL: kratos,
    KEYCARD_API_URL: keycard,
    KEYCARD_ZONES: ['zone-1'],
    ADMIN_SECRETS: [ADMIN],
  }),
});
const alice = await gate.kratos.createSession();
beforeEach(() => void origin.take());

/** Sends a head and the bytes after it unchanged. */
function send(method: string, target: string, fields: readonly string[], rest = '\r\n') {
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${DEFAULT_HOST}`, ...fields];
  return rawRequest(gate.port, `${lines.join('\r\n')}\r\n${rest}`, { method });
}

async function keycardBearer(): Promise<string> {
  const answer = await fetch(`${gate.keycard.url}/.standin/bearers`, { method: 'POST' });
  return ((await answer.json()) as { bearer: string }).bearer; // as the stand-in answers
}

function bodyOf(arrived: string): string {
  return arrived.slice(arrived.indexOf('\r\n\r\n') + 4);
}

describe('content of GET and HEAD at the gate (RFC 9110 section 9.3.1)', () => {
  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST'])(
    'O6: %s with Content-Length: 0 passes, with a session and without',
    async (method) => {
      for (const [target, fields] of [
        ['/open/x', NO_CONTENT],
        ['/x', [...NO_CONTENT, `X-Session-Token: ${alice.token}`]],
      ] as const) {
        expect((await send(method, target, fields)).status).toBe(200);
        const [arrived = ''] = origin.take();
        expect(arrived.split(' ', 2)).toEqual([method, target]);
        expect(bodyOf(arrived)).toBe('');
      }
    },
  );

  it('O6: is refused for the missing session if there is no origin', async () => {
    const answer = await send('GET', '/x', NO_CONTENT);
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([401, 'credential_missing']);
    expect(origin.take()).toEqual([]);
  });

  it.each(['GET', 'HEAD', 'DELETE'])('O6: declared content of %s arrives whole', async (method) => {
    expect((await send(method, '/open/x', [], DECLARED)).status).toBe(200);
    const [arrived = ''] = origin.take();
    expect([valuesOf(arrived, 'content-length'), bodyOf(arrived)]).toEqual([['3'], 'abc']);
  });

  it('O6: an empty chunked body counts as no body', async () => {
    expect((await send('GET', '/open/x', [], `${CHUNKED}0\r\n\r\n`)).status).toBe(200);
    const withTrailer = `${CHUNKED}0\r\nX-Trailer: 1\r\n\r\n`;
    expect((await send('GET', '/open/x', ['Trailer: X-Trailer'], withTrailer)).status).toBe(200);
    expect(origin.take().map(bodyOf)).toEqual(['', '']);
  });

  it('O6: content without a length is refused (RFC 9110 section 15.5.12), because it would be lost', async () => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await send(method, '/open/x', [], `${CHUNKED}3\r\nabc\r\n0\r\n\r\n`);
      expect([answer.status, header(answer, 'postern-reason')]).toEqual([411, 'length_required']);
    }
    expect(origin.take()).toEqual([]);
  });

  it('O6: 100-continue with and without content', async () => {
    const expectation = ['Expect: 100-continue'];
    expect((await send('GET', '/open/x', [...expectation, ...NO_CONTENT])).status).toBe(200);
    expect((await send('GET', '/open/x', expectation, DECLARED)).status).toBe(200);
    expect(origin.take().map(bodyOf)).toEqual(['', 'abc']);
  });
});

describe('content of GET at a site that is a Worker', () => {
  it('O6: arrives whole', async () => {
    await using bound = await startGate({ vars: { RULES } });
    for (const [fields, rest, bodyLength] of [
      [NO_CONTENT, '\r\n', 0],
      [[], DECLARED, 3],
    ] as const) {
      const lines = ['GET /open/x?format=json HTTP/1.1', `Host: ${DEFAULT_HOST}`, ...fields];
      const answer = await rawRequest(bound.port, `${lines.join('\r\n')}\r\n${rest}`);
      expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { bodyLength }]);
    }
  });
});

describe('content of GET at Postern’s own routes', () => {
  it.each([
    ['Content-Length: 0', NO_CONTENT, '\r\n'],
    ['three bytes', [], DECLARED],
    ['chunks', [], `${CHUNKED}3\r\nabc\r\n0\r\n\r\n`],
  ] as const)('O6: does not change the answer (%s)', async (_, fields, rest) => {
    const token = `X-Session-Token: ${alice.token}`;
    const admin = `Authorization: Bearer ${ADMIN}`;
    const zone = `Authorization: Bearer ${await keycardBearer()}`;
    for (const [target, credential, status] of [
      ['/sessions/whoami', token, 200],
      ['/sessions', token, 200],
      ['/self-service/login/browser', 'Accept: text/html', 303],
      ['/self-service/login/api', 'Accept: application/json', 200],
      ['/self-service/errors?id=none', 'Accept: application/json', 404],
      ['/admin/sessions', admin, 200],
      [`/admin/sessions/${alice.id}`, admin, 200],
      ['/zones/zone-1/sessions', zone, 200],
      ['/.postern/health/ready', 'Accept: */*', 200],
      ['/.postern/sessions', `Cookie: ${alice.cookie}`, 200],
      ['/.postern/jwks.json', 'Accept: */*', 200],
    ] as const) {
      const plain = await send('GET', target, [credential]);
      const answer = await send('GET', target, [credential, ...fields], rest);
      expect([target, answer.status, plain.status]).toEqual([target, status, status]);
    }
  });
});

it('O6: logs no fault for these requests', async () => {
  expect(await readComplaints(gate)).toEqual([]);
});

/** The metadata of a host's authorization server (RFC 8414) at the site itself, by the built gate. */
import { expect, it } from 'vitest';
import { get, header, request } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';

const PATH = '/.well-known/oauth-authorization-server';
const HOUR_MS = 3_600_000;
const SECOND = 'second.example.test';

function start(issuers: (zone: string) => object[]): Promise<RunningGate> {
  return startGate({
    vars: ({ keycard }) => {
      const preset = { preset: 'keycard', audience: 'postern', algorithms: ['RS256'] };
      const ISSUERS = issuers(keycard).map((each) => ({ issuer: keycard, ...preset, ...each }));
      return { HOSTS: [SECOND], ISSUERS: JSON.parse(JSON.stringify(ISSUERS)) };
    },
  });
}
const ask = async (gate: RunningGate, path = PATH, host = 'app.example.test') => {
  const response = await get(gate.port, path, { Host: host });
  const { status, body } = response;
  return { status, document: status === 200 ? JSON.parse(body.toString()) : undefined, response };
};
const callsOf = async (gate: RunningGate) => (await gate.keycard.calls()).counts;

it('is the zone’s own document, asked for once an hour', async () => {
  await using gate = await start(() => [{ discovery: true }]);
  const own = await (await fetch(`${gate.keycard.url}${PATH}`)).json();
  await gate.keycard.clearCalls();
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gate)));
  const first = answers[0]?.document;
  for (const { status, document } of answers) expect([status, document]).toEqual([200, first]);
  // The stand-in names its addresses by the URL that it was called at.
  expect(Object.keys(first).sort()).toEqual(Object.keys(own as object).sort());
  expect(first.token_endpoint).toBe(`${first.issuer}/oauth/2/token`);
  expect(await callsOf(gate)).toEqual({ [`GET ${PATH}`]: 1 });
  await gate.clock.advance(HOUR_MS - 1000);
  expect((await ask(gate)).status).toBe(200);
  expect(await callsOf(gate)).toEqual({ [`GET ${PATH}`]: 1 });
  await gate.clock.advance(2000);
  expect((await ask(gate)).status).toBe(200);
  expect(await callsOf(gate)).toEqual({ [`GET ${PATH}`]: 2 });
});

it('shares the document with the search for keys', async () => {
  await using gate = await start(() => [{ discovery: true }]);
  const token = await gate.keycard.createToken({ audience: 'postern' });
  expect((await get(gate.port, '/page', { Authorization: `Bearer ${token}` })).status).toBe(200);
  expect((await ask(gate)).status).toBe(200);
  expect(await callsOf(gate)).toEqual({ [`GET ${PATH}`]: 1, 'GET /openidconnect/jwks': 1 });
});

it('may be read by any page, and has no other method', async () => {
  await using gate = await start(() => [{ discovery: true }]);
  const headers = {
    Origin: 'https://inspector.example',
    'Access-Control-Request-Method': 'GET',
    'Access-Control-Request-Headers': 'mcp-protocol-version',
  };
  const preflight = await request(gate.port, { method: 'OPTIONS', target: PATH, headers });
  expect([preflight.status, header(preflight, 'access-control-allow-headers')]).toEqual([
    204,
    expect.stringContaining('mcp-protocol-version'),
  ]);
  expect(header((await ask(gate)).response, 'access-control-allow-origin')).toBe('*');
  expect((await request(gate.port, { method: 'POST', target: PATH })).status).toBe(405);
});

it('outlives the zone, and is a fault rather than 404 if there is none yet', async () => {
  await using gate = await start(() => [{ discovery: true }]);
  await gate.keycard.control({ metadataAt: 'nowhere' });
  for (let count = 0; count < 3; count += 1) {
    const { status, response } = await ask(gate);
    expect([status, header(response, 'postern-reason')]).toEqual([
      503,
      'issuer_metadata_unavailable',
    ]);
    expect(Number(header(response, 'retry-after'))).toBeGreaterThan(0);
  }
  // One attempt: RFC 8414, then OpenID Connect Discovery.
  expect(await callsOf(gate)).toEqual({
    [`GET ${PATH}`]: 1,
    'GET /.well-known/openid-configuration': 1,
  });
  await gate.keycard.control({ metadataAt: 'openid' });
  await gate.clock.advance(31_000);
  expect((await ask(gate)).status).toBe(200);
  await gate.keycard.control({ metadataAt: 'nowhere' });
  await gate.clock.advance(2 * HOUR_MS);
  expect((await ask(gate)).status).toBe(200);
});

it('is not there for another issuer’s document', async () => {
  await using gate = await start(() => [{ discovery: true }]);
  await gate.keycard.control({ metadata: { issuer: 'https://evil.example' } }); // RFC 8414 section 3.3
  expect((await ask(gate)).status).toBe(503);
});

it('is of the one issuer of the host that was asked, else 404', async () => {
  const other = { issuer: 'https://zone-2.example', hosts: [SECOND], discovery: true };
  await using gate = await start(() => [{ discovery: true }, other]);
  expect((await ask(gate)).status).toBe(200);
  expect((await ask(gate, PATH, SECOND)).status).toBe(404);
  expect((await ask(gate, `${PATH}/mcp`)).status).toBe(404);
});

it('is not there for an issuer that is not discovered', async () => {
  await using gate = await start((zone) => [{ jwks_url: `${zone}/openidconnect/jwks` }]);
  expect((await ask(gate)).status).toBe(404);
  expect(await callsOf(gate)).toEqual({});
});

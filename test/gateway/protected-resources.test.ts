/** The protected resources of each host (RFC 9728), and the hosts on which a token is good, by the built gate. */
import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { get, header, request } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { createTestIssuer } from '../support/token-issuer.ts';

const APP = 'app.example.test';
const SECOND = 'second.example.test';
const THIRD = 'third.example.test';
const METADATA = '/.well-known/oauth-protected-resource';
const ELSEWHERE = 'https://zone-2.example.test';

const other = await createTestIssuer({ issuer: ELSEWHERE, algorithm: 'RS256' });
const kratos = await createTestIssuer({ issuer: 'https://auth.example.test/' });
let zone = '';
const gate = await forAllTests(
  startGate({
    vars: ({ keycard }) => {
      zone = keycard;
      const keys = { preset: 'keycard', algorithms: ['RS256'], discovery: true };
      return {
        HOSTS: [SECOND, THIRD],
        RESOURCE_DOCUMENTATION_URL: 'https://docs.example/mcp?v=1#start',
        ISSUERS: [
          {
            ...keys,
            issuer: zone,
            // Each in a spelling of its own, as an authorization server may have it.
            audience: [`https://${APP}`, `https://${APP}/mcp`, `https://${SECOND}/`],
          },
          {
            ...other.settings,
            preset: 'keycard',
            audience: ['postern', `https://${SECOND}/mcp?tenant=1`],
            hosts: [`${SECOND.toUpperCase()}:443`],
          },
          kratos.settings,
        ],
        RULES: [{ path: '/api/*', session: 'required', preflight: ['https://spa.example'] }],
      };
    },
  }),
);
beforeEach(() => gate.keycard.clearCalls());

const documentAt = async (host: string, path: string) => {
  const response = await get(gate.port, path, { Host: host });
  return response.status === 200 ? JSON.parse(response.body.toString()) : response.status;
};
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('the metadata of a resource', () => {
  // RFC 9728 section 3.1: the well-known part goes between host and path. Section 3.3: `resource` is that identifier.
  it.each([
    [APP, '', `https://${APP}`, () => [zone]],
    [APP, '/mcp', `https://${APP}/mcp`, () => [zone]],
    [SECOND, '', `https://${SECOND}/`, () => [zone, ELSEWHERE]],
  ])('at %s for the path %j names the resource and its own issuers', async (...row) => {
    const [host, path, resource, servers] = row;
    expect(await documentAt(host, `${METADATA}${path}`)).toMatchObject({
      resource,
      authorization_servers: servers(),
      bearer_methods_supported: ['header'],
      resource_name: `${host}${path}`,
      resource_documentation: 'https://docs.example/mcp?v=1#start',
    });
  });

  it.each([
    ['the path of another host’s resource', SECOND, '/mcp'],
    ['a path below a resource', APP, '/mcp/x'],
    ['another spelling of a path', APP, '/mcp/'],
    ['a path with the same beginning', APP, '/mcp2'],
    ['a path in other letters', APP, '/MCP'],
    ['a host without an issuer', THIRD, ''],
    ['an escaped slash', APP, '/%2Fmcp'],
  ])('is not there for %s', async (_, host, path) => {
    expect([400, 404]).toContain(await documentAt(host, `${METADATA}${path}`));
  });

  it('is the same for HEAD, and any other method gets 405', async () => {
    const head = await request(gate.port, { method: 'HEAD', target: METADATA });
    expect([head.status, head.body.length]).toEqual([200, 0]);
    const post = await request(gate.port, { method: 'POST', target: METADATA });
    expect([post.status, header(post, 'allow')]).toEqual([405, 'GET, HEAD']);
  });

  // Fetch standard, CORS-preflight fetch. The official MCP client adds MCP-Protocol-Version to this request.
  it.each([METADATA, `${METADATA}/mcp`, '/.postern/jwks.json'])(
    '%s may be read by any page',
    async (target) => {
      const headers = {
        Origin: 'https://inspector.example',
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'mcp-protocol-version',
      };
      const preflight = await request(gate.port, { method: 'OPTIONS', target, headers });
      expect([preflight.status, header(preflight, 'access-control-allow-origin')]).toEqual([
        204,
        '*',
      ]);
      const allowed = header(preflight, 'access-control-allow-headers')?.split(/, */);
      expect(allowed).toContain('mcp-protocol-version');
      expect(header(preflight, 'access-control-allow-methods')?.split(/, */)).toContain('GET');
      const response = await get(gate.port, target, { Origin: 'https://inspector.example' });
      expect([response.status, header(response, 'access-control-allow-origin')]).toEqual([
        200,
        '*',
      ]);
    },
  );
});

describe('a challenge names the resource that the request is for', () => {
  // RFC 9728 section 5.1.
  it.each([
    [APP, '/', ''],
    [APP, '/mcp', '/mcp'],
    [APP, '/mcp/tools', '/mcp'],
    [APP, '/mcp2', ''],
    [APP, '/api/x', ''],
    [APP, '/sessions/whoami', ''],
    [SECOND, '/mcp', ''],
    [`${SECOND}:443`, '/', ''],
    [SECOND, '/sessions/whoami', ''],
  ])('%s%s', async (host, path, suffix) => {
    const response = await get(gate.port, path, { Host: host });
    const site = `https://${host.replace(':443', '')}`;
    expect([response.status, header(response, 'www-authenticate')]).toEqual([
      401,
      `Bearer resource_metadata="${site}${METADATA}${suffix}"`,
    ]);
  });

  it('with an invalid token too, on the host that was asked', async () => {
    const token = await gate.keycard.createToken({ audience: 'other' });
    const response = await get(gate.port, '/', { Host: SECOND, ...bearer(token) });
    expect(header(response, 'www-authenticate')).toContain(
      `resource_metadata="https://${SECOND}${METADATA}"`,
    );
  });

  it('names none on a host without a resource', async () => {
    const response = await get(gate.port, '/', { Host: THIRD });
    expect([response.status, header(response, 'www-authenticate')]).toEqual([401, 'Bearer']);
  });
});

describe('a token is good on the hosts of its audience', () => {
  const statuses = async (token: string, path = '/page') => {
    const hosts = [APP, SECOND, THIRD];
    const answers = hosts.map((host) => get(gate.port, path, { Host: host, ...bearer(token) }));
    return (await Promise.all(answers)).map(({ status }) => status);
  };

  // RFC 3986 section 6.2.3: an empty path and "/" are the same. RFC 7519 section 4.1.3: all else is compared exactly.
  it.each([
    ['the URL of the first host', `https://${APP}`, [200, 401, 401]],
    ['its other spelling', `https://${APP}/`, [200, 401, 401]],
    ['the URL of the second host', `https://${SECOND}/`, [401, 200, 401]],
    ['its other spelling', `https://${SECOND}`, [401, 200, 401]],
    ['a URL with a path', `https://${APP}/mcp`, [200, 401, 401]],
    ['that URL with a slash', `https://${APP}/mcp/`, [401, 401, 401]],
    ['two slashes', `https://${APP}//`, [401, 401, 401]],
    ['other letters', `https://${APP.toUpperCase()}`, [401, 401, 401]],
    ['another scheme', `http://${APP}`, [401, 401, 401]],
    ['two audiences', [`https://${APP}/`, `https://${SECOND}`], [200, 200, 401]],
    ['one of two audiences', ['other', `https://${SECOND}`], [401, 200, 401]],
  ])('%s', async (_, audience, expected) => {
    const token = await gate.keycard.createToken({ audience });
    expect(await statuses(token)).toEqual(expected);
    // Once more, from memory.
    expect(await statuses(token)).toEqual(expected);
    expect(await statuses(token, '/sessions/whoami')).toEqual(expected);
  });

  it('any other audience, on the issuer’s hosts', async () => {
    const claims = { aud: 'postern', client_id: 'c' };
    const token = await other.token(gate.clock.now(), { claims: { ...claims, azp: undefined } });
    expect(await statuses(token)).toEqual([401, 200, 401]);
    const answer = await get(gate.port, '/page', bearer(token));
    expect(header(answer, 'postern-reason')).toBe('token_audience_mismatch');
  });

  it('any other audience of an issuer without hosts, on every host', async () => {
    expect(await statuses(await kratos.token(gate.clock.now()))).toEqual([200, 200, 200]);
  });
});

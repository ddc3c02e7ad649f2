/** Rules with `scopes`, by the built gate. */
import { describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { get, header, request } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';

const APP = 'https://app.example.test';
const METADATA = '/.well-known/oauth-protected-resource';
const SECRET = 'a secret of the proxy, thirty-two characters or more'.replaceAll(' ', '-');
const scoped = (path: string, scopes: string[], more: object = {}) => ({
  path,
  session: 'required',
  scopes,
  ...more,
});

const gate = await forAllTests(
  startGate({
    vars: ({ keycard }) => ({
      TOKEN_COOKIE_NAMES: ['token'],
      FORWARD_AUTH_SECRETS: [SECRET],
      HOSTS: ['second.example.test'],
      ALLOWED_PATH_FORMS: ['encoded_slash'],
      ISSUERS: [
        {
          issuer: keycard,
          preset: 'keycard',
          audience: ['postern', `${APP}/mcp`],
          algorithms: ['RS256'],
          discovery: true,
        },
      ],
      RULES: [
        scoped('/read', ['read']),
        scoped('/both', ['read', 'thread:write']),
        scoped('/mcp', ['mcp']),
        scoped('/mcp/:tool/call', ['call']),
        scoped('/mcp2/*', ['other']),
        scoped('/changes', ['write'], { methods: ['POST'] }),
        scoped('/a/*', ['slash']),
        scoped('/:whole', ['whole'], { methods: ['PUT'] }),
        { path: '/old', session: 'required', scopes: ['old'], aal: 'aal2' },
        scoped('/second', ['second'], { host: 'second.example.test' }),
      ],
    }),
  }),
);
const tokenWith = (scope: string | undefined) =>
  gate.keycard.createToken({ audience: 'postern', ...(scope !== undefined && { scope }) });
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('a rule with scopes', () => {
  // RFC 6749 section 3.3: a list of case-sensitive names, split at spaces.
  it.each([
    ['read', 200],
    ['write read', 200],
    ['read  write', 200],
    ['thread:write', 403],
    ['readonly', 403],
    ['READ', 403],
    ['read,write', 403],
    ['read\twrite', 403],
    ['', 403],
    [undefined, 403],
  ])('asks for read: a token with the scope %j gets %i', async (scope, status) => {
    const response = await get(gate.port, '/read', bearer(await tokenWith(scope)));
    expect(response.status).toBe(status);
  });

  // Keycard's verifier reads `scp` in a token without `scope` (`extract_scopes` of keycardai/oauth/utils/jwt.py).
  it.each([
    [{ scp: ['write', 'read'] }, 200],
    [{ scp: 'write read' }, 200],
    [{ scp: ['write read'] }, 200],
    [{ scp: ['thread:read'] }, 403],
    [{ scp: ['read'], scope: '' }, 403],
    [{ scp: ['read'], scope: 'write' }, 403],
    [{ scp: ['read', 7] }, 401],
  ])('asks for read: a token with the claims %j gets %i', async (claims, status) => {
    const token = await gate.keycard.createToken({ audience: 'postern', claims });
    expect((await get(gate.port, '/read', bearer(token))).status).toBe(status);
  });

  it('denies with 403 and the scopes that are needed (RFC 6750 section 3.1)', async () => {
    const response = await get(gate.port, '/both', bearer(await tokenWith('read')));
    expect([response.status, header(response, 'postern-reason')]).toEqual([
      403,
      'insufficient_scope',
    ]);
    expect(header(response, 'www-authenticate')).toBe(
      `Bearer error="insufficient_scope", scope="read thread:write", resource_metadata="${APP}${METADATA}"`,
    );
  });

  it('names the scopes before the first token too (RFC 6750 section 3)', async () => {
    const response = await get(gate.port, '/read');
    expect([response.status, header(response, 'www-authenticate')]).toEqual([
      401,
      `Bearer scope="read", resource_metadata="${APP}${METADATA}"`,
    ]);
  });

  it('denies a session of Kratos, which has no scopes', async () => {
    const { cookie } = await gate.kratos.createSession();
    const response = await get(gate.port, '/read', { Cookie: cookie });
    expect([response.status, header(response, 'postern-reason')]).toEqual([
      403,
      'insufficient_scope',
    ]);
  });

  it('shows a person a page', async () => {
    const token = await tokenWith('write');
    const navigation = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' };
    const response = await get(gate.port, '/read', { Cookie: `token=${token}`, ...navigation });
    expect([response.status, header(response, 'content-type')]).toEqual([
      403,
      'text/html; charset=utf-8',
    ]);
  });

  it('is checked before the assurance level, which a token cannot raise', async () => {
    const response = await get(gate.port, '/old', bearer(await tokenWith('read')));
    expect(header(response, 'postern-reason')).toBe('insufficient_scope');
  });

  it('applies to its methods', async () => {
    const headers = bearer(await tokenWith('read'));
    const post = await request(gate.port, { method: 'POST', target: '/changes', headers });
    expect([post.status, (await get(gate.port, '/changes', headers)).status]).toEqual([403, 200]);
  });

  it('adds up over the readings of a path', async () => {
    const statuses = ['slash', 'whole', 'whole slash'].map(async (scope) => {
      const headers = bearer(await tokenWith(scope));
      const put = await request(gate.port, { method: 'PUT', target: '/a%2Fb', headers });
      return put.status;
    });
    expect(await Promise.all(statuses)).toEqual([403, 403, 200]);
  });

  it('passes its challenge through forward-auth', async () => {
    const response = await get(gate.port, '/.postern/auth/nginx', {
      ...bearer(await tokenWith('x')),
      'Postern-Proxy-Secret': SECRET,
      'X-Original-URL': `${APP}/read`,
      'X-Original-Method': 'GET',
    });
    expect(header(response, 'www-authenticate')).toMatch(
      /error="insufficient_scope", scope="read"/,
    );
  });
});

it('the metadata of a resource has the scopes of its rules (RFC 9728 section 2)', async () => {
  const scopesAt = async (path: string, host = 'app.example.test') => {
    const response = await get(gate.port, `${METADATA}${path}`, { Host: host });
    return JSON.parse(response.body.toString()).scopes_supported;
  };
  const everywhere = ['call', 'mcp', 'old', 'other', 'read', 'slash', 'thread:write', 'whole'];
  expect(await scopesAt('')).toEqual([...everywhere, 'write']);
  expect(await scopesAt('', 'second.example.test')).toEqual(
    [...everywhere, 'second', 'write'].sort(),
  );
  expect(await scopesAt('/mcp')).toEqual(['call', 'mcp', 'whole']);
});

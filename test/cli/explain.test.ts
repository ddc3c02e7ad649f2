import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { explainRequest } from '../../cli/explain/explain-request.ts';
import type { ExplainedRequest } from '../../cli/explain/gateway-run.ts';
import { loadSignIn } from '../../src/app/compose-sign-in.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { loadConditionLanguage } from '../../src/rules/compile-condition.ts';
import { inRepository } from '../support/repository.ts';

await Promise.all([loadConditionLanguage(), loadSignIn()]);

const NOW = Date.parse('2026-11-20T12:00:00Z');
const SESSION = {
  id: 'session-1',
  active: true,
  expires_at: '2026-11-21T00:00:00Z',
  authenticated_at: '2026-11-20T11:00:00Z',
  authenticator_assurance_level: 'aal1',
  identity: {
    id: 'identity-1',
    traits: { email: 'ann@example.com' },
    metadata_public: { roles: ['user'] },
  },
};
const SITE = 'https://app.example.com';

function config(more: Record<string, unknown> = {}): Config {
  const read = readConfig({
    REVOCATIONS: {},
    PUBLIC_URL: SITE,
    KRATOS_PUBLIC_URL: 'https://auth.example.com',
    ORIGIN_URL: 'https://origin.example.com',
    RULES: [
      { path: '/public/*', session: 'none' },
      {
        path: '/staff/*',
        session: 'required',
        allow: '"admin" in session.identity.metadata_public.roles',
      },
      { path: '/danger', session: 'required', authenticated_within: '15m' },
      { path: '/api/*', session: 'required', preflight: ['https://spa.example.com'] },
    ],
    ...more,
  });
  if (!read.ok) throw new Error(read.failure.join());
  return read.value;
}

async function explained(
  asked: Partial<ExplainedRequest>,
  more?: Record<string, unknown>,
): Promise<string> {
  const request = {
    method: 'GET',
    url: `${SITE}/`,
    headers: new Headers(),
    sessionDocument: undefined,
    ...asked,
  };
  return (await explainRequest(request, { config: config(more), now: NOW })).join('\n');
}

const SESSION_ID = '8f1c4b52-7f6e-4c53-9d0e-0a1b2c3d4e5f';
const signedIn = { sessionDocument: JSON.stringify(SESSION) };

describe('explainRequest()', () => {
  it('shows the origin of a request, and the path that it gets', async () => {
    const ORIGINS = {
      api: { url: 'https://api.internal.example', strip_prefix: '/api' },
      admin: { binding: 'ADMIN', hosts: ['admin.example.com'] },
    };
    const site = {
      HOSTS: ['admin.example.com'],
      ADMIN: {},
      ORIGINS,
      RULES: [{ path: '/api/*', session: 'none', origin: 'api' }],
    };
    const lines = await explained({ url: `${SITE}/api/users?a=%2F` }, site);
    expect(lines).toContain(
      'Origin    api: https://api.internal.example, without /api in front of the path',
    );
    expect(lines).toContain('Sent      GET https://api.internal.example/users?a=%2F');
    const onHost = await explained({ url: 'https://admin.example.com/x', ...signedIn }, site);
    expect(onHost).toContain('Origin    admin: the public URL through the binding ADMIN');
    expect(onHost).toContain('Sent      GET https://admin.example.com/x');
    const alone = { ...site, ORIGIN_URL: undefined };
    expect(await explained({ ...signedIn }, alone)).toMatch(/Answer +404: not_found/);
  });

  describe('with a rule that exchanges tokens', () => {
    const zone = {
      preset: 'keycard',
      audience: 'postern',
      algorithms: ['RS256'],
      discovery: true,
      client_id: 'gate',
    };
    const exchanging = (issuer: string) => ({
      ISSUERS: JSON.parse(JSON.stringify([{ ...zone, issuer }])),
      CLIENT_SECRETS: { [issuer]: 'the-secret-of-the-client' },
      RULES: [{ path: '/api', session: 'required', exchange: 'https://api.example.com' }],
    });

    it('prints the place of the exchanged token', async () => {
      const issuer = 'https://zone-1.keycard.cloud';
      const session = {
        session_type: 'user',
        subject: 'ann',
        issuer,
        expires_at: SESSION.expires_at,
      };
      const request = { sessionDocument: JSON.stringify(session), url: `${SITE}/api` };
      const text = await explained(request, exchanging(issuer));
      expect(text).toContain('session = required, exchange = https://api.example.com');
      expect(text).toContain('  authorization: Bearer (a token for https://api.example.com)');
      expect(text).not.toContain('the-secret');
    });

    it('prints the denial of a session that its issuer does not exchange', async () => {
      const request = { ...signedIn, url: `${SITE}/api` };
      const text = await explained(request, exchanging('https://zone-1.keycard.cloud'));
      expect(text).toContain('Answer    403: exchange_not_possible');
      expect(text).not.toContain('Sent');
    });
  });

  it('prints the request that the origin would receive', async () => {
    const text = await explained({
      ...signedIn,
      url: `${SITE}/a?b=c`,
      headers: new Headers({ 'X-User-Id': 'spoofed', 'X-A': '1' }),
    });
    expect(text).toContain('Rule      default: session = required');
    expect(text).toContain('Sent      GET https://origin.example.com/a?b=c');
    expect(text).toContain('  x-user-id: identity-1');
    expect(text).toContain('  x-a: 1');
    expect(text).not.toMatch(/spoofed|x-session-token/);
  });

  it('prints the values of a condition and its result', async () => {
    const text = await explained({ ...signedIn, url: `${SITE}/staff/x` });
    expect(text).toContain('saw     session.identity.metadata_public.roles = ["user"]');
    expect(text).toContain('came to not-met');
    expect(text).toContain('Answer    403: condition_not_met');
  });

  it('shows for each rule whether host, method, path and session fit, and marks the one that applies', async () => {
    const RULES = [
      { path: '/a/*', host: 'b.example.com', session: 'none' },
      { path: '/a/*', methods: ['POST'], session: 'none' },
      { path: '/a/:x', session: 'required', aal: 'aal2' },
      { path: '/*', session: 'optional' },
    ];
    const more = { RULES, HOSTS: ['b.example.com'] };
    const text = await explained({ ...signedIn, url: `${SITE}/a/b` }, more);
    expect(
      text
        .split('\n')
        .slice(0, 5)
        .map((line) => line.split(/\s+/)),
    ).toEqual([
      ['', 'Rules', 'host', 'method', 'path', 'session'],
      ['', 'RULES.0', 'miss', 'hit', 'hit', 'hit', '/a/*'],
      ['', 'RULES.1', 'hit', 'miss', 'hit', 'hit', '/a/*'],
      ['*', 'RULES.2', 'hit', 'hit', 'hit', 'miss', '/a/:x'],
      ['', 'RULES.3', 'hit', 'hit', 'hit', 'hit', '/*'],
    ]);
    const anonymous = await explained({ url: `${SITE}/a/b` }, more);
    expect(anonymous).toMatch(/\* RULES\.2 +hit +hit +hit +may +\/a\/:x/);
    const forms = { ...more, ALLOWED_PATH_FORMS: ['encoded_slash'] };
    const read = await explained({ url: `${SITE}/a%2Fb` }, forms);
    expect(read).toMatch(/\* RULES\.2 +hit +hit +may +may/);
    expect(read).toMatch(/\* RULES\.3 +hit +hit +hit +hit/);
  });

  it('shows the answer of a browser and of a program', async () => {
    const text = await explained({ url: `${SITE}/a` });
    expect(text).toMatch(
      /^Browser {3}302 to https:\/\/auth\.example\.com\S*: credential_missing$/m,
    );
    expect(text).toMatch(/^Program {3}401: credential_missing$/m);
  });

  it('names a call on which the answer depends, and makes none', async () => {
    const text = await explained({
      ...signedIn,
      method: 'DELETE',
      url: `${SITE}/sessions/${SESSION_ID}`,
    });
    expect(text).toMatch(
      /Answer {4}depends on the answer to DELETE https:\/\/auth\.example\.com\/sessions\/8f1c/,
    );
  });

  it('says 404 where there is no site', async () => {
    const text = await explained({ ...signedIn, url: `${SITE}/a` }, { ORIGIN_URL: undefined });
    expect(text).toContain('404');
    expect(text).not.toContain('forwarded');
  });

  it('prints the scopes of a rule, which a session of Kratos does not have', async () => {
    const RULES = [{ path: '/*', session: 'required', scopes: ['read', 'thread:write'] }];
    const text = await explained({ ...signedIn, url: `${SITE}/x` }, { RULES });
    expect(text).toContain('Rule      RULES.0: session = required, scopes = read thread:write');
    expect(text).toContain('Answer    403: insufficient_scope');
  });

  it('names the reading of the path that decided', async () => {
    const text = await explained({ url: `${SITE}/public%2F..;/x` });
    expect(text).toContain('Answer    400: path_not_canonical');
    const forms = { ALLOWED_PATH_FORMS: ['encoded_slash'] };
    const read = await explained({ ...signedIn, url: `${SITE}/staff%2Fx` }, forms);
    expect(read).toContain('Reading   "/staff%2Fx" comes under default');
    expect(read).toContain('Reading   "/staff/x" comes under RULES.1');
    expect(read).toContain('Rule      default+RULES.1');
    expect(read).toContain('403: condition_not_met');
  });

  it.each<[string, Partial<ExplainedRequest>, string]>([
    ['a program without a session', { url: `${SITE}/a` }, 'Program   401: credential_missing'],
    [
      'a person without a session',
      { url: `${SITE}/a`, headers: new Headers({ Accept: 'text/html' }) },
      'Answer    302 to https://auth.example.com/self-service/login/browser?return_to=',
    ],
    [
      'a session too old',
      { ...signedIn, url: `${SITE}/danger` },
      'Program   403: session_refresh_required',
    ],
    [
      'a session that has expired',
      { sessionDocument: JSON.stringify({ ...SESSION, expires_at: '2026-11-20T11:59:59Z' }) },
      'Program   401: session_inactive',
    ],
    ['an open path', { url: `${SITE}/public/x` }, 'Answer    forwarded to the origin'],
    ['another host', { url: 'https://other.example.com/' }, 'Answer    421: host_unknown'],
    ['an unknown method', { method: 'PURGE' }, 'Answer    405: method_not_allowed'],
    ['a method in lower case', { method: 'get' }, 'Answer    405: method_not_allowed'],
    ['a method that fetch() forbids', { method: 'TRACE' }, 'Answer    405: method_not_allowed'],
    [
      'a preflight',
      {
        method: 'OPTIONS',
        url: `${SITE}/api/x`,
        headers: new Headers({
          Origin: 'https://spa.example.com',
          'Access-Control-Request-Method': 'PUT',
        }),
      },
      'Answer    204',
    ],
  ])('%s', async (_, asked, expected) => {
    expect(await explained(asked)).toContain(expected);
  });

  it.each([
    ['whoami', 'GET', '/sessions/whoami', {}],
    ['whoami, behind a path', 'GET', '/auth/sessions/whoami', { SESSION_API_PATH: '/auth' }],
    ['a list of sessions', 'GET', '/sessions', {}],
    ['a session', 'DELETE', '/sessions/a', {}],
    ['admin routes', 'GET', '/admin/sessions', {}],
    ['forward-auth', 'GET', '/.postern/auth/nginx', {}],
    ['sign-in on the site', 'GET', '/self-service/login/browser', { SELF_SERVICE: true }],
  ])('names a route of Postern’s own: %s', async (_, method, path, more) => {
    const text = await explained({ ...signedIn, method, url: `${SITE}${path}` }, more);
    expect(text).toContain("a route of Postern's own, where RULES do not apply");
    expect(text).not.toMatch(/Rule {2}|forwarded/);
  });

  it.each([
    ['/self-service/login/browser', {}],
    ['/sessions/whoami/x', {}],
    ['/zones/z/sessions', {}],
  ])('treats %s as a path of the site if Postern has no route there', async (path, more) => {
    const text = await explained({ ...signedIn, url: `${SITE}${path}` }, more);
    expect(text).toContain('Answer    forwarded to the origin');
  });

  it('prints the hosts that are served', async () => {
    const text = await explained({ url: 'https://other.example.com/' });
    expect(text).toContain('PUBLIC_URL and HOSTS');
  });

  describe('without Kratos', () => {
    const issuer = 'https://zone-1.keycard.cloud';
    const alone = {
      KRATOS_PUBLIC_URL: undefined,
      ISSUERS: [
        { issuer, preset: 'keycard', audience: SITE, algorithms: ['RS256'], discovery: true },
      ],
    };
    const session = {
      session_type: 'user',
      user_id: 'user-1',
      subject: 'user-1',
      issuer,
      status: 'active',
      active: true,
      expires_at: '2026-11-21T00:00:00Z',
    };

    it('reads what whoami answers for a token of Keycard', async () => {
      const text = await explained({ sessionDocument: JSON.stringify(session) }, alone);
      expect(text).toContain('  x-user-id: user-1');
      expect(text).not.toMatch(/kratos/i);
    });

    it('refuses a session of Keycard without its user or its end', async () => {
      for (const name of ['user_id', 'expires_at']) {
        const { subject: _, ...rest } = session;
        const sessionDocument = JSON.stringify({ ...rest, [name]: undefined });
        await expect(explained({ sessionDocument }, alone)).rejects.toThrow('the session file');
      }
    });
  });

  it('refuses a file that holds no session', async () => {
    await expect(explained({ sessionDocument: '{"id":1}' })).rejects.toThrow(
      /expected an answer of/,
    );
  });
});

describe('npm run explain', () => {
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [inRepository('cli/explain.ts'), ...args], {
      cwd: inRepository('.'),
    });

  it('reads wrangler.toml and a session file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-explain-'));
    try {
      writeFileSync(join(folder, 'session.json'), JSON.stringify(SESSION));
      const args = [
        'GET',
        'https://app.example.com/admin',
        '--session',
        join(folder, 'session.json'),
        '--at',
        '2026-11-20T12:00:00Z',
      ];
      expect((await run(...args)).stdout).toContain('x-user-email: ann@example.com');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('reports a missing session file in one line', async () => {
    const asked = run('GET', 'https://app.example.com/admin', '--session', 'no-such-file.json');
    await expect(asked).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^--session: no-such-file[^\n]*whoami[^\n]*\n$/),
    });
  });

  it('requires a whole URL', async () => {
    const asked = run('GET', 'app.example.com/admin');
    await expect(asked).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('such as https://app.example.com/admin'),
    });
  });

  it('prints its usage after a wrong call', async () => {
    await expect(run('GET')).rejects.toThrow(/usage: npm run explain/);
  });
});

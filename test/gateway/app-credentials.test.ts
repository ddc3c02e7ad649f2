/** Credentials of the site's own beside those of the session: which reach the origin. */

import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get, header, type RawHeaders } from '../support/raw-http.ts';
import { createTestIssuer, type TestIssuer } from '../support/token-issuer.ts';

const ISSUER = 'https://auth.example.test/';
const SECRETS = {
  ADMIN_SECRETS: ['a-secret-that-only-administrators-know'],
  FORWARD_AUTH_SECRETS: ['a-secret-that-a-proxy-proves-itself-with'],
  WEBHOOK_API_KEYS: ['a-key-for-senders-that-cannot-sign'],
  WEBHOOK_SECRETS: ['a-secret-that-signs-webhooks-here-and-there'],
  KEY_SET_SECRET: 'a secret, with commas, of 32 characters or more',
  KRATOS_ADMIN_API_KEY: 'ory_pat_key-for-the-admin-api-of-kratos',
};
/** Whether the path's rule looks at a session at all. */
const PATHS = ['/required/x', '/maybe/x', '/public/x'];

const origin = await forAllTests(startNodeOrigin());
const issuer = await createTestIssuer({ issuer: ISSUER });
const stranger = await createTestIssuer({ issuer: 'https://elsewhere.example/' });
const gate = await gateForAllTests({
  origin,
  vars: ({ kratos }) => ({
    ...SECRETS,
    KRATOS_ADMIN_URL: kratos,
    TOKEN_COOKIE_NAMES: ['app_token'],
    ISSUERS: [issuer.settings],
    RULES: [
      { path: '/public/*', session: 'none' },
      { path: '/maybe/*', session: 'optional' },
    ],
  }),
});
const { cookie, token } = await gate.kratos.createSession();
beforeEach(() => gate.kratos.clearCalls());

/** Returns the lines that the origin received under a name in lower case. */
async function received(path: string, headers: RawHeaders, name: string): Promise<string[]> {
  origin.take();
  const answer = await get(gate.port, path, headers);
  expect([path, answer.status]).toEqual([path, 200]);
  return (origin.take()[0]?.headers ?? []).flatMap(([key, value]) =>
    key.toLowerCase() === name ? [value] : [],
  );
}

/** A token of this issuer's, with these claims. */
const jwt = (by: TestIssuer, claims: object = {}) => by.token(gate.clock.now(), { claims });

describe('a bearer beside a session in a cookie', () => {
  it('H20: reaches the origin if Postern cannot use it, without a lookup', async () => {
    const own = [
      'Bearer my-app-token',
      'bearer my-app-token-of-some-length',
      'Bearer ory_at_aN-access-token-of-Hydra', // OAuth2, which whoami does not take
      'Bearer ory_ac_an-authorization-code',
      `Bearer ${await jwt(stranger)}`,
      'Bearer sk_live.with.dots',
      'Basic YTpi',
      'ApiKey my-app-key',
      'DPoP my-app-token',
      'Bearer',
    ];
    for (const path of PATHS)
      for (const Authorization of own)
        expect([
          path,
          await received(path, { Cookie: cookie, Authorization }, 'authorization'),
        ]).toEqual([path, [Authorization]]);
    const { requests } = await gate.kratos.calls();
    expect(JSON.stringify(requests)).not.toMatch(/app-token|ory_at_|elsewhere/);
  });

  it('H20: reaches the origin beside a session in X-Session-Token or in a token cookie', async () => {
    const Authorization = 'Bearer my-app-token';
    for (const session of [
      { 'X-Session-Token': token },
      { Cookie: `app_token=${await jwt(issuer)}` },
    ])
      expect(await received('/required/x', { ...session, Authorization }, 'authorization')).toEqual(
        [Authorization],
      );
  });

  it('H21: is dropped if Postern could use it, behind any other credential', async () => {
    const other = await gate.kratos.createSession();
    const values = [
      other.token,
      'ory_st_that-nobody-knows',
      await jwt(issuer),
      await jwt(issuer, { exp: 9, iat: 1 }),
      await jwt(issuer, { tooMany: Object.fromEntries(Array(100).entries()) }),
    ];
    for (const path of PATHS)
      for (const value of values)
        for (const Authorization of [
          `Bearer ${value}`,
          `bearer ${value}`,
          `Bearer  ${value}`,
          `Token ${value}`,
          `Basic YTpi, Bearer ${value}`,
        ])
          expect([
            Authorization,
            await received(path, { Cookie: cookie, Authorization }, 'authorization'),
          ]).toEqual([Authorization, []]);
  });

  it('O21: is dropped in quotes and as a parameter (RFC 9110 section 11.4), as Rails reads it', async () => {
    const [, value] = cookie.split(/=(.*)/s);
    const secret = SECRETS.ADMIN_SECRETS[0];
    for (const credential of [token, value, secret, await jwt(issuer)])
      for (const Authorization of [
        `Bearer "${credential}"`,
        `Token token="${credential}"`,
        `Token token=${credential}, nonce="def"`,
        `Bearer:${credential}`,
      ])
        expect([
          Authorization,
          await received('/required/x', { Cookie: cookie, Authorization }, 'authorization'),
        ]).toEqual([Authorization, []]);
    const own = 'Token token="my-app-token", realm="a=b"';
    expect(
      await received('/required/x', { Cookie: cookie, Authorization: own }, 'authorization'),
    ).toEqual([own]);
  });

  it('H21: two Authorization lines count as one, and both are dropped if one must be', async () => {
    for (const path of PATHS) {
      const lines: [string, string][] = [
        ['Cookie', cookie],
        ['Authorization', 'Basic YTpi'],
        ['Authorization', `Bearer ${token}`],
      ];
      expect([path, await received(path, lines, 'authorization')]).toEqual([path, []]);
    }
  });

  it('H21: a token of a configured issuer for another audience is dropped on paths with a session check', async () => {
    const Authorization = `Bearer ${await jwt(issuer, { aud: 'another-api' })}`;
    for (const path of ['/required/x', '/maybe/x'])
      expect(await received(path, { Cookie: cookie, Authorization }, 'authorization')).toEqual([]);
    expect(await received('/public/x', { Authorization }, 'authorization')).toEqual([
      Authorization,
    ]);
  });

  it('H21: a secret of Postern is never forwarded, on any path, after any scheme', async () => {
    for (const secret of Object.values(SECRETS).flat())
      for (const path of PATHS)
        for (const scheme of ['Bearer', 'bearer', 'Token'])
          expect([
            secret,
            await received(
              path,
              { Cookie: cookie, Authorization: `${scheme} ${secret}` },
              'authorization',
            ),
          ]).toEqual([secret, []]);
    await gate.kratos.clearCalls();
    for (const secret of Object.values(SECRETS).flat()) {
      const answer = await get(gate.port, '/required/x', { Authorization: `Bearer ${secret}` });
      expect([secret, answer.status]).toEqual([secret, expect.toBeOneOf([400, 401])]);
    }
    expect((await gate.kratos.calls()).counts).toEqual({});
  });
});

describe('credentials with and without a lookup', () => {
  it('H21: a bearer with the session is dropped, with or without the prefix of newer versions of Kratos', async () => {
    const older = await gate.kratos.createSession({ token: 'aTokenOfAnOlderKratosWithout1234' });
    for (const value of [token, older.token])
      for (const path of ['/required/x', '/maybe/x'])
        expect([
          value,
          await received(path, { Authorization: `Bearer ${value}` }, 'authorization'),
        ]).toEqual([value, []]);
  });

  it('H21: a bearer that was looked up without a session is dropped', async () => {
    const Authorization = 'Bearer my-app-token-of-some-length';
    expect(await received('/maybe/x', { Authorization }, 'authorization')).toEqual([]);
  });

  it('H21: no session cookie, token cookie or X-Session-Token passes, with or without a lookup', async () => {
    const value = await jwt(issuer);
    const headers = {
      'X-Session-Token': token,
      Cookie: `theme=dark; ${cookie}; app_token=${value}`,
      Authorization: 'Bearer my-app-token',
    };
    for (const path of PATHS) {
      expect(await received(path, headers, 'cookie')).toEqual(['theme=dark']);
      expect(await received(path, headers, 'x-session-token')).toEqual([]);
      expect(await received(path, headers, 'authorization')).toEqual(['Bearer my-app-token']);
    }
  });
});

describe('the number of headers that an origin gets', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => [`a${index}`, 'x'] as const);

  // lua-nginx-module, ngx.req.get_headers: "max_headers … defaults to 100", what is more is passed over.
  it('H22: is at most 100, so that the origin reads all of Postern’s headers', async () => {
    for (const path of PATHS) {
      const answer = await get(gate.port, path, [...many(100), ['Cookie', cookie]]);
      expect([answer.status, header(answer, 'postern-reason')]).toEqual([431, 'headers_too_large']);
    }
    for (const count of [60, 85]) {
      origin.take();
      const answer = await get(gate.port, '/required/x', [...many(count), ['Cookie', cookie]]);
      expect(answer.status).toBe(200);
      const names = origin.take()[0]?.headers.map(([name]) => name.toLowerCase()) ?? [];
      expect(names.filter((name) => /^a\d/.test(name)).length).toBe(count);
      expect(names).toContain('x-user-id');
      expect(names.length).toBeLessThanOrEqual(100);
    }
  });
});

import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rawRequest } from '../support/raw-http.ts';
import { KratosClient } from './kratos-client.ts';

const MIA = '7f3c2a54-52e4-4b8e-9b0e-2f1d6a1c0d02';
const NO_SESSION_BODY =
  '{"error":{"code":401,"status":"Unauthorized","reason":"No valid session credentials found in the request.","message":"The request could not be authorized"}}\n';

let kratos: KratosClient;

beforeAll(async () => {
  kratos = await KratosClient.start();
});
afterAll(() => kratos.stop());
beforeEach(() => kratos.reset());

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const sessionToken = (token: string) => ({ 'X-Session-Token': token });

/** The same cookie with another nonce in it and the old signature. */
function forge(cookie: string): string {
  const [name, value = ''] = cookie.split('=');
  const [timestamp, payload = '', mac] = Buffer.from(value, 'base64url').toString().split('|');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...claims, nonce: 'x' })).toString('base64url');
  return `${name}=${Buffer.from([timestamp, forged, mac].join('|')).toString('base64url')}`;
}

async function whoamiStatus(token: string): Promise<number> {
  return (await kratos.whoami(sessionToken(token))).status;
}

describe('whoami credentials', () => {
  it('prefers X-Session-Token to the cookie, and the cookie to the bearer', async () => {
    const [a, b, c] = [await kratos.signIn(), await kratos.signIn(), await kratos.signIn()];
    const all = { ...sessionToken(a.session_token), Cookie: b.cookie, ...bearer(c.session_token) };
    const { 'X-Session-Token': _, ...withoutHeader } = all;
    const id = async (headers: Record<string, string>) =>
      ((await (await kratos.whoami(headers)).json()) as { id: string }).id;
    expect(await id(all)).toBe(a.session.id);
    expect(await id(withoutHeader)).toBe(b.session.id);
    expect(await id(bearer(c.session_token))).toBe(c.session.id);
  });

  it('does not look further if X-Session-Token is invalid', async () => {
    const { cookie } = await kratos.signIn();
    expect((await kratos.whoami({ 'X-Session-Token': 'wrong', Cookie: cookie })).status).toBe(401);
  });

  it.each([
    ['altered', forge],
    ['cut short', (cookie: string) => cookie.slice(0, -2)],
    ['not ours', () => 'ory_kratos_session=rubbish'],
    ['percent-encoded', (cookie: string) => cookie.replace(/=(.)/, '=%4d$1')],
  ])('fails beside a valid bearer on a cookie that is %s', async (_, alter) => {
    const { cookie, session_token: token } = await kratos.signIn();
    expect((await kratos.whoami({ Cookie: alter(cookie) })).status).toBe(401);
    const both = { Cookie: alter(cookie), ...bearer(token) };
    expect((await kratos.whoami(both)).status).toBe(500);
    expect((await kratos.call('/sessions', { headers: both })).status).toBe(200);
  });

  it.each([
    ['bearer ', 200],
    ['BEARER ', 200],
    ['Bearer  ', 401],
    ['Token ', 401],
  ])('reads the scheme "%s" and answers %i', async (scheme, status) => {
    const { session_token: token } = await kratos.signIn();
    expect((await kratos.whoami({ Authorization: scheme + token })).status).toBe(status);
  });

  it('accepts many cookie strings for one session', async () => {
    const { session, cookie } = await kratos.signIn();
    const path = `/.standin/sessions/${session.id}/cookie`;
    const other = (await (await kratos.send('POST', path, {})).json()) as { cookie: string };
    expect(other.cookie).not.toBe(cookie);
    expect((await kratos.whoami({ Cookie: other.cookie })).status).toBe(200);
    expect((await kratos.whoami({ Cookie: cookie })).status).toBe(200);
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])(
    'answers %s',
    async (method) => {
      const { session_token: token } = await kratos.signIn();
      const answer = await rawRequest(Number(new URL(kratos.origin).port), [
        `${method} /sessions/whoami HTTP/1.1`,
        'Host: localhost',
        'Content-Length: 0',
        `X-Session-Token: ${token}`,
      ]);
      expect(answer.status).toBe(200);
    },
  );
});

describe('whoami answers', () => {
  it('returns the session, written as Go writes JSON', async () => {
    const { session_token: token, session } = await kratos.signIn({
      traits: { email: 'a@example.com', note: '<b> & \u2028' },
      metadataPublic: { roles: ['x'] },
    });
    const answer = await kratos.whoami(sessionToken(token));
    const text = await answer.text();
    expect(answer.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('X-Kratos-Authenticated-Identity-Id')).toBe(session.identity.id);
    expect(answer.headers.has('Ory-Session-Cache-For')).toBe(false);
    expect(text).toContain('"note":"\\u003cb\\u003e \\u0026 \\u2028"');
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toEqual(session);
    expect(session).toMatchObject({
      active: true,
      authenticator_assurance_level: 'aal1',
      authentication_methods: [{ method: 'password', aal: 'aal1' }],
      identity: { schema_id: 'default', state: 'active', metadata_public: { roles: ['x'] } },
    });
  });

  it('answers 401 without an id, byte for byte', async () => {
    const answer = await kratos.whoami();
    expect(answer.status).toBe(401);
    expect(answer.headers.get('Content-Type')).toBe('application/json');
    expect(answer.headers.get('Ory-Error-Id')).toBe('');
    expect(await answer.text()).toBe(NO_SESSION_BODY);
  });

  it('repeats X-Request-ID after the status', async () => {
    const text = await (await kratos.whoami({ 'X-Request-ID': 'r-1' })).text();
    expect(text).toBe(NO_SESSION_BODY.replace('"reason"', '"request":"r-1","reason"'));
  });

  it('answers 403 if a second factor is available and was not used', async () => {
    const { session_token: token } = await kratos.signIn({ identityId: MIA });
    const answer = await kratos.whoami(sessionToken(token));
    const redirectTo = `${kratos.origin}/self-service/login/browser?aal=aal2`;
    expect(answer.status).toBe(403);
    expect(answer.headers.get('Ory-Error-Id')).toBe('session_aal2_required');
    expect(await answer.json()).toMatchObject({
      error: { id: 'session_aal2_required', details: { redirect_browser_to: redirectTo } },
      redirect_browser_to: redirectTo,
    });
    await kratos.control({ requiredAal: 'aal1' });
    expect(await whoamiStatus(token)).toBe(200);
  });

  it('accepts a second factor', async () => {
    const { session_token: token } = await kratos.signIn({ identityId: MIA, aal: 'aal2' });
    expect(await whoamiStatus(token)).toBe(200);
  });

  it('changes to 403 when a second factor is enrolled, and to 401 when the identity is disabled', async () => {
    const { session_token: token } = await kratos.signIn({ identityId: 'enrolling' });
    expect(await whoamiStatus(token)).toBe(200);
    await kratos.send('PATCH', '/.standin/identities/enrolling', { totp: true });
    expect(await whoamiStatus(token)).toBe(403);
    await kratos.send('PATCH', '/.standin/identities/enrolling', { state: 'inactive' });
    expect(await whoamiStatus(token)).toBe(401);
  });

  it('ends with the session', async () => {
    const expired = await kratos.signIn({ expiresInSeconds: -1 });
    expect(await whoamiStatus(expired.session_token)).toBe(401);
    const revoked = await kratos.signIn({ token: 'ory_st_chosen' });
    expect(await whoamiStatus('ory_st_chosen')).toBe(200);
    await kratos.call(`/.standin/sessions/${revoked.session.id}`, { method: 'DELETE' });
    expect(await whoamiStatus('ory_st_chosen')).toBe(401);
  });

  it('sends Ory-Session-Cache-For if the feature is on', async () => {
    await kratos.control({ cacheFor: 600 });
    const long = await kratos.signIn();
    const short = await kratos.signIn({ expiresInSeconds: 100 });
    const cacheFor = async (headers: Record<string, string>, query = '') =>
      (await kratos.whoami(headers, query)).headers.get('Ory-Session-Cache-For');
    expect(await cacheFor(sessionToken(long.session_token))).toBe('600');
    expect(await cacheFor(sessionToken(short.session_token))).toMatch(/^(99|100)$/);
    expect(await cacheFor(sessionToken(long.session_token), '?tokenize_as=plain')).toBeNull();
    expect(await cacheFor({})).toBe('60');
    expect(await cacheFor(sessionToken('wrong'))).toBeNull();
  });

  it('re-issues the cookie after the session was extended', async () => {
    const { session, cookie } = await kratos.signIn({ expiresInSeconds: 600 });
    expect((await kratos.whoami({ Cookie: cookie })).headers.getSetCookie()).toEqual([]);
    await kratos.call(`/admin/sessions/${session.id}/extend`, { method: 'PATCH' });
    const [reissued = ''] = (await kratos.whoami({ Cookie: cookie })).headers.getSetCookie();
    expect(reissued).toMatch(
      /^ory_kratos_session=[\w-]+={1,2}; Path=\/; Expires=[^;]+ GMT; Max-Age=86(400|39\d); HttpOnly; SameSite=Lax$/,
    );
    const fresh = await kratos.whoami({ Cookie: reissued.split(';')[0] ?? '' });
    expect([fresh.status, fresh.headers.getSetCookie()]).toEqual([200, []]);
  });
});

describe('whoami tokenize_as', () => {
  it('adds a JWT with the default claims', async () => {
    const { session, session_token: token } = await kratos.signIn();
    const answer = await kratos.whoami(sessionToken(token), '?tokenize_as=plain');
    const { tokenized } = (await answer.json()) as { tokenized: string };
    const keys = (await (await kratos.call('/.standin/jwks.json')).json()) as JSONWebKeySet;
    const { payload } = await jwtVerify(tokenized, createLocalJWKSet(keys));
    const { iat = 0 } = payload;
    expect(decodeProtectedHeader(tokenized)).toMatchObject({
      alg: 'ES256',
      kid: keys.keys[0]?.kid,
    });
    expect(payload).toEqual({
      jti: expect.stringMatching(/^[\da-f-]{36}$/),
      iss: `${kratos.origin}/`,
      sub: session.identity.id,
      sid: session.id,
      iat,
      nbf: iat,
      exp: iat + 60,
    });
  });

  it('lets the template add claims but not change the subject', async () => {
    await kratos.control({ tokenizers: { t: { claims: { aud: 'x', sub: 'y' }, ttlSeconds: 5 } } });
    const { session, session_token: token } = await kratos.signIn();
    const answer = await kratos.whoami(sessionToken(token), '?tokenize_as=t');
    const { tokenized } = (await answer.json()) as { tokenized: string };
    const claims = JSON.parse(atob((tokenized.split('.')[1] ?? '').replace(/[-_]/g, '+')));
    expect(claims).toMatchObject({ aud: 'x', sub: session.identity.id, exp: claims.iat + 5 });
  });

  it('refuses an unknown template', async () => {
    const { session_token: token } = await kratos.signIn();
    const answer = await kratos.whoami(sessionToken(token), '?tokenize_as=nope');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('Unable to find tokenizer template \\"nope\\".');
  });
});

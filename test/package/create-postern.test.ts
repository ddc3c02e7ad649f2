import { describe, expect, it, vi } from 'vitest';
import { createPostern } from '../../src/package/create-postern.ts';
import type { KeycardSession, KratosSession } from '../../src/package/sessions.ts';
import { createTestSessions } from '../../src/package/testing.ts';

type Session = KratosSession<{ email: string }>;
const people = await createTestSessions({
  settings: { RULES: [{ path: '/open/*', session: 'none' }] },
});
const zoe = { id: 'person-1', traits: { email: 'zoe@example.com' } };
const gate = createPostern<Session>(people.options);
const anonymous = (path = '/') => new Request(`https://app.example.com${path}`);

describe('authorize()', () => {
  it('passes a signed-in request with its session, and finishes the answer', async () => {
    const authorized = await gate.authorize(people.signedIn(zoe, '/account'));
    if (authorized.kind !== 'pass') throw new Error(`${authorized.response.status}`);
    const { request, session, identity } = authorized;
    expect([identity?.id, session?.identity.traits.email]).toEqual(['person-1', 'zoe@example.com']);
    expect([request.headers.get('x-user-id'), request.headers.get('cookie')]).toEqual([
      'person-1',
      null,
    ]);
    const headers = { 'Cache-Control': 'public', 'Set-Cookie': 'cart=1' };
    const response = await authorized.finish(new Response('done', { headers }));
    expect([response.status, await response.text()]).toEqual([200, 'done']);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.getSetCookie()).toEqual(['cart=1']);
  });

  it('answers an anonymous request, and one that is not canonical', async () => {
    for (const [path, status] of [
      ['/account', 401],
      ['/a%2fb', 400],
    ] as const) {
      const authorized = await gate.authorize(anonymous(path));
      expect(authorized).toMatchObject({ kind: 'answer', response: { status } });
    }
  });

  it('passes an open path without a look-up', async () => {
    expect(await gate.authorize(people.signedIn(zoe, '/open/page'))).toMatchObject({
      kind: 'pass',
      session: undefined,
      reason: undefined,
    });
  });

  it('answers a request for a host that is not the site’s', async () => {
    const authorized = await gate.authorize(new Request('https://evil.example/open/page'));
    expect(authorized).toMatchObject({ kind: 'answer', response: { status: 421 } });
  });
});

describe('session()', () => {
  it('reads the session on every path, and leaves the body of the request alone', async () => {
    const post = { method: 'POST', body: 'a=1' };
    const request = people.signedIn(zoe, new Request('https://app.example.com/open/x', post));
    expect(await gate.session(request)).toMatchObject({ kind: 'signed-in', identity: zoe });
    expect(await request.text()).toBe('a=1');
    expect(await gate.session(anonymous())).toEqual({
      kind: 'not-signed-in',
      reason: 'credential_missing',
      cookies: [],
    });
  });

  it('gives the cookie of a session that Kratos renewed', async () => {
    const renewed = 'ory_kratos_session=renewed-by-kratos-itself; Path=/; HttpOnly';
    const { KRATOS: store } = people.options.bindings ?? {};
    const KRATOS = {
      async fetch(request: Request) {
        const answer = new Response((await store?.fetch(request))?.body);
        answer.headers.append('Set-Cookie', renewed);
        return answer;
      },
    };
    const renewing = createPostern({ ...people.options, bindings: { KRATOS } });
    expect(await renewing.session(people.signedIn(zoe))).toMatchObject({
      kind: 'signed-in',
      cookies: [expect.stringContaining('ory_kratos_session=renewed-by-kratos-itself')],
    });
  });

  it('cannot tell while the store fails', async () => {
    const KRATOS = { fetch: () => Promise.reject(new Error('down')) };
    const broken = createPostern({ ...people.options, bindings: { KRATOS } });
    expect(await broken.session(people.signedIn(zoe))).toMatchObject({
      kind: 'cannot-tell',
      response: { status: 503 },
    });
  });

  it('reads a session of Keycard from its token', async () => {
    const keycard = createPostern<KeycardSession>(people.options);
    const request = await people.withToken({ subject: 'user-1', scopes: ['read', 'write'] });
    expect(await keycard.session(request)).toMatchObject({
      kind: 'signed-in',
      session: { session_type: 'user', session_data: { scope: 'read write' } },
    });
  });

  it('accepts no session of another test run', async () => {
    const others = await createTestSessions();
    expect(await gate.session(others.signedIn(zoe))).toMatchObject({ kind: 'not-signed-in' });
    expect(await gate.session(await others.withToken())).toMatchObject({ kind: 'not-signed-in' });
  });

  it('knows no session that has ended in the store', async () => {
    const request = people.signedIn(zoe);
    people.end(request);
    expect(await gate.session(request)).toMatchObject({ kind: 'not-signed-in' });
    expect(() => people.end(request)).toThrow('has no session of this test run');
  });
});

describe('createPostern()', () => {
  it('keeps one gateway for each environment, and reads each once', async () => {
    const KRATOS = { fetch: vi.fn(people.options.bindings?.KRATOS?.fetch) };
    const { settings } = people.options;
    const prefixed = createPostern({ settings, bindings: { KRATOS }, prefix: 'POSTERN_' });
    const env = { POSTERN_FRESH_SECONDS: 60, PUBLIC_URL: 'of the site', DB: {} };
    const request = people.signedIn(zoe);
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await prefixed.session(request, env)).toMatchObject({ kind: 'signed-in' });
    }
    expect(KRATOS.fetch).toHaveBeenCalledTimes(1);
    expect(await prefixed.session(request, { ...env })).toMatchObject({ kind: 'signed-in' });
    expect(KRATOS.fetch).toHaveBeenCalledTimes(2);
  });

  it('answers 502 if its site fails, and logs the error of the site', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const broken = new Error('of the site');
    const response = await gate.middleware(people.signedIn(zoe), () => {
      throw broken;
    });
    expect([response.status, log.mock.calls]).toEqual([502, [[broken]]]);
    log.mockRestore();
  });

  it('answers 404 to a site that it does not have', async () => {
    expect((await gate.fetch(people.signedIn(zoe, '/account'))).status).toBe(404);
  });
});

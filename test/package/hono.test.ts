import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createPostern } from '../../src/package/create-postern.ts';
import { optionalSession, postern, requireSession } from '../../src/package/hono.ts';
import type { KratosSession } from '../../src/package/sessions.ts';
import { createTestSessions } from '../../src/package/testing.ts';

type Session = KratosSession<{ email: string }>;
const RULES = [
  { path: '/open/*', session: 'none' },
  { path: '/maybe/*', session: 'optional' },
] as const;
const people = await createTestSessions({ settings: { RULES } });
const zoe = { traits: { email: 'zoe@example.com' } };

const app = new Hono()
  .use(postern<Session>(people.options))
  .get('/admin', requireSession<Session>({ aal: 'aal2' }), (c) =>
    c.text(c.var.session.identity.traits.email),
  )
  .get('/recent', requireSession({ authenticatedWithin: '15m' }), (c) => c.text('recent'))
  .get('/scoped', requireSession({ scopes: ['write'] }), (c) => c.text('scoped'))
  .get(
    '/staff',
    requireSession({ allow: '"staff" in session.identity.metadata_public.roles' }),
    (c) => c.text('staff'),
  )
  .get('/open/strict', requireSession(), (c) => c.text(c.var.identity.id))
  .get('/maybe/who', (c) =>
    c.json({ email: c.var.session?.identity.traits.email, reason: c.var.reason }),
  )
  .post('/echo', async (c) => c.text(await c.req.text()))
  .get('/headers', (c) => {
    c.header('Cache-Control', 'public, max-age=60');
    c.header('X-Of-Site', 'yes');
    return c.json(c.req.header());
  })
  .get('/broken', () => {
    throw new Error('of the site');
  })
  .get('/account', (c) => c.text(`Hello ${c.var.identity?.id}`));

const text = async (response: Response | Promise<Response>) => {
  const { status, body } = await response;
  return [status, body === null ? '' : await new Response(body).text()];
};
const anonymous = (path: string, headers = {}) =>
  new Request(`https://app.example.com${path}`, { headers });

describe('postern()', () => {
  it('lets signed-in requests reach every route, with the session in the context', async () => {
    const request = people.signedIn({ ...zoe, id: 'person-1' }, '/account');
    expect(await text(app.fetch(request))).toEqual([200, 'Hello person-1']);
  });

  it('refuses anonymous requests on every path, also where the app has no route', async () => {
    for (const path of ['/account', '/nowhere', '/echo']) {
      const response = await app.fetch(anonymous(path));
      expect([path, response.status, response.headers.get('postern-reason')]).toEqual([
        path,
        401,
        'credential_missing',
      ]);
    }
  });

  it('redirects a navigation to sign in', async () => {
    const response = await app.fetch(
      anonymous('/account', { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' }),
    );
    expect([response.status, response.headers.get('location')]).toEqual([
      302,
      expect.stringMatching(
        /^https:\/\/kratos\.example\.test\/self-service\/login\/browser\?return_to=/,
      ),
    ]);
  });

  it('gives the reason where a session is optional', async () => {
    expect(await text(app.fetch(anonymous('/maybe/who')))).toEqual([
      200,
      '{"reason":"credential_missing"}',
    ]);
    const request = people.signedIn(zoe, '/maybe/who');
    expect(await text(app.fetch(request))).toEqual([200, '{"email":"zoe@example.com"}']);
  });

  it('gives the route identity headers and no credential, and treats its answer', async () => {
    const request = people.signedIn({ ...zoe, id: 'person-2' }, '/headers');
    request.headers.set('X-User-Email', 'mallory@example.com');
    const response = await app.fetch(request);
    const seen = await response.json();
    expect(seen).toMatchObject({ 'x-user-id': 'person-2', host: 'app.example.com' });
    expect(Object.keys(seen as object)).not.toEqual(expect.arrayContaining(['cookie']));
    expect(Object.keys(seen as object)).not.toEqual(expect.arrayContaining(['x-user-email']));
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('x-of-site')).toBe('yes');
    expect(response.headers.get('cache-status')).toContain('postern; ');
  });

  it('passes bodies on, also one that a middleware in front has read', async () => {
    const read = new Hono()
      .use(async (c, next) => {
        await c.req.text();
        await next();
      })
      .route('/', app);
    const body = 'name=zo%C3%AB';
    const post = () =>
      people.signedIn(zoe, new Request('https://app.example.com/echo', { method: 'POST', body }));
    expect(await text(app.fetch(post()))).toEqual([200, body]);
    expect(await text(read.fetch(post()))).toEqual([200, body]);
  });

  it('leaves the errors of routes to the app', async () => {
    const response = await app.fetch(people.signedIn(zoe, '/broken'));
    expect(response.status).toBe(500);
  });

  it('answers its own routes', async () => {
    const whoami = await app.fetch(people.signedIn(zoe, '/sessions/whoami'));
    expect(await whoami.json()).toMatchObject({ active: true, identity: zoe });
    expect((await app.fetch(anonymous('/.postern/health/alive'))).status).toBe(200);
  });

  it('may be in front of a part once more, with other rules', async () => {
    const RULES = [{ path: '/inner/*', session: 'required', aal: 'aal2' }] as const;
    const settings = { ...people.options.settings, RULES };
    const inner = new Hono()
      .use(postern({ ...people.options, settings }))
      .get('/page', (c) => c.text('inner page'));
    const outer = new Hono().use(postern(people.options)).route('/inner', inner);
    expect((await outer.fetch(anonymous('/inner/page'))).status).toBe(401);
    expect((await outer.fetch(people.signedIn(zoe, '/inner/page'))).status).toBe(403);
    const high = people.signedIn({ ...zoe, aal: 'aal2' }, '/inner/page');
    expect(await text(outer.fetch(high))).toEqual([200, 'inner page']);
  });

  it('refuses a path that the router reads otherwise', async () => {
    const rewriting = new Hono({ getPath: () => '/account' })
      .use(postern({ ...people.options }))
      .get('/account', (c) => c.text('account'));
    expect((await rewriting.fetch(people.signedIn(zoe, '/account'))).status).toBe(200);
    expect((await rewriting.fetch(anonymous('/open/page'))).status).toBe(400);
  });

  it('answers 500 with a wrong setting, and logs which one', async () => {
    const wrong = new Hono().use(postern({ settings: { PUBLIC_URL: 'ftp://x' }, pick: [] }));
    expect((await wrong.request('/')).status).toBe(500);
  });
});

describe('requireSession()', () => {
  it('adds requirements to those of the gate in front', async () => {
    const low = await app.fetch(people.signedIn(zoe, '/admin'));
    expect([low.status, low.headers.get('postern-reason')]).toEqual([403, 'session_aal2_required']);
    const high = people.signedIn({ ...zoe, aal: 'aal2' }, '/admin');
    expect(await text(app.fetch(high))).toEqual([200, 'zoe@example.com']);
  });

  it.each([
    ['/recent', { authenticatedAt: new Date(Date.now() - 3_600_000) }, {}],
    ['/staff', { metadata: { roles: [] } }, { metadata: { roles: ['staff'] } }],
  ])('on %s', async (path, refused, accepted) => {
    expect((await app.fetch(people.signedIn(refused, path))).status).toBe(403);
    expect((await app.fetch(people.signedIn(accepted, path))).status).toBe(200);
  });

  it('requires scopes of a token', async () => {
    const without = await app.fetch(await people.withToken({ scopes: ['read'] }, '/scoped'));
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('error="insufficient_scope"'),
    ]);
    const having = await people.withToken({ scopes: ['read', 'write'] }, '/scoped');
    expect(await text(app.fetch(having))).toEqual([200, 'scoped']);
  });

  it('requires a session on a path that RULES opens', async () => {
    expect((await app.fetch(anonymous('/open/strict'))).status).toBe(401);
    const request = people.signedIn({ id: 'person-3' }, '/open/strict');
    expect(await text(app.fetch(request))).toEqual([200, 'person-3']);
  });

  it('works without a gate in front, and guards its own routes only', async () => {
    const gate = createPostern<Session>(people.options);
    const alone = new Hono()
      .get('/free', (c) => c.text('free'))
      .get('/gated', requireSession<Session>({ postern: gate }), (c) =>
        c.text(c.var.session.identity.traits.email),
      )
      .get('/either', optionalSession<Session>({ postern: gate }), (c) =>
        c.text(c.var.session?.identity.traits.email ?? String(c.var.reason)),
      );
    expect(await text(alone.fetch(anonymous('/free')))).toEqual([200, 'free']);
    expect((await alone.fetch(anonymous('/gated'))).status).toBe(401);
    expect(await text(alone.fetch(people.signedIn(zoe, '/gated')))).toEqual([
      200,
      'zoe@example.com',
    ]);
    expect(await text(alone.fetch(anonymous('/either')))).toEqual([200, 'credential_missing']);
    expect(await text(alone.fetch(people.signedIn(zoe, '/either')))).toEqual([
      200,
      'zoe@example.com',
    ]);
  });

  it('takes settings and bindings from the environment, without a gate in front', async () => {
    const { settings, bindings } = people.options;
    const env = { ...settings, ...bindings, DATABASE_URL: 'postgres://db.example.com/app' };
    const alone = new Hono().get('/gated', requireSession(), (c) => c.text(c.var.identity.id));
    const request = people.signedIn({ id: 'person-4' }, '/gated');
    expect(await text(alone.fetch(request, env))).toEqual([200, 'person-4']);
    expect((await alone.fetch(anonymous('/gated'), env)).status).toBe(401);
  });

  it('answers 500 with a wrong requirement', async () => {
    const wrong = new Hono()
      .use(postern(people.options))
      .get('/', requireSession({ allow: 'session.(' }), (c) => c.text('x'));
    expect((await wrong.fetch(people.signedIn(zoe))).status).toBe(500);
  });
});

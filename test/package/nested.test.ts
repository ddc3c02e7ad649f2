import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { postern, requireSession } from '../../src/package/hono.ts';
import { createTestSessions } from '../../src/package/testing.ts';

const RULES = [{ path: '/open/*', session: 'none', cache_control: 'origin' }] as const;
const people = await createTestSessions({ settings: { RULES, REVOCATION_LAG_SECONDS: 2 } });

/** An app whose gate leaves `/open/*` to the middleware of the part. */
const appWith = (inner: ReturnType<typeof postern>, answer: () => Response) =>
  new Hono().use(postern(people.options)).get('/open/part', inner, answer);

describe('a middleware behind the gate', () => {
  it('cuts a stream when the session ends that only this middleware requires', async () => {
    const settings = {
      ...people.options.settings,
      RULES: [{ path: '/open/*', session: 'required', freshness: 'strict', cut_streams: true }],
    } as const;
    const endless = () =>
      new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(1)) }));
    const app = appWith(postern({ ...people.options, settings }), endless);
    const request = people.signedIn({}, '/open/part');
    const response = await app.fetch(request);
    expect(response.status).toBe(200);
    people.end(request);
    await expect(response.arrayBuffer()).rejects.toThrow();
  }, 20_000);

  it('gives the client the cookies of its session, and removes forged ones of the site', async () => {
    const renewed = 'ory_kratos_session=renewed-by-kratos-itself; Path=/; HttpOnly';
    const { KRATOS } = people.options.bindings ?? {};
    const renewing = {
      async fetch(request: Request) {
        const answer = await KRATOS?.fetch(request);
        const copy = new Response(answer?.body, answer);
        copy.headers.append('Set-Cookie', renewed);
        return copy;
      },
    };
    const options = { ...people.options, bindings: { KRATOS: renewing } };
    const site = () => {
      const headers = new Headers([
        ['Set-Cookie', 'theme=dark'],
        ['Set-Cookie', 'ory_kratos_session=forged'],
      ]);
      return new Response('part', { headers });
    };
    const app = new Hono().use(postern(options)).get('/open/part', requireSession(), site);
    const response = await app.fetch(people.signedIn({}, '/open/part'));
    const cookies = response.headers.getSetCookie().map((each) => each.split(';')[0]);
    expect(cookies).toEqual(['theme=dark', 'ory_kratos_session=renewed-by-kratos-itself']);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('vary')).toBe('Cookie, Authorization, X-Session-Token');
    expect(response.headers.get('cache-status')).toMatch(/^postern; [^,]*$/);
  });

  it('leaves a page that the site puts in the place of its refusal to the gate', async () => {
    const page = () =>
      new Response('page of the site', {
        status: 403,
        headers: {
          'Cache-Control': 'public, max-age=60',
          'Set-Cookie': 'ory_kratos_session=forged',
        },
      });
    const app = new Hono()
      .use(postern(people.options))
      .use(async (c, next) => {
        await next();
        c.res = undefined;
        c.res = page();
      })
      .get('/admin', requireSession({ aal: 'aal2' }), (c) => c.text('x'));
    const { headers } = await app.fetch(people.signedIn({}, '/admin'));
    expect([headers.get('cache-control'), headers.getSetCookie()]).toEqual([
      'private, no-store',
      [],
    ]);
  });

  it('looks like one gate to the client where both look for the session', async () => {
    const app = new Hono()
      .use(postern(people.options))
      .get('/page', requireSession(), (c) => c.text('page'));
    const { headers } = await app.fetch(people.signedIn({}, '/page'));
    expect(headers.get('vary')).toBe('Cookie, Authorization, X-Session-Token');
    expect(headers.get('cache-status')).toMatch(/^postern; [^,]*$/);
  });

  it('names the reason where the router drops the slash at the end of a path', async () => {
    const app = new Hono({ strict: false })
      .use(postern(people.options))
      .get('/open/page', (c) => c.text('page'));
    const { status, headers } = await app.request('https://app.example.com/open/page/');
    expect([status, headers.get('postern-reason')]).toEqual([400, 'path_not_canonical']);
  });
});

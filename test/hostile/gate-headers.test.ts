import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeaderFilter } from '../../src/forwarding/header-filter.ts';
import { missingCorpus, readLines, readNaughtyStrings } from '../support/corpus.ts';
import { sendAll } from '../support/keep-alive.ts';
import { type ArrivedRequest, type NodeOrigin, startNodeOrigin } from '../support/node-origin.ts';
import { header, request } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';

const TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SPOOFED = 'spoofed-value';
/** What Postern, the runtime and this test put on a request of somebody signed in. */
const OURS = new Set([
  'host',
  'connection',
  'x-user-id',
  'x-user-email',
  'x-display',
  'x-forwarded-host',
  'x-forwarded-proto',
  'postern-hops',
]);
const IDENTITY_HEADERS = {
  'X-User-Id': 'identity.id',
  'X-User-Email': 'identity.traits.email',
  'X-Display': 'identity.traits.display',
};
/**
 * Headers by which some origin is told who, whence or what, written down anew and not read from the filter: the
 * names that gates, proxies, CGI and frameworks of the published incidents obeyed.
 */
const BELIEVED =
  /^(?:x-?)?(?:auth|forwarded|forward-|real-ip|real-method|remote-|orig|rewrite-|user(?:-?(?:id|name|e?mail))?$|user(?:id|name)$)|(?:client-?ip|client-?address|remote-addr|real-ip|forwarded-for|method-override|host-override|path-override)$|^x-(?:host|scheme|https|ssl|ip|server-name|http-)|^(?:http|https|shib|iv|ssl|cert|php-auth|cf-connecting|cf-access)-|^(?:scheme|https|script-name|path-info|request-uri|request-method|proxy|base-url)$/;
/** The site's own sign-in and the browser's own words, which are not Postern's to take away. */
const THE_SITES_OWN = new Set(['authorization', 'origin', 'origin~https://%s.%h', 'originator']);

const foldForOracle = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '-');

describe('HeaderFilter', () => {
  const filter = new HeaderFilter(Object.keys(IDENTITY_HEADERS));
  const separator = fc.constantFrom(...TOKEN.replace(/[a-z0-9]/gi, ''));

  it('H3: knows a name behind any separators and case (100,000 generated)', () => {
    const words = fc.constantFrom(
      ...[
        'x user id',
        'x user email',
        'x display',
        'x forwarded for',
        'x forwarded host',
        'x real ip',
        'x auth user',
        'remote user',
        'x original url',
        'x rewrite url',
        'x http method override',
        'x kratos authenticated identity id',
        'x session assertion',
        'cf connecting ip',
        'true client ip',
        'x middleware subrequest',
        'x envoy original path',
        'forwarded',
        'postern hops',
      ],
    );
    const spelt = fc
      .tuple(
        words,
        fc.array(separator, { minLength: 6, maxLength: 6 }),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      )
      .map(([name, separators, capitals]) => {
        let at = 0;
        return [...name.replace(/ /g, () => separators[at++ % separators.length] ?? '-')]
          .map((letter, index) => (capitals[index] ? letter.toUpperCase() : letter))
          .join('');
      });
    fc.assert(
      fc.property(spelt, (name) => {
        expect(filter.isUntrusted(name)).toBe(true);
      }),
      { numRuns: 100_000 },
    );
  });

  it('lets pass what browsers and applications send', () => {
    const names =
      'accept accept-language user-agent content-type range if-none-match origin referer sec-fetch-mode x-requested-with x-csrf-token traceparent tracestate x-request-id authorization cookie last-event-id sec-websocket-protocol priority dnt save-data x-api-key idempotency-key'.split(
        ' ',
      );
    expect(names.filter((name) => filter.isUntrusted(name))).toEqual([]);
  });
});

describe('the gate in front of a Node origin', () => {
  let gate: RunningGate;
  let origin: NodeOrigin;

  beforeAll(async () => {
    origin = await startNodeOrigin();
    gate = await startGate({
      services: { kratos: 'binding', origin: 'http' },
      vars: {
        ORIGIN_URL: origin.url,
        IDENTITY_HEADERS,
        RULES: [{ path: '/open/*', session: 'optional' }],
      },
    });
  });
  afterAll(async () => {
    await gate.dispose();
    await origin[Symbol.asyncDispose]();
  });

  const spoofs = (seen: ArrivedRequest) =>
    seen.headers
      .filter(([name]) => !OURS.has(name.toLowerCase()))
      .filter(([name]) => BELIEVED.test(foldForOracle(name)))
      .filter(([name]) => !THE_SITES_OWN.has(foldForOracle(name)))
      .map(([name]) => name);

  const names = readLines('header-names.txt')
    ?.filter((name) => [...name].every((letter) => TOKEN.includes(letter)))
    .filter(
      (name) =>
        !/^(?:host|content-length|transfer-encoding|connection|upgrade|expect|cookie|x-session-token)$/i.test(
          name,
        ),
    );

  it.skipIf(names === undefined)(
    names === undefined
      ? missingCorpus('header-names.txt')
      : 'P19: no header makes a way past the gate',
    async () => {
      origin.take();
      const cases = (names ?? []).flatMap((name) =>
        ['1', '/open/x', 'true'].map((value) => [name, value] as const),
      );
      await sendAll(
        gate.port,
        cases,
        ([name, value]) => ({ target: '/admin', headers: [[name, value]] }),
        ([name], { status }) => expect([name, [400, 401].includes(status)]).toEqual([name, true]),
      );
      expect(origin.take()).toEqual([]);
    },
  );

  it.skipIf(names === undefined)(
    'H1: no header of the collection tells the origin who, whence or what, signed in or not',
    async () => {
      const { cookie, session } = await gate.kratos.createSession();
      const cases = (names ?? []).flatMap((name) => [
        [name, '/in', cookie] as const,
        [name, '/open/x', ''] as const,
      ]);
      origin.take();
      await sendAll(
        gate.port,
        cases,
        ([name, target, credential]) => ({
          target,
          headers: [
            [name, SPOOFED],
            ...(credential === '' ? [] : [['Cookie', credential] as const]),
          ],
        }),
        ([name], { status }) => expect([name, status]).toEqual([name, 200]),
      );
      const seen = origin.take();
      expect(seen).toHaveLength(cases.length);
      expect([...new Set(seen.flatMap(spoofs))]).toEqual([]);
      for (const { target, headers } of seen) {
        const ids = headers.filter(([name]) => /^x-user-id$/i.test(name)).map(([, value]) => value);
        expect(ids).toEqual(target === '/in' ? [session.identity.id] : []);
      }
      expect(origin.refused()).toBe(0);
    },
    60_000,
  );

  it('H2, H3: no spelling of our own headers arrives beside ours (1,500 generated, over the wire)', async () => {
    const { cookie, session } = await gate.kratos.createSession();
    const spelling = fc
      .tuple(
        fc.constantFrom(
          'x user id',
          'x user email',
          'x display',
          'x forwarded host',
          'x forwarded for',
          'x real ip',
        ),
        fc.array(fc.constantFrom(..."!#$%&'*+-.^_`|~"), { minLength: 3, maxLength: 3 }),
      )
      .map(([name, separators]) => name.replace(/ /g, () => separators.pop() ?? '-'));
    const spellings = fc.sample(spelling, 1500);
    origin.take();
    await sendAll(
      gate.port,
      spellings,
      (name) => ({
        target: '/in',
        headers: [
          [name, SPOOFED],
          [name.toUpperCase(), SPOOFED],
          ['Cookie', cookie],
        ],
      }),
      (name, { status }) => expect([name, status]).toEqual([name, 200]),
    );
    for (const { headers } of origin.take()) {
      expect(headers.map(([, value]) => value).join()).not.toContain(SPOOFED);
      expect(headers.find(([name]) => /^x-user-id$/i.test(name))?.[1]).toBe(session.identity.id);
    }
  });

  it('H5: naming our headers in Connection does not take them away', async () => {
    const { cookie, session } = await gate.kratos.createSession();
    origin.take();
    const headers = {
      Connection: 'x-user-id, X-User-Email, X-Forwarded-Host, cookie',
      Cookie: cookie,
      'X-Hop': '1',
    };
    const answer = await request(gate.port, { target: '/in', headers });
    // Cookie is read before anything is dropped, so the session stands; its other cookies go, as nominated.
    expect(answer.status).toBe(200);
    const [seen] = origin.take();
    const sent = Object.fromEntries(
      (seen?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]),
    );
    expect(sent['x-user-id']).toBe(session.identity.id);
    expect(sent['x-forwarded-host']).toBe('app.example.test');
  });

  it('H9: a list travels as its items, each encoded, and nothing is read into an address', async () => {
    const { cookie } = await gate.kratos.createSession({
      traits: { email: 'a@evil@corp.com', display: ['a,admin', 'b'] },
    });
    origin.take();
    await request(gate.port, { target: '/in', headers: { Cookie: cookie } });
    const [seen] = origin.take();
    expect(seen?.headers).toContainEqual(['X-Display', 'a%2Cadmin,b']);
    expect(seen?.headers).toContainEqual(['X-User-Email', 'a@evil@corp.com']);
  });

  it('H10: a value of 64 KiB is left out whole, the id stays, and the log says so', async () => {
    const { cookie, session } = await gate.kratos.createSession({
      traits: { email: 'a@b.example', display: 'x'.repeat(65_536) },
    });
    origin.take();
    gate.clearLogs();
    expect((await request(gate.port, { target: '/in', headers: { Cookie: cookie } })).status).toBe(
      200,
    );
    const [seen] = origin.take();
    const sent = new Map((seen?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]));
    expect([sent.get('x-user-id'), sent.has('x-display')]).toEqual([session.identity.id, false]);
    expect((await gate.logs()).join()).toContain('"detail":"omitted X-Display"');
  });

  it('H11, H12: what the client says of itself reaches nobody', async () => {
    const { cookie } = await gate.kratos.createSession();
    const spoofed = [
      'Forwarded',
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'X-Forwarded-Port',
      'X-Real-IP',
      'X-Client-IP',
      'True-Client-IP',
      'CF-Connecting-IP',
    ];
    origin.take();
    const headers = [
      ...spoofed.map((name) => [name, '6.6.6.6'] as const),
      ['Cookie', cookie] as const,
    ];
    expect((await request(gate.port, { target: '/in', headers })).status).toBe(200);
    const [seen] = origin.take();
    expect(JSON.stringify(seen?.headers)).not.toContain('6.6.6.6');
    expect(seen?.headers).toContainEqual(['x-forwarded-proto', 'https']);
  });

  const naughty = readNaughtyStrings();
  it.skipIf(naughty === undefined)(
    naughty === undefined
      ? missingCorpus('naughty-strings.base64.json')
      : 'H7, H8: every naughty trait arrives so that it can be read back, and no origin refuses it',
    async () => {
      const texts = [
        ...(naughty ?? []).map((bytes) => Buffer.from(bytes).toString('utf8')),
        'a\r\nX-Admin: 1',
        'caf\u00e9',
        '\u000b\u007f',
        '\ud800',
      ].filter((text) => text !== '');
      const refusedBefore = origin.refused();
      const sessions = [];
      for (const display of texts)
        sessions.push({
          display,
          ...(await gate.kratos.createSession({ traits: { email: 'a@b.example', display } })),
        });
      origin.take();
      await sendAll(
        gate.port,
        sessions,
        ({ cookie }) => ({ target: '/in', headers: { Cookie: cookie } }),
        ({ display }, { status }) => expect([display, status]).toEqual([display, 200]),
      );
      const arrived = origin.take().map(({ headers }) => {
        expect(headers.some(([name]) => /^x-admin$/i.test(name))).toBe(false);
        return decodeURIComponent(headers.find(([name]) => name === 'X-Display')?.[1] ?? '');
      });
      expect(arrived.sort()).toEqual(texts.map((text) => text.toWellFormed()).sort());
      expect(origin.refused()).toBe(refusedBefore);
    },
    60_000,
  );

  it('H13: the session credential goes no further, and every other cookie does, byte for byte', async () => {
    const { cookie, token } = await gate.kratos.createSession();
    const others = 'a=1; b="x,y"; c=%20=;d';
    for (const headers of [
      { Cookie: `${others}; ${cookie}; __Host-postern-turns=1.abc` },
      { 'X-Session-Token': token, Cookie: others },
      { Authorization: `Bearer ${token}`, Cookie: others },
    ]) {
      origin.take();
      expect((await request(gate.port, { target: '/in', headers })).status).toBe(200);
      const sent = JSON.stringify(origin.take());
      expect(sent).toContain(JSON.stringify(others).slice(1, -1));
      expect(sent).not.toContain(token);
      expect(sent).not.toContain(cookie.split('=', 2)[1]);
      expect(sent).not.toContain('postern-turns');
    }
    expect((await gate.logs()).join()).not.toContain(token);
  });

  it('P21: a method override is neither obeyed nor passed on', async () => {
    const { cookie } = await gate.kratos.createSession();
    const override = {
      'X-HTTP-Method-Override': 'DELETE',
      'X-HTTP-Method': 'OPTIONS',
      'X-Method-Override': 'PUT',
    };
    expect(
      (await request(gate.port, { target: '/in?_method=OPTIONS', headers: override })).status,
    ).toBe(401);
    origin.take();
    await request(gate.port, {
      target: '/in?_method=DELETE',
      headers: { ...override, Cookie: cookie },
    });
    const [seen] = origin.take();
    expect(seen?.method).toBe('GET');
    expect(JSON.stringify(seen?.headers)).not.toMatch(/override|x-http-method/i);
  });

  it('D7: 32 KiB of cookies are refused here, 431, and not at the origin', async () => {
    const { cookie } = await gate.kratos.createSession();
    const headers = { Cookie: `${cookie}; bomb=${'x'.repeat(32_768)}` };
    origin.take();
    const answer = await request(gate.port, { target: '/in', headers });
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([431, 'headers_too_large']);
    expect(origin.take()).toEqual([]);
  });

  it('carries traceparent on', async () => {
    const { cookie } = await gate.kratos.createSession();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    origin.take();
    await request(gate.port, { target: '/in', headers: { Cookie: cookie, traceparent } });
    expect(
      origin.take()[0]?.headers.find(([name]) => name.toLowerCase() === 'traceparent')?.[1],
    ).toBe(traceparent);
  });
});

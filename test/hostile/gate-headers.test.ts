import { describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { HEADER_NAMES } from '../support/hostile-input/header-names.ts';
import { sendAll } from '../support/keep-alive.ts';
import { type ArrivedRequest, startNodeOrigin } from '../support/node-origin.ts';
import { request } from '../support/raw-http.ts';

const TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SPOOFED = 'spoofed-value';
/** Headers that Postern, the runtime and this test add to the request of a signed-in user. */
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

/** Every character of a token besides letters and digits (RFC 9110 section 5.6.2). */
const MARKS = [..."!#$%&'*+-.^_`|~"];

/** A name with each mark in place of each space. */
const spelledOut = (name: string): string[] =>
  name.includes(' ') ? MARKS.flatMap((mark) => spelledOut(name.replace(' ', () => mark))) : [name];

const foldForOracle = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '-');

describe('the gate in front of a Node origin', async () => {
  const origin = await forAllTests(startNodeOrigin());
  const gate = await gateForAllTests({
    origin,
    vars: {
      IDENTITY_HEADERS,
      RULES: [{ path: '/open/*', session: 'optional' }],
    },
  });

  const spoofs = (seen: ArrivedRequest) =>
    seen.headers
      .filter(([name]) => !OURS.has(name.toLowerCase()))
      .filter(([name]) => BELIEVED.test(foldForOracle(name)))
      .filter(([name]) => !THE_SITES_OWN.has(foldForOracle(name)))
      .map(([name]) => name);

  const names = HEADER_NAMES.filter((name) =>
    [...name].every((letter) => TOKEN.includes(letter)),
  ).filter(
    (name) =>
      !/^(?:host|content-length|transfer-encoding|connection|upgrade|expect|cookie|x-session-token)$/i.test(
        name,
      ),
  );

  it('P19: no header opens the gate', async () => {
    origin.take();
    const cases = names.flatMap((name) =>
      ['1', '/open/x', 'true'].map((value) => [name, value] as const),
    );
    await sendAll(
      gate.port,
      cases,
      ([name, value]) => ({ target: '/admin', headers: [[name, value]] }),
      ([name], { status }) => expect([name, [400, 401].includes(status)]).toEqual([name, true]),
    );
    expect(origin.take()).toEqual([]);
  });

  it('H1: no header of the collection names a person, address or target to the origin, with or without a session', async () => {
    const { cookie, session } = await gate.kratos.createSession();
    const cases = names.flatMap((name) => [
      [name, '/in', cookie] as const,
      [name, '/open/x', ''] as const,
    ]);
    origin.take();
    await sendAll(
      gate.port,
      cases,
      ([name, target, credential]) => ({
        target,
        headers: [[name, SPOOFED], ...(credential === '' ? [] : [['Cookie', credential] as const])],
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
  }, 60_000);

  it('H2, H3: no spelling of Postern’s headers arrives beside them', async () => {
    const { cookie, session } = await gate.kratos.createSession();
    const names = [
      ...['x user id', 'x user email', 'x display'],
      ...['x forwarded host', 'x forwarded for', 'x real ip'],
    ];
    const spellings = names.flatMap(spelledOut);
    expect(spellings).toHaveLength(5 * 15 ** 2 + 15);
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
  }, 180_000);

  it('H5: naming Postern’s headers in Connection does not remove them', async () => {
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
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderFilter } from '../../src/forwarding/header-filter.ts';
import { createOriginAddress } from '../../src/forwarding/origin-address.ts';
import { type OriginCall, originRequest } from '../../src/forwarding/origin-request.ts';
import { admit } from '../../src/http/admit.ts';
import type { PathForm } from '../../src/http/path-readings.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { createTokenClassifier } from '../../src/tokens/token-classifier.ts';

const PUBLIC_URL = 'https://app.example.test';
const ORIGIN_URL = 'https://origin.example.test:8443';
const hosts = new SiteHosts(PUBLIC_URL, ['admin.example.test:8444']);
const OPTIONS = {
  address: createOriginAddress({ originUrl: ORIGIN_URL, hosts }),
  filter: new HeaderFilter(['X-User-Id']),
  hosts,
  withheld: {
    credentialCookies: ['s', 't'],
    gatewaySecrets: new Set(['a-secret-of-ours']),
    tokenClassifier: createTokenClassifier([
      { issuer: 'https://auth.example.test/', audience: ['postern'] },
    ]),
  },
};
const ADMISSION = { hosts: OPTIONS.hosts, allowedForms: new Set<PathForm>() };
const RULE = {
  session: 'required',
  forwardsCredentials: false,
  forwardedHeaders: new Set<string>(),
  cutsStreams: false,
} as const;

function forwarded(
  init: RequestInit = {},
  {
    site = PUBLIC_URL,
    target = '/',
    isSessionRead = true,
    identityHeaders = [] as [string, string][],
  } = {},
): OriginCall {
  const url = `${site}${target}`;
  const { method = 'GET' } = init;
  const admitted = admit({ method, url, headers: new Headers() }, ADMISSION);
  if (!admitted.ok) throw new Error(admitted.failure);
  const request = new Request(url, init);
  const identification = { headers: identityHeaders, omitted: [] };
  const rule = { ...RULE, session: isSessionRead ? 'required' : 'none' } as const;
  const passed = { target: admitted.value, tried: [], identification, rule };
  const call = originRequest(request, passed, OPTIONS);
  if (!call.ok) throw new Error(call.failure);
  return call.value;
}

const headers = (sent: Record<string, string>, isSessionRead = true) =>
  forwarded({ headers: sent }, { isSessionRead }).init.headers;

describe('originRequest()', () => {
  it('P17: goes to the origin’s address, with the admitted path and query', () => {
    const path = fc.webPath().filter((text) => !/\/\/|%|;|\/\.{1,2}(?:\/|$)/.test(text));
    fc.assert(
      fc.property(path, fc.webQueryParameters(), (text, query) => {
        // The URL standard escapes an apostrophe in a query, and only there.
        const search = query.replaceAll("'", '%27');
        const target = `${text.startsWith('/') ? text : `/${text}`}?${search}`;
        expect(forwarded({}, { target }).url).toBe(`${ORIGIN_URL}${target}`);
      }),
    );
  });

  it('names the requested host of the site, and has the origin’s host as Host', () => {
    for (const [site, host] of [
      [PUBLIC_URL, 'app.example.test'],
      ['https://admin.example.test:8444', 'admin.example.test:8444'],
      ['https://elsewhere.example', 'app.example.test'],
    ] as const) {
      const { url, init } = forwarded({}, { site });
      expect([site, init.headers.get('x-forwarded-host')]).toEqual([site, host]);
      expect(init.headers.get('x-forwarded-proto')).toBe('https');
      expect([url, init.headers.get('host')]).toEqual([
        `${ORIGIN_URL}/`,
        'origin.example.test:8443',
      ]);
    }
  });

  it('does not follow redirects', () => expect(forwarded().init.redirect).toBe('manual'));

  it('keeps method and body', async () => {
    const { init } = forwarded({ method: 'PUT', body: 'content' });
    expect([init.method, await new Response(init.body).text()]).toEqual(['PUT', 'content']);
  });

  it('H5: writes Postern’s headers last', () => {
    const sent = { connection: 'x-user-id', 'x-user-id': 'forged', 'X-User_Id': 'forged' };
    const { init } = forwarded({ headers: sent }, { identityHeaders: [['X-User-Id', 'i']] });
    const { headers } = init;
    expect(headers.get('x-user-id')).toBe('i');
    expect(headers.get('x-user_id')).toBeNull();
  });

  it('H13: drops a Kratos token and a secret of Postern, after any scheme, on any path', () => {
    for (const isSessionRead of [true, false]) {
      for (const value of ['ory_st_abc', 'a-secret-of-ours']) {
        for (const authorization of [
          `Bearer ${value}`,
          `bearer\t${value}`,
          `Bearer  ${value} `,
          `Token ${value}`,
          `Basic YTpi, Bearer ${value}`,
          `Bearer ${value}, Basic YTpi`,
          value,
        ])
          expect([
            authorization,
            headers({ authorization }, isSessionRead).get('authorization'),
          ]).toEqual([authorization, null]);
      }
    }
    expect(headers({ authorization: 'Basic YTpi' }).get('authorization')).toBe('Basic YTpi');
  });

  it('H13: drops an Authorization header with too many words', () => {
    const words = Array.from({ length: 99 }, () => 'a').join(' ');
    for (const isSessionRead of [true, false]) {
      const kept = headers({ authorization: `Digest ${words}` }, isSessionRead);
      expect(kept.get('authorization')).toBe(`Digest ${words}`);
      const hidden = headers({ authorization: `Digest ${words} ory_st_abc` }, isSessionRead);
      expect(hidden.get('authorization')).toBeNull();
    }
  });

  it('H13: drops every session cookie, and keeps the others unchanged', () => {
    expect(headers({ cookie: 'a=1;s=x; t=y ; b="2"' }).get('cookie')).toBe('a=1; b="2"');
    expect(headers({ cookie: 's=x' }).get('cookie')).toBeNull();
    const other = fc.stringMatching(/^[a-r]=[!#-+\--:<-[\]-~]{0,20}$/);
    fc.assert(
      fc.property(fc.array(other, { minLength: 1 }), fc.nat(10), (pairs, place) => {
        const presented = pairs.toSpliced(place % pairs.length, 0, 's=session').join('; ');
        expect(headers({ cookie: presented }).get('cookie')).toBe(pairs.join('; '));
      }),
    );
  });

  // RFC 9110 section 7.6.1; Firefox opens a WebSocket with this Connection.
  it('drops what Connection names, and keeps the handshake of a WebSocket', () => {
    const sent = { connection: 'keep-alive, Upgrade, X-Hop', upgrade: 'websocket', x_hop: '1' };
    expect([...headers({ ...sent, 'x-kept': '2' }).keys()]).toEqual(
      expect.arrayContaining(['upgrade', 'x-kept']),
    );
    for (const name of ['connection', 'x_hop']) expect(headers(sent).has(name)).toBe(false);
  });

  it('H12: names the client’s address only if the platform provides it', () => {
    expect(headers({ 'cf-connecting-ip': '1.2.3.4' }).get('x-forwarded-for')).toBeNull();
    const received = { 'cf-connecting-ip': '1.2.3.4', 'x-note': 'sorted behind it' };
    const request = new Request(PUBLIC_URL, { headers: received });
    Object.defineProperty(request, 'cf', { value: {} });
    const asked = { method: 'GET', url: `${PUBLIC_URL}/`, headers: new Headers() };
    const admitted = admit(asked, ADMISSION);
    if (!admitted.ok) throw new Error(admitted.failure);
    const identification = { headers: [], omitted: [] };
    const passed = { target: admitted.value, tried: [], identification, rule: RULE };
    const sent = originRequest(request, passed, OPTIONS);
    if (!sent.ok) throw new Error(sent.failure);
    expect(sent.value.init.headers.get('x-forwarded-for')).toBe('1.2.3.4');
    expect(sent.value.init.headers.get('cf-connecting-ip')).toBe('1.2.3.4');
  });

  // RFC 9110 section 12.5.3: "identity" asks for no coding. Cloudflare gives the client's own value in `cf`.
  it.each([
    ['gzip, br', false, 'gzip, br'],
    ['', false, 'identity'],
    [undefined, false, 'zstd'],
    ['gzip, br', true, 'identity'],
    [undefined, true, 'identity'],
  ])(
    'for a client that accepts %j, with cut_streams %j, asks for %s',
    (accepted, cutsStreams, asked) => {
      const request = new Request(PUBLIC_URL, { headers: { 'accept-encoding': 'zstd' } });
      Object.defineProperty(request, 'cf', { value: { clientAcceptEncoding: accepted } });
      const target = admit(
        { method: 'GET', url: `${PUBLIC_URL}/`, headers: new Headers() },
        ADMISSION,
      );
      if (!target.ok) throw new Error(target.failure);
      const identification = { headers: [], omitted: [] };
      const rule = { ...RULE, cutsStreams };
      const made = originRequest(
        request,
        { target: target.value, tried: [], identification, rule },
        OPTIONS,
      );
      expect(made.ok && made.value.init.headers.get('accept-encoding')).toBe(asked);
    },
  );

  // As RFC 8586 section 2 has it for CDN-Loop: each names itself behind those before it.
  it('adds this gate to the gates that the request has passed', () => {
    expect(headers({}).get('postern-hops')).toBe('app.example.test');
    expect(headers({ 'postern-hops': 'a.example , b.example' }).get('postern-hops')).toBe(
      'a.example, b.example, app.example.test',
    );
  });

  // RFC 9110 sections 7.6.1 and 7.8: Upgrade is for one connection; the platform opens the next by this value.
  it('forwards an upgrade to WebSocket, and no other connection header', () => {
    const kept = (sent: Record<string, string>) =>
      Object.keys(sent).flatMap((name) => headers(sent).get(name) ?? []);
    expect(kept({ upgrade: 'websocket', connection: 'Upgrade' })).toEqual(['websocket']);
    expect(kept({ upgrade: 'WebSocket' })).toEqual(['websocket']);
    for (const sent of [
      { upgrade: 'h2c' },
      { upgrade: 'websocket, h2c' },
      { connection: 'websocket' },
      { te: 'websocket' },
      { connection: 'x-a', 'x-a': 'websocket' },
    ]) {
      expect([sent, kept(sent)]).toEqual([sent, []]);
    }
  });
});

// docs/identity.md: "Cookies over 16 KiB, headers over 64 KiB together, or more than 100 headers with Postern's own".
describe('originRequest() refuses more headers than origins accept', () => {
  const size = (sent: Record<string, string>) =>
    Object.entries(sent).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  const isTaken = (
    sent: Record<string, string>,
    identityHeaders: [string, string][] = [],
    exchangedToken?: string,
  ) => {
    const target = admit(
      { method: 'GET', url: `${PUBLIC_URL}/`, headers: new Headers() },
      ADMISSION,
    );
    if (!target.ok) throw new Error(target.failure);
    const identification = { headers: identityHeaders, omitted: [] };
    const passed = { target: target.value, tried: [], identification, rule: RULE, exchangedToken };
    const made = originRequest(new Request(`${PUBLIC_URL}/`, { headers: sent }), passed, OPTIONS);
    return made.ok || made.failure;
  };
  const many = (count: number, name: (index: number) => string) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [name(index), '1']));
  const REFUSED = 'headers_too_large';

  it('accepts 16 KiB of cookies without the session’s, and no more', () => {
    const others = `a=${'x'.repeat(16_382)}`;
    expect(isTaken({ cookie: others })).toBe(true);
    expect(isTaken({ cookie: `${others}; s=session` })).toBe(true);
    expect(isTaken({ cookie: `${others}x` })).toBe(REFUSED);
    expect(isTaken({ 'x-cookie': `${others}x` })).toBe(true);
  });

  it('accepts 64 KiB in total, and no more', () => {
    const whole = { 'x-a': 'x'.repeat(30_000), 'x-b': '' };
    whole['x-b'] = 'x'.repeat(65_536 - size(whole));
    expect([size(whole), isTaken(whole)]).toEqual([65_536, true]);
    expect(isTaken({ ...whole, 'x-b': `${whole['x-b']}x` })).toBe(REFUSED);
    expect(isTaken({ ...whole, 'x-user-id': 'x'.repeat(100) })).toBe(true); // does not pass anyway
  });

  it('accepts 100 headers with seven of Postern and those of the identity, and no more', () => {
    const named = (count: number) => many(count, (index) => `x-a-${index}`);
    const identity: [string, string][] = [
      ['X-User-Id', '1'],
      ['X-User-Name', '2'],
    ];
    expect([isTaken(named(93)), isTaken(named(94))]).toEqual([true, REFUSED]);
    expect([isTaken(named(91), identity), isTaken(named(92), identity)]).toEqual([true, REFUSED]);
    const withToken = [92, 93].map((count) => isTaken(named(count), [], 'exchanged'));
    expect(withToken).toEqual([true, REFUSED]);
  });

  it('examines 500 lines and no more, even if it forwards no line', () => {
    const untrusted = (count: number) => many(count, (index) => `x-user-${'_'.repeat(index)}id`);
    expect([isTaken(untrusted(500)), isTaken(untrusted(501))]).toEqual([true, REFUSED]);
  });

  it('examines 4 KiB of Connection and no more', () => {
    const connection = 'x'.repeat(4096);
    expect(isTaken({ connection })).toBe(true);
    expect(isTaken({ connection: `${connection}x` })).toBe(REFUSED);
  });
});

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
  address: createOriginAddress({ originUrl: ORIGIN_URL, publicUrl: PUBLIC_URL, hosts }),
  publicUrl: PUBLIC_URL,
  cookieNames: ['s', 't'],
  filter: new HeaderFilter(['X-User-Id']),
  hosts,
  turns: { cookieName: '__Host-postern-turns' },
  ownSecrets: new Set(['a-secret-of-ours']),
  tokenClassifier: createTokenClassifier([
    { issuer: 'https://auth.example.test/', audience: ['postern'] },
  ]),
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
  it('P17: goes to the origin’s address, with the path and query as admitted', () => {
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

  it('names the host of the site that the client asked for, and the origin’s own as Host', () => {
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

  it('H5: sets what Postern says last', () => {
    const sent = { connection: 'x-user-id', 'x-user-id': 'forged', 'X-User_Id': 'forged' };
    const { init } = forwarded({ headers: sent }, { identityHeaders: [['X-User-Id', 'i']] });
    const { headers } = init;
    expect(headers.get('x-user-id')).toBe('i');
    expect(headers.get('x-user_id')).toBeNull();
  });

  it('H13: takes a Kratos token out, and a secret of ours, behind any scheme, on any path', () => {
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

  it('H13: takes an Authorization of more words than are looked at out', () => {
    const words = Array.from({ length: 99 }, () => 'a').join(' ');
    for (const isSessionRead of [true, false]) {
      const kept = headers({ authorization: `Digest ${words}` }, isSessionRead);
      expect(kept.get('authorization')).toBe(`Digest ${words}`);
      const hidden = headers({ authorization: `Digest ${words} ory_st_abc` }, isSessionRead);
      expect(hidden.get('authorization')).toBeNull();
    }
  });

  it('H13: takes every cookie of the session’s names out, and leaves the rest as it is', () => {
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

  it('H12: says where the client is only when the platform does', () => {
    expect(headers({ 'cf-connecting-ip': '1.2.3.4' }).get('x-forwarded-for')).toBeNull();
    const request = new Request(OPTIONS.publicUrl, { headers: { 'cf-connecting-ip': '1.2.3.4' } });
    Object.defineProperty(request, 'cf', { value: {} });
    const asked = { method: 'GET', url: `${OPTIONS.publicUrl}/`, headers: new Headers() };
    const admitted = admit(asked, ADMISSION);
    if (!admitted.ok) throw new Error(admitted.failure);
    const identification = { headers: [], omitted: [] };
    const passed = { target: admitted.value, tried: [], identification, rule: RULE };
    const sent = originRequest(request, passed, OPTIONS);
    if (!sent.ok) throw new Error(sent.failure);
    expect(sent.value.init.headers.get('x-forwarded-for')).toBe('1.2.3.4');
    expect(sent.value.init.headers.get('cf-connecting-ip')).toBe('1.2.3.4');
  });
});

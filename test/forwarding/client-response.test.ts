import { describe, expect, it } from 'vitest';
import {
  type ClientResponseOptions,
  clientResponse,
} from '../../src/forwarding/client-response.ts';
import { HeaderFilter } from '../../src/forwarding/header-filter.ts';
import { createOriginAddress } from '../../src/forwarding/origin-address.ts';
import { reservedCookies } from '../../src/forwarding/origin-cookies.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';

const SITE = 'https://app.example.test';
const hosts = new SiteHosts(SITE);
const OPTIONS: ClientResponseOptions = {
  filter: new HeaderFilter(['X-User-Id']),
  forwardedHeaders: new Set<string>(),
  reserved: reservedCookies(['ory_kratos_session']),
  address: createOriginAddress({
    originUrl: 'https://origin.internal.example',
    hosts,
  }),
  site: SITE,
  keepsCacheControl: false,
  dependsOnSession: false,
  setCookies: [],
};

type Sent = readonly (readonly [name: string, value: string])[];

function answered(sent: Sent, options: Partial<ClientResponseOptions> = {}): Headers {
  const headers = new Headers(sent.map(([name, value]) => [name, value]));
  const response = new Response('content', { headers });
  Object.defineProperty(response, 'webSocket', { value: null }); // as the platform has it on every response
  return clientResponse(response, { ...OPTIONS, ...options }).headers;
}

describe('clientResponse()', () => {
  it('O8: removes origin cookies with a reserved name, and keeps the others', () => {
    const sent: Sent = [
      ['set-cookie', 'ory_kratos_session=planted; Path=/'],
      ['set-cookie', 'theme=dark; Path=/'],
    ];
    expect(answered(sent).getSetCookie()).toEqual(['theme=dark; Path=/']);
  });

  it('O8: delivers the store’s cookies beside those of the origin', () => {
    const setCookies = ['ory_kratos_session=renewed; Path=/'];
    const kept = answered([['set-cookie', 'theme=dark']], { setCookies }).getSetCookie();
    expect(kept).toEqual(['theme=dark', ...setCookies]);
  });

  // RFC 6265 section 4.1.2.3: a Domain of another host makes the browser drop the cookie.
  it('O10: replaces the hidden host in a cookie, a redirect and a link', () => {
    const headers = answered([
      ['set-cookie', 'a=1; Domain=origin.internal.example; Path=/'],
      ['location', 'https://origin.internal.example/next'],
      ['link', '<https://origin.internal.example/2>; rel=next'],
    ]);
    expect(headers.getSetCookie()).toEqual(['a=1; Path=/']);
    expect(headers.get('location')).toBe(`${SITE}/next`);
    expect(headers.get('link')).toBe(`<${SITE}/2>; rel=next`);
  });

  // RFC 9110 section 7.6.1 and RFC 7838.
  it('removes hop-by-hop headers, headers that Connection names, identity headers and Alt-Svc', () => {
    const headers = answered([
      ['connection', 'x-hop'],
      ['x-hop', '1'],
      ['keep-alive', 'timeout=5'],
      ['x-user-id', 'somebody'],
      ['alt-svc', 'h3=":443"'],
      ['x-version', '2'],
    ]);
    expect([...headers.keys()].toSorted()).toEqual(['cache-control', 'content-type', 'x-version']);
  });

  it('passes an identity header of the origin if the rule forwards it', () => {
    const sent: Sent = [['x-user-id', 'somebody']];
    const forwardedHeaders = new Set(['x-user-id']);
    expect(answered(sent, { forwardedHeaders }).get('x-user-id')).toBe('somebody');
  });

  describe('caching', () => {
    const CACHED: Sent = [
      ['cache-control', 'public, max-age=60'],
      ['expires', 'Thu, 01 Dec 2033 16:00:00 GMT'],
      ['cdn-cache-control', 'max-age=60'],
      ['cloudflare-cdn-cache-control', 'max-age=60'],
      ['surrogate-control', 'max-age=60'],
    ];
    const told = (headers: Headers) => CACHED.flatMap(([name]) => headers.get(name) ?? []);

    it('forbids every cache to store the answer, unless the rule keeps the origin’s headers', () => {
      expect(told(answered(CACHED))).toEqual(['private, no-store']);
      expect(told(answered(CACHED, { keepsCacheControl: true }))).toEqual(
        CACHED.map(([, value]) => value),
      );
    });

    it('forbids every cache to store an answer with a cookie of the store, under any rule', () => {
      const headers = answered(CACHED, { keepsCacheControl: true, setCookies: ['s=1'] });
      expect(told(headers)).toEqual(['private, no-store']);
    });

    // RFC 9110 section 12.5.5.
    it('varies on the credentials if the session was read', () => {
      const sent: Sent = [['vary', 'Accept']];
      expect(answered(sent).get('vary')).toBe('Accept');
      expect(answered(sent, { dependsOnSession: true }).get('vary')).toBe(
        'Accept, Cookie, Authorization, X-Session-Token',
      );
    });
  });
});

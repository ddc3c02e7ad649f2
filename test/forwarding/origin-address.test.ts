import { describe, expect, it } from 'vitest';
import { createOriginAddress } from '../../src/forwarding/origin-address.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';

const publicUrl = 'https://app.example.com';
const ADMIN = 'https://admin.example.com';
const hosts = new SiteHosts(publicUrl, ['admin.example.com']);
const HIDDEN = createOriginAddress({
  originUrl: 'https://origin.internal.example',
  hosts,
});

function rewritten(name: string, value: string, site = publicUrl, address = HIDDEN) {
  const headers = new Headers({ [name]: value });
  address.makePublic(headers, [...headers.keys()], site);
  return headers.get(name);
}

/** The meaning of the value on the site, as the URL that a browser there would follow. */
const LOCATIONS = [
  ['https://origin.internal.example/a?b=c#d', 'https://app.example.com/a?b=c#d'],
  ['https://origin.internal.example', 'https://app.example.com/'],
  ['https://origin.internal.example?q', 'https://app.example.com/?q'],
  ['HTTPS://ORIGIN.Internal.example/A', 'https://app.example.com/A'],
  ['https://origin.internal.example:443/a', 'https://app.example.com/a'],
  ['https://origin.internal.example./a', 'https://app.example.com/a'],
  ['http://origin.internal.example/a', 'https://app.example.com/a'],
  ['http://origin.internal.example:80/a', 'https://app.example.com/a'],
  ['//origin.internal.example/a', 'https://app.example.com/a'],
  ['\\\\origin.internal.example\\a', 'https://app.example.com/a'],
  ['https:\\\\origin.internal.example/a', 'https://app.example.com/a'],
  ['https://user:word@origin.internal.example/a', 'https://app.example.com/a'],
  ['https://%6frigin.internal.example/a', 'https://app.example.com/a'],
  ['https://origin.internal.example/%2e%2f?%27', 'https://app.example.com/%2e%2f?%27'],
  ['https://origin.internal.example//evil.example/', 'https://app.example.com//evil.example/'],
] as const;

const FOREIGN = [
  '/a',
  'a/b?c',
  '../a',
  '?q=https://origin.internal.example/',
  '#d',
  '',
  'https://app.example.com/a',
  'https://elsewhere.example/?to=https://origin.internal.example/',
  'https://origin.internal.example@elsewhere.example/',
  'https://origin.internal.example.elsewhere.example/',
  'https://elsewhere.example#origin.internal.example',
  'https://x.origin.internal.example/',
  'https://origin.internal.example:4433/another-service',
  'mailto:someone@origin.internal.example',
  'myapp://origin.internal.example/callback',
  'https://[bad/',
];

describe('makePublic()', () => {
  it.each(LOCATIONS)('O10: Location %s is %s', (sent, expected) => {
    expect(rewritten('location', sent)).toBe(expected);
    expect(rewritten('content-location', sent)).toBe(expected);
    expect(rewritten('refresh', `5; url=${sent}`)).toBe(`5; url=${expected}`);
    expect(rewritten('link', `<${sent}>; rel=next, </x>; rel=a`)).toBe(
      `<${expected}>; rel=next, </x>; rel=a`,
    );
  });

  it.each(FOREIGN)('O10: leaves "%s" unchanged', (reference) => {
    for (const [name, value] of [
      ['location', reference],
      ['content-location', reference],
      ['refresh', `0;url=${reference}`],
      ['link', `<${reference}>; rel=x`],
    ] as const) {
      expect(rewritten(name, value)).toBe(value);
    }
  });

  it('O10: points at the requested host', () => {
    expect(rewritten('location', 'https://origin.internal.example/a', ADMIN)).toBe(`${ADMIN}/a`);
  });

  it.each([
    ['0; url="https://origin.internal.example/a"', '0; url="https://app.example.com/a"'],
    ["3 , URL = 'https://origin.internal.example/a' x", "3 , URL = 'https://app.example.com/a' x"],
    ['1.5;https://origin.internal.example/a', '1.5;https://app.example.com/a'],
    ['0 https://origin.internal.example/a', '0 https://app.example.com/a'],
    ['5', '5'],
    ['no refresh https://elsewhere.example/', 'no refresh https://elsewhere.example/'],
  ])('O10: Refresh %s is %s', (sent, expected) => {
    expect(rewritten('refresh', sent)).toBe(expected);
  });

  it('O10: a port of the origin is part of its address, and a public host never is', () => {
    const local = createOriginAddress({
      originUrl: 'http://127.0.0.1:8080',
      hosts: new SiteHosts('http://127.0.0.1:8000'),
    });
    const site = 'http://127.0.0.1:8000';
    expect(rewritten('location', 'http://127.0.0.1:8080/a', site, local)).toBe(`${site}/a`);
    for (const other of [`${site}/a`, 'http://127.0.0.1:4433/login', 'http://127.0.0.1/a']) {
      expect(rewritten('location', other, site, local)).toBe(other);
    }
    expect(local.publicCookie('a=1; Domain=127.0.0.1', site)).toBe('a=1; Domain=127.0.0.1');
  });

  it('O10: a public host with the origin’s name is not hidden', () => {
    const shared = createOriginAddress({
      originUrl: 'https://app.example.com:8443',
      hosts,
    });
    const cookie = 'a=1; Domain=app.example.com';
    for (const [site, kept] of [
      [publicUrl, cookie],
      [ADMIN, 'a=1'], // a browser takes no cookie of another host
    ] as const) {
      const at = (location: string) => rewritten('location', location, site, shared);
      expect(at('https://app.example.com:8443/a')).toBe(`${site}/a`);
      for (const open of ['https://app.example.com/a', 'http://app.example.com/a']) {
        expect(at(open)).toBe(open);
      }
      expect(shared.publicCookie(cookie, site)).toBe(kept);
    }
  });

  // WHATWG URL standard, special schemes: the port of http is 80 and that of https is 443, and a URL leaves it out.
  it('O10: if public host and origin share a name, the port of the scheme distinguishes them', () => {
    for (const [originUrl, site, open] of [
      ['https://app.example.com', 'https://app.example.com:8443', 'http://app.example.com'],
      ['http://app.example.com', 'http://app.example.com:8080', 'https://app.example.com'],
    ] as const) {
      const shared = createOriginAddress({
        originUrl,
        hosts: new SiteHosts(site),
      });
      const at = (location: string) => rewritten('location', location, site, shared);
      expect(at(`${originUrl}/a`)).toBe(`${site}/a`);
      expect(at(`${open}/a`)).toBe(`${open}/a`);
    }
  });

  it('O10: changes nothing if the origin is called at the public address', () => {
    for (const originUrl of [undefined, publicUrl, `${publicUrl}:443`]) {
      const address = createOriginAddress({ originUrl, hosts });
      expect([address.urlFor(publicUrl), address.urlFor(ADMIN)]).toEqual([publicUrl, ADMIN]);
      const location = 'https://origin.internal.example/a';
      expect(rewritten('location', location, publicUrl, address)).toBe(location);
      const cookie = 'a=1; Domain=app.example.com';
      expect(address.publicCookie(cookie, publicUrl)).toBe(cookie);
    }
  });
});

describe('publicCookie()', () => {
  it.each([
    'a=1; Domain=origin.internal.example; Path=/',
    'a=1; domain = .ORIGIN.internal.example ; Path=/',
    'a=1; Domain=origin.internal.example.; Path=/',
    'a=1;Domain=.example.com; Domain=origin.internal.example; Path=/',
    'a=1; Domain=origin.internal.example; Domain=.example.com; Path=/',
  ])('O11: %s becomes a cookie of the public host alone', (cookie) => {
    expect(HIDDEN.publicCookie(cookie, publicUrl)).toBe('a=1; Path=/');
  });

  it.each([
    'a=1',
    'a=1; Path=/',
    'a=1; Domain=example.com',
    'a=1; Domain=.internal.example',
    'a=1; Domain=app.example.com; Secure',
    'a=1; Domain=x.origin.internal.example',
    'a=1; Path=/domain=origin.internal.example',
    'a="; Domain=elsewhere.example"',
  ])('O11: %s stays unchanged', (cookie) => {
    expect(HIDDEN.publicCookie(cookie, publicUrl)).toBe(cookie);
  });
});

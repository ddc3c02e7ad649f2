import { describe, expect, it } from 'vitest';
import { clearedCookies } from '../../src/http/cleared-cookies.ts';

const USUAL = 'Path=/; Max-Age=0; HttpOnly; SameSite=Lax';
const domainsOf = (name: string, origin: string) =>
  clearedCookies(name, origin).map((cookie) => /; Domain=(.*)$/.exec(cookie)?.[1]);

describe('clearedCookies()', () => {
  it('clears the cookie of the host, and of every domain above it', () => {
    expect(clearedCookies('a', 'https://x.app.example.com:8443')).toEqual([
      `a=; ${USUAL}; Secure`,
      `a=; ${USUAL}; Secure; Domain=x.app.example.com`,
      `a=; ${USUAL}; Secure; Domain=app.example.com`,
      `a=; ${USUAL}; Secure; Domain=example.com`,
    ]);
  });

  it('sends Secure over https only, as a browser takes it over http from nobody', () => {
    expect(clearedCookies('a', 'http://localhost:8787')).toEqual([`a=; ${USUAL}`]);
  });

  it.each(['http://127.0.0.1:8787', 'http://[::1]:8787', 'http://localhost'])(
    'names no domain at %s, which has none',
    (origin) => {
      expect(domainsOf('a', origin)).toEqual([undefined]);
    },
  );

  it.each(['__Host-a', '__host-a', '__Host-Http-a'])(
    'names no domain for %s: browsers refuse it (RFC 6265bis section 4.1.3.2)',
    (name) => {
      expect(domainsOf(name, 'https://app.example.com')).toEqual([undefined]);
    },
  );

  it('names the domains for __Secure- names', () => {
    expect(domainsOf('__Secure-a', 'https://example.com')).toEqual([undefined, 'example.com']);
  });
});

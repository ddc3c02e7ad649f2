import { describe, expect, it } from 'vitest';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { createHostsOfAudience, isSameAudience } from '../../src/tokens/audience.ts';

const SITE = new SiteHosts('https://app.example.test', ['second.example.test', 'x.test:8443']);

describe('isSameAudience()', () => {
  // RFC 3986 section 6.2.3 makes an empty path and "/" the same. RFC 7519 section 4.1.3 compares all else exactly.
  it.each([
    ['https://a.example', 'https://a.example/', true],
    ['http://a.example:8080/', 'http://a.example:8080', true],
    ['postern', 'postern', true],
    ['https://a.example/x', 'https://a.example/x/', false],
    ['https://a.example', 'https://a.example//', false],
    ['https://a.example/?q', 'https://a.example?q', false],
    ['https://a.example', 'https://A.example', false],
    ['https://a.example', 'https://a.example:443', false],
    ['urn:a', 'urn:a/', false],
    ['api://a', 'api://a/', false],
    ['x https://a.example', 'x https://a.example/', false],
  ])('compares %j with %j: %j', (a, b, expected) => {
    expect([isSameAudience(a, b), isSameAudience(b, a)]).toEqual([expected, expected]);
  });
});

describe('createHostsOfAudience()', () => {
  const hosts = (aud: unknown, audience: false | string[], only?: string[]) => [
    ...createHostsOfAudience(
      { audience, hosts: only },
      SITE,
    )(aud as Parameters<ReturnType<typeof createHostsOfAudience>>[0]), // any claim of a token
  ];
  const ALL = ['app.example.test', 'second.example.test', 'x.test:8443'];

  it.each([
    ['https://app.example.test', ['app.example.test']],
    ['https://app.example.test:443/mcp?a=1', ['app.example.test']],
    ['https://x.test:8443', ['x.test:8443']],
    ['https://x.test', ALL],
    ['http://app.example.test', ALL],
    ['https://user@app.example.test', ALL],
    ['https://elsewhere.test', ALL],
    ['app.example.test', ALL],
  ])('the audience %s is good on %j', (name, expected) => {
    expect(hosts(name, [name])).toEqual(expected);
  });

  it('adds up the audiences that the token and the issuer share', () => {
    const audience = ['https://app.example.test', 'https://second.example.test/'];
    expect(hosts(['https://second.example.test', 'other'], audience)).toEqual([
      'second.example.test',
    ]);
    expect(hosts(audience, audience)).toEqual(['app.example.test', 'second.example.test']);
    expect(hosts('other', audience)).toEqual([]);
    expect(hosts(7, audience)).toEqual([]);
  });

  it('stays within the hosts of the issuer', () => {
    expect(hosts('a', ['a'], ['SECOND.example.test.'])).toEqual(['second.example.test']);
    expect(hosts(undefined, false, ['x.test:8443'])).toEqual(['x.test:8443']);
    expect(hosts(undefined, false)).toEqual(ALL);
    const app = 'https://app.example.test';
    expect(hosts(app, [app], ['second.example.test'])).toEqual([]);
  });
});

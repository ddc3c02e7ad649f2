import { describe, expect, it } from 'vitest';
import { SiteHosts } from '../../src/http/site-hosts.ts';

const hosts = new SiteHosts('https://app.example', ['admin.example', 'dev.example:8443']);
const originOf = (text: string, site = hosts) => {
  const host = site.read(text);
  return host && site.originOf(host);
};

describe('SiteHosts', () => {
  it.each(['app.example', 'APP.Example', 'app.example.', 'app.example:443', 'App.Example.:443'])(
    'P15: %s is the site’s host',
    (host) => {
      expect(originOf(host)).toBe('https://app.example');
    },
  );

  it.each([
    'x.app.example',
    'app.example:80',
    'app.example:8443',
    'app.example..',
    'dev.example',
    'evil.example',
    'app.example.evil',
    '',
  ])('P15: %s is another host', (host) => {
    expect(originOf(host)).toBeUndefined();
  });

  it.each(['127.1', '0x7f.1', '[::1]', 'a..b', 'xn--pp-xbc.example', 'аpp.example'])(
    'P16: %s is never the site’s host',
    (host) => {
      expect(originOf(host)).toBeUndefined();
      expect(originOf(host, new SiteHosts('http://127.0.0.1:8787'))).toBeUndefined();
    },
  );

  // RFC 6454 section 4: scheme, host and port, the host in lower case and a port that is not the scheme's own.
  it.each([
    ['https://app.example', true],
    ['https://admin.example', true],
    ['https://dev.example:8443', true],
    ['https://app.example:443', true],
    ['https://APP.example', true],
    ['https://app.example.', true],
    ['https://dev.example', false],
    ['https://app.example:8443', false],
    ['https://app.example:80', false],
    ['http://app.example', false],
    ['http://app.example:443', false],
    ['https://app.example/', false],
    ['https://app.example/x', false],
    ['https://app.example@evil.example', false],
    ['https://evil.example', false],
    ['https://app.example, https://app.example', false],
    ['https://', false],
    ['app.example', false],
    ['null', false],
    ['', false],
  ])('P30: %j is an origin of the site: %s', (origin, expected) => {
    expect(hosts.hasOrigin(origin)).toBe(expected);
  });

  it('keeps an unusual port', () => {
    expect(originOf('DEV.example:8443')).toBe('https://dev.example:8443');
  });
});

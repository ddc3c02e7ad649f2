import { describe, expect, it } from 'vitest';
import { foldHost, SiteHosts } from '../../src/http/site-hosts.ts';

const hosts = new SiteHosts('https://app.example', ['admin.example', 'dev.example:8443']);
const originOf = (host: string) => hosts.originOf(foldHost(host));

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
  ])('P15: %s is not', (host) => {
    expect(originOf(host)).toBeUndefined();
  });

  it.each(['127.1', '0x7f.1', '[::1]', 'a..b', 'xn--pp-xbc.example', 'аpp.example'])(
    'P16: %s is never the site’s host',
    (host) => {
      expect(originOf(host)).toBeUndefined();
      expect(new SiteHosts('http://127.0.0.1:8787').originOf(foldHost(host))).toBeUndefined();
    },
  );

  it('keeps a port that is not the usual one', () => {
    expect(originOf('DEV.example:8443')).toBe('https://dev.example:8443');
    expect(hosts.hasOrigin('https://admin.example')).toBe(true);
    expect(hosts.hasOrigin('http://admin.example')).toBe(false);
  });
});

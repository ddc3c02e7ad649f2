import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AdmittedTarget } from '../../src/http/admit.ts';
import { plainReading } from '../../src/http/path-readings.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { isNavigation, loginLocation, stepUpLocation } from '../../src/refusals/challenge.ts';
import { authority } from '../support/authority.ts';
import { REDIRECT_PAYLOADS } from '../support/hostile-input/redirect-payloads.ts';

const OPTIONS = {
  signIn: {
    loginUrl: 'https://auth.example.test/ui/login',
    kratos: {
      browserUrl: 'https://auth.example.test/kratos',
      publicUrl: 'http://kratos.internal:4433/base',
    },
  },
  hosts: new SiteHosts('https://app.example.test', ['admin.example.test']),
};

function target(path: string, search = '', method = 'GET'): AdmittedTarget {
  return {
    method,
    host: authority('evil.example'),
    path,
    decodedPath: path,
    readings: [plainReading(path)],
    search,
  };
}

const returnTo = (location = '') => new URL(location).searchParams.getAll('return_to');

describe('isNavigation()', () => {
  it.each<[Record<string, string>, boolean]>([
    [{ 'sec-fetch-mode': 'navigate' }, true],
    [{ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, true],
    [{ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, true],
    [{ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'frame' }, true],
    [{ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'embed' }, false],
    [{ 'sec-fetch-mode': 'cors', accept: 'text/html' }, false],
    [{ 'sec-fetch-mode': '', accept: 'text/html' }, false],
    [{ accept: 'text/html' }, true],
    [{ accept: 'TEXT/HTML;q=0.9' }, true],
    [{ accept: 'application/xhtml+xml, text/html' }, true],
    [{ accept: 'text/htmlx' }, false],
    [{ accept: 'x-text/html' }, false],
    [{ accept: '*/*' }, false],
    [{ accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' }, false],
    [{ accept: 'text/html', upgrade: 'websocket' }, false],
    [{}, false],
  ])('%j: %s', (headers, expected) => expect(isNavigation(new Headers(headers))).toBe(expected));

  // Android's WebView names its app in X-Requested-With, empty where the app hides its name; RFC 9110 section 7.8 lets
  // a client offer h2c with any request. Fetch Metadata is absent over plain http and in older browsers.
  it.each<[Record<string, string>, boolean]>([
    [{ 'x-requested-with': 'com.example.app' }, true],
    [{ 'x-requested-with': 'com.android.browser' }, true],
    [{ 'x-requested-with': '' }, true],
    [{ 'x-requested-with': 'XMLHttpRequest' }, false],
    [{ 'x-requested-with': 'xmlhttprequest' }, false],
    [{ 'x-requested-with': 'com.example.app, XMLHttpRequest' }, false],
    [{ upgrade: 'h2c', connection: 'Upgrade, HTTP2-Settings', 'http2-settings': 'AAMAAABk' }, true],
    [{ upgrade: 'TLS/1.0, h2c' }, true],
    [{ upgrade: '' }, true],
    [{ upgrade: 'WebSocket' }, false],
    [{ upgrade: 'h2c, websocket' }, false],
    [{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' }, false],
    [{ accept: 'text/html;q=0, application/json' }, false],
    [{ accept: 'text/html; q=0.000' }, false],
    [{ accept: 'text/html;level=1;q=0.1' }, true],
  ])('W12: %j beside Accept: text/html: %s', (headers, expected) =>
    expect(isNavigation(new Headers({ accept: 'text/html', ...headers }))).toBe(expected),
  );
});

describe('loginLocation()', () => {
  it('returns to the requested path and query, at the public URL', () => {
    expect(loginLocation(target('/a/%C3%A9', '?x=1&y=#'), OPTIONS)).toBe(
      'https://auth.example.test/ui/login?return_to=https%3A%2F%2Fapp.example.test%2Fa%2F%25C3%25A9%3Fx%3D1%26y%3D%23',
    );
  });

  it('returns to the start page if repeating the request could cause a second effect', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      expect(returnTo(loginLocation(target('/a', '?b', method), OPTIONS))).toEqual([
        'https://app.example.test/',
      ]);
    expect(returnTo(loginLocation(target('/a', '?b', 'HEAD'), OPTIONS))).toEqual([
      'https://app.example.test/a?b',
    ]);
  });

  it('W6: leads to no other host, for any path and query', () => {
    for (const payload of REDIRECT_PAYLOADS) {
      for (const asked of [target(`/${payload}`), target('/x', `?return_to=${payload}`)]) {
        const location = new URL(loginLocation(asked, OPTIONS) ?? '');
        expect([payload, location.origin]).toEqual([payload, 'https://auth.example.test']);
        const origins = returnTo(location.href).map((url) => new URL(url).origin);
        expect([payload, origins]).toEqual([payload, ['https://app.example.test']]);
      }
    }
  });
});

describe('stepUpLocation()', () => {
  const named = (url: unknown) => JSON.stringify({ redirect_browser_to: url });
  const locate = (body: string | undefined) => stepUpLocation(target('/a', '?b'), body, OPTIONS);
  const BACK = `return_to=${encodeURIComponent('https://app.example.test/a?b')}`;
  const DEFAULT = `https://auth.example.test/kratos/self-service/login/browser?aal=aal2&${BACK}`;

  it('is the store’s URL, moved to the address that browsers reach', () => {
    expect(
      locate(named('http://kratos.internal:4433/base/self-service/login/browser?aal=aal2&x=1')),
    ).toBe(`https://auth.example.test/kratos/self-service/login/browser?aal=aal2&x=1&${BACK}`);
    expect(locate(named('http://other/path?aal=aal2'))).toBe(
      `https://auth.example.test/kratos/path?aal=aal2&${BACK}`,
    );
  });

  it.each([
    undefined,
    '',
    'null',
    '[]',
    '{}',
    'no JSON',
    named(1),
    named(''),
    named('/relative'),
    named(['http://kratos.internal:4433/path']),
    named({ href: 'http://kratos.internal:4433/path' }),
    named('mailto:admin'),
  ])('is the sign-in for a second factor if the store named no usable URL: %j', (body) =>
    expect(locate(body)).toBe(DEFAULT),
  );

  it('is found at any depth of both addresses of Kratos', () => {
    for (const [publicUrl, browserUrl] of [
      ['http://kratos.internal:4433', 'https://auth.example.test'],
      ['http://kratos.internal:4433/base', 'https://auth.example.test/kratos'],
      ['http://kratos.internal:4433/a/b', 'https://auth.example.test/x/y'],
    ] as const) {
      const signIn = { ...OPTIONS.signIn, kratos: { publicUrl, browserUrl } };
      const options = { ...OPTIONS, signIn };
      const body = named(`${publicUrl}/login?aal=aal2`);
      expect(stepUpLocation(target('/a', '?b'), body, options)).toBe(
        `${browserUrl}/login?aal=aal2&${BACK}`,
      );
    }
    const beside = named('http://kratos.internal:4433/basement?aal=aal2');
    expect(locate(beside)).toBe(`https://auth.example.test/kratos/basement?aal=aal2&${BACK}`);
  });

  it('replaces the store’s own return_to', () => {
    const location = locate(named('http://k/login?aal=aal2&return_to=https://evil.example/'));
    expect(returnTo(location)).toEqual(['https://app.example.test/a?b']);
  });

  it('never leaves the configured host, for any URL of the store', () => {
    const odd = fc.oneof(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.constantFrom(
        ...[
          'javascript:alert(1)',
          'data:text/html,x',
          'http://k//evil.example/x',
          'http://k/\\evil',
        ],
        ...[
          'http://k/base//evil.example',
          'http://k/base/..//evil',
          'https://u:p@evil/x',
          'blob:x',
        ],
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(odd, (url) => {
        const location = new URL(locate(named(url)) ?? '');
        expect(location.origin).toBe('https://auth.example.test');
        expect([location.username, location.hash]).toEqual(['', '']);
      }),
    );
  });
});

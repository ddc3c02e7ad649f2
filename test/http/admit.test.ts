import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdmittedTarget, admit } from '../../src/http/admit.ts';
import { plainReading } from '../../src/http/path-readings.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';

const HOST = 'app.example.test';
const SITE = { hosts: new SiteHosts(`https://${HOST}`), allowedForms: new Set<never>() };

/** As workerd hands it over: the raw target behind scheme and Host. Node's own Request would normalise it. */
function admitTarget(target: string, host = HOST, header: string | null = host) {
  const headers = new Headers(header === null ? {} : { host: header });
  return admit({ method: 'GET', url: `http://${host}${target}`, headers }, SITE);
}

function admitted(target: string): AdmittedTarget {
  const result = admitTarget(target);
  if (!result.ok) throw new Error(`${target}: ${result.failure}`);
  return result.value;
}

const refusal = (target: string) => {
  const result = admitTarget(target);
  return result.ok ? undefined : result.failure;
};

describe('admit()', () => {
  it.each([
    ['/', '/', ''],
    ['/a', '/a', ''],
    ['/a/', '/a/', ''],
    ['/a?b', '/a', '?b'],
    ['/a?', '/a', '?'],
    ['/a?b?c=/../d;e//', '/a', '?b?c=/../d;e//'],
    ["/!$&'()*+,=:@-._~", "/!$&'()*+,=:@-._~", ''],
    ['/a...b/..c/d..', '/a...b/..c/d..', ''],
    ['/%C3%A9', '/é', ''],
    ['/%c3%a9', '/é', ''],
    ['/%E2%80%A8', '/\u2028', ''],
    ['/a%20b', '/a b', ''],
    ['/a%3Bb', '/a;b', ''],
    ['/a%3Fb', '/a?b', ''],
    ['/a%23b', '/a#b', ''],
    ['/a%41', '/aA', ''],
  ])('admits %s once, and keeps it as sent', (target, decodedPath, search) => {
    const path = target.split('?', 1)[0];
    expect(admitted(target)).toMatchObject({
      method: 'GET',
      host: HOST,
      path,
      decodedPath,
      search,
    });
    expect(admitted(target).readings[0]).toEqual(plainReading(decodedPath));
    expect(Object.isFrozen(admitted(target))).toBe(true);
  });

  it('P10: refuses a fragment that a runtime left in', () => {
    for (const target of ['/public#/../admin', '/a#?x=1', '/a?b#c', '/#', '#'])
      expect([target, refusal(target)]).toEqual([target, 'path_not_canonical']);
  });

  it.each([
    '',
    '?a',
    '/a\\b',
    '/a;b',
    '/a//b',
    '//a',
    '/.',
    '/..',
    '/a/..',
    '/a/./b',
    '/a/../b',
    '/a/..;x/b',
    '/a/.%3Bx',
    '/%2e',
    '/%2E%2e/a',
    '/a%2eb',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a%25b',
    '/a%00',
    '/a%1F',
    '/a%7f',
    '/%',
    '/%4',
    '/%zz',
    '/%c0%ae',
    '/%ED%A0%80',
    '/%80',
    '/é',
    '/a b',
    '/a\tb',
    '/"',
    '/<',
    '/`',
    '/{',
    '/^',
  ])('refuses the path of %s', (target) => expect(refusal(target)).toBe('path_not_canonical'));

  it.each(['/a?é', '/a?b c', '/a?\x7f', '/a?\t'])('refuses the query of %s', (target) =>
    expect(refusal(target)).toBe('query_not_canonical'),
  );

  it.each([
    'a b',
    'a@b',
    'u:p@a',
    'a,b',
    'a, b',
    'a\\b',
    'é',
    'a%2fb',
    'a:b',
    'a:123456',
    '[::1',
    '[a/b]',
    '[]',
  ])('refuses the host %s', (host) => {
    const result = admitTarget('/a', host, null);
    expect(result.ok ? undefined : result.failure).toBe('host_not_valid');
  });

  it.each(['a', 'a.b.', 'A.example', 'a_b', '127.0.0.1:8787', '[::1]:1', 'xn--e1afmkfd.example'])(
    'accepts the host %s',
    (host) => expect(admitTarget('/a', host).ok).toBe(true),
  );

  it('refuses a Host that contains part of the path, or differs from the URL’s', () => {
    for (const [host, header] of [
      ['a', 'a/public?x='],
      ['a', 'b'],
      ['a', ''],
    ] as const) {
      const result = admitTarget('/admin', host, header);
      expect(result.ok ? undefined : result.failure).toBe('host_not_valid');
    }
  });

  it('never throws, and an admitted URL means the same to every other reader', () => {
    const piece = fc.constantFrom(
      ...[
        '/',
        '.',
        '%',
        '2',
        'e',
        'F',
        '\\',
        ';',
        '?',
        '#',
        ':',
        '@',
        'a',
        '\xe9',
        ' ',
        '%2e',
        '%C3%A9',
        '%c0',
      ],
    );
    const target = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`),
      fc.string({ unit: 'binary', maxLength: 20 }).map((text) => `/${text}`),
      fc.webPath(),
    );
    let taken = 0;
    fc.assert(
      fc.property(target, (text) => {
        const result = admitTarget(text);
        if (!result.ok) return;
        taken += 1;
        const { path, search, decodedPath } = result.value;
        expect(`${path}${search}`).toBe(text);
        const url = new URL(`http://${HOST}${text}`);
        expect([url.pathname, url.host, url.hash]).toEqual([path, HOST, '']);
        // Decoding again reveals no further separator or dot segment.
        expect(decodeURIComponent(path)).toBe(decodedPath);
        expect(decodedPath.split('/').length).toBe(path.split('/').length);
        expect(decodedPath.split('/').slice(1)).not.toContain('..');
        expect(decodedPath).not.toMatch(/[\\%\0-\x1f\x7f]/);
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(1000);
  });
});

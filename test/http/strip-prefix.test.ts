import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdmittedTarget, admit } from '../../src/http/admit.ts';
import { PATH_FORMS, type PathForm } from '../../src/http/path-readings.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { withoutPrefix } from '../../src/http/strip-prefix.ts';
import { isForOneOrigin, type RuleSettings, Rules } from '../../src/rules/rules.ts';
import { pathPattern } from '../support/path-pattern.ts';

const HOST = 'app.example.test';
const hosts = new SiteHosts(`https://${HOST}`);

function admitted(
  target: string,
  forms: readonly PathForm[] = PATH_FORMS,
): AdmittedTarget | undefined {
  const request = { method: 'GET', url: `http://${HOST}${target}`, headers: new Headers() };
  const result = admit(request, { hosts, allowedForms: new Set(forms) });
  return result.ok ? result.value : undefined;
}

const prefixOf = (text: string) => ({
  text,
  segments: text.slice(1).split('/').map(decodeURIComponent),
});

/** Returns the path at the origin; `refused` for a path that is not admitted at all. */
function stripped(target: string, prefix: string): string | undefined {
  const read = admitted(target);
  return read === undefined ? 'refused' : withoutPrefix(read, prefixOf(prefix));
}

describe('withoutPrefix()', () => {
  it.each([
    ['/api/users', '/api', '/users'],
    ['/api/', '/api', '/'],
    ['/api/users/', '/api', '/users/'],
    ['/api/v1/users', '/api/v1', '/users'],
    ['/api/api', '/api', '/api'],
    ['/%61p%69/users', '/api', '/users'],
    ['/caf%C3%A9/x', '/caf%C3%A9', '/x'],
    ['/caf%c3%a9/%C3%A9', '/caf%C3%A9', '/%C3%A9'],
    ['/api/a%2Fb', '/api', '/a%2Fb'],
    ['/api/a%252Fb', '/api', '/a%252Fb'],
    ['/api/a;b=c/d', '/api', '/a;b=c/d'],
    ['/api/a//b', '/api', '/a//b'],
    ['/api/a%3Fb', '/api', '/a%3Fb'],
    ['/api/@host/x', '/api', '/@host/x'],
    ['/api/:80', '/api', '/:80'],
    ['/api/http://host/', '/api', '/http://host/'],
  ])('%s without %s is %s', (target, prefix, expected) => {
    expect(stripped(target, prefix)).toBe(expected);
  });

  it.each([
    ['/apis/users', '/api'],
    ['/api', '/api'],
    ['/api/v1', '/api/v1'],
    ['/api%3F', '/api'],
    ['/ap', '/api'],
    ['/API/users', '/api'],
    ['/', '/api'],
    ['/x/api/users', '/api'],
    ['/api', '/api/v1'],
    ['/api/v11/x', '/api/v1'],
    ['/api%2Fv1/x', '/api/v1'],
    ['/api%252Fv1/x', '/api/v1'],
    ['//api/x', '/api'],
    ['/;a/api/x', '/api'],
    ['/api;a/x', '/api'],
    ['/api%3Bx/y', '/api'],
    ['/api%3Fx/y', '/api'],
    ['/%2561pi/x', '/api'],
  ])('%s does not begin with %s in each of its readings', (target, prefix) => {
    expect(stripped(target, prefix)).toBeUndefined();
  });

  it.each([
    '/api//',
    '/api//users',
    '/api///users',
    '/api/;a/users',
    '/api/%2Fusers',
    '/api/%252Fusers',
    '/api/;a%2Fb',
  ])('%s would begin with an empty segment in some reading', (target) => {
    expect(stripped(target, '/api')).toBeUndefined();
  });
});

const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    '%61',
    'a%2Fb',
    'a%252Fb',
    '%2Fa',
    'a;b',
    ';b',
    'b;',
    '',
    '',
    'x%3Fy',
    '%C3%A9',
    'A',
    'ab',
    ':',
    '@b',
    '.a',
    'a.',
    '%25',
  ],
);
const target = fc
  .tuple(
    fc.array(piece, { minLength: 1, maxLength: 6 }),
    fc.constantFrom('', '?a=/../b', '?', '?%2f'),
  )
  .map(([pieces, search]) => `/${pieces.join('/')}${search}`)
  .chain((path) => fc.constantFrom(path, `/a${path}`, `/%61${path}`, `/b${path}`, `/a/b${path}`));
/** Targets that often become one path at an origin. */
const near = fc
  .tuple(
    fc.constantFrom('/a', '/%61', '/b', '/%62'),
    fc.array(fc.constantFrom('a', '%61', 'b', 'a%2Fb', ';a', ''), { maxLength: 3 }),
  )
  .map(([first, rest]) => [first, ...rest].join('/'));
const prefix = fc
  .array(fc.constantFrom('a', 'b', 'é'), { minLength: 1, maxLength: 2 })
  .map((segments) => `/${segments.map(encodeURIComponent).join('/')}`);

describe('a path without its prefix', () => {
  it('is the end of the path as sent, and what is missing is the prefix', () => {
    let count = 0;
    fc.assert(
      fc.property(
        target,
        prefix,
        fc.uniqueArray(fc.constantFrom(...PATH_FORMS)),
        (sent, text, forms) => {
          const read = admitted(sent, forms);
          const rest = read && withoutPrefix(read, prefixOf(text));
          if (read === undefined || rest === undefined) return;
          count += 1;
          const missing = read.path.slice(0, -rest.length);
          expect(missing + rest).toBe(read.path);
          expect(decodeURIComponent(missing)).toBe(decodeURIComponent(text));
        },
      ),
      { numRuns: 8000 },
    );
    expect(count).toBeGreaterThan(100);
  });

  it('names no other host and no other path to a URL parser (RFC 3986 section 5.2, WHATWG URL)', () => {
    fc.assert(
      fc.property(target, prefix, (sent, text) => {
        const read = admitted(sent);
        const rest = read && withoutPrefix(read, prefixOf(text));
        if (rest === undefined) return;
        const resolved = new URL(rest, 'https://origin.example.test/base/');
        expect([resolved.host, resolved.pathname]).toEqual(['origin.example.test', rest]);
      }),
      { numRuns: 8000 },
    );
  });

  it('is admitted by itself, and its rule is that of the request: the prefix in front leads back to it', () => {
    const rules = fc.array(ruleOf(), { minLength: 1, maxLength: 5 });
    let count = 0;
    fc.assert(
      fc.property(rules, target, (settings, sent) => {
        const all = new Rules(settings);
        const read = admitted(sent);
        const match = read && all.match(read);
        if (read === undefined || match?.rule.origin === undefined) return;
        const text = match.rule.origin;
        const rest = isForOneOrigin(match) ? withoutPrefix(read, prefixOf(text)) : undefined;
        if (rest === undefined) return;
        count += 1;
        const alone = admitted(rest);
        const restored = admitted(`${text}${rest}`);
        if (alone === undefined || restored === undefined) throw new Error(`${sent}: ${rest}`);
        expect(all.match(restored).rule.name).toBe(match.rule.name);
      }),
      { numRuns: 8000 },
    );
    expect(count).toBeGreaterThan(100);
  });

  it('is no path of another rule: two requests that become one path at an origin have one rule', () => {
    const rules = fc.array(ruleOf(), { minLength: 2, maxLength: 6 });
    let count = 0;
    fc.assert(
      fc.property(
        rules,
        fc.array(fc.oneof(near, target), { minLength: 2, maxLength: 12 }),
        (settings, targets) => {
          const all = new Rules(settings);
          const ruleAt = new Map<string, string>();
          for (const sent of targets) {
            const read = admitted(sent);
            const match = read && all.match(read);
            if (read === undefined || match?.rule.origin === undefined || !isForOneOrigin(match))
              continue;
            const rest = withoutPrefix(read, prefixOf(match.rule.origin));
            if (rest === undefined) continue;
            const place = `${match.rule.origin} ${normalised(rest)}`;
            count += ruleAt.has(place) ? 1 : 0;
            expect(ruleAt.get(place) ?? match.rule.name).toBe(match.rule.name);
            ruleAt.set(place, match.rule.name);
          }
        },
      ),
      { numRuns: 8000 },
    );
    expect(count).toBeGreaterThan(100);
  });
});

/** Writes a path in the one spelling of RFC 3986 section 6.2.2: the same path, so far as all servers agree. */
function normalised(path: string): string {
  return path
    .replace(/%[0-9a-f]{2}/gi, (triplet) => triplet.toUpperCase())
    .replace(/%(?:4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A]|3\d|2[DE]|5F|7E)/g, decodeURIComponent);
}

/** A rule below one of two prefixes. Its origin has the name of the prefix, so each server has one prefix. */
function ruleOf(): fc.Arbitrary<RuleSettings> {
  const below = fc.constantFrom('', '/', '/*', '/a', '/b/*', '/:x', '/a/b', '/:x/*');
  return fc.tuple(fc.constantFrom('/a', '/b'), below).map(([origin, path]) => ({
    path: pathPattern(`${origin}${path}`),
    session: 'required',
    origin,
    scopes: [],
    freshness: 'normal',
    preflight: [],
    forward_credentials: false,
    forwarded_headers: [],
    cache_control: 'no-store',
    cut_streams: false,
  }));
}

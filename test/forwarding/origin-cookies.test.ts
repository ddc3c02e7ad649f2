import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepForeignCookies, reservedCookies } from '../../src/forwarding/origin-cookies.ts';

const NAME = 'ory_kratos_session';
const RESERVED = reservedCookies([NAME]);

function kept(...cookies: string[]): string[] {
  const headers = new Headers();
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  keepForeignCookies(headers, RESERVED, (cookie) => cookie);
  return headers.getSetCookie();
}

/** Returns the cookie that a browser sends back for a `Set-Cookie`: RFC 6265bis sections 5.6 (steps 1 to 6) and 5.8.3 (step 4). */
function sentBack(setCookie: string): string {
  const [pair = ''] = setCookie.split(';', 1);
  const equals = pair.indexOf('=');
  const trim = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, '');
  const name = equals < 0 ? '' : trim(pair.slice(0, equals));
  const value = trim(equals < 0 ? pair : pair.slice(equals + 1));
  return name === '' ? value : `${name}=${value}`;
}

/** The names in a `Cookie` header for a server that takes several lines, which arrive joined by commas. */
function namesIn(cookie: string): string[] {
  return cookie
    .split(/[;,]/)
    .filter((pair) => pair.includes('='))
    .map((pair) => (pair.split('=', 1)[0] ?? '').trim());
}

describe('keepForeignCookies()', () => {
  it('O8: leaves no cookie that a browser sends back as the session cookie', () => {
    const piece = fc.constantFrom(
      NAME,
      '__Host-',
      '__Secure-',
      '=',
      ',',
      ' ',
      '\t',
      'theme',
      '"',
      '; Path=/',
    );
    const setCookie = fc
      .array(piece, { minLength: 1, maxLength: 9 })
      .map((pieces) => pieces.join(''));
    const isSession = (name: string) => name.replace(/^__(?:Host|Secure)-/, '') === NAME;
    fc.assert(
      fc.property(setCookie, (cookie) => {
        for (const each of kept(cookie)) {
          expect(namesIn(sentBack(each)).filter(isSession)).toEqual([]);
          expect(sentBack(each)).not.toBe(NAME);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it('O8: keeps every cookie without a reserved name before "="', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    const value = fc.stringMatching(/^[!#-+\--:<-[\]-~ ,]{0,20}$/);
    fc.assert(
      fc.property(name, value, (...[key, text]) => {
        const cookie = `${key}=${text.trim()}; Path=/`;
        expect(kept(cookie)).toEqual([cookie]);
      }),
    );
  });

  it.each([
    'seen=ory_kratos_session',
    'list=a,ory_kratos_session',
    'ory_kratos_session_theme=dark',
    'my_ory_kratos_session=x',
    'pref=a=ory_kratos_session',
    '=plain',
    'flag',
    'theme=dark; Path=/; Comment=x,ory_kratos_session=evil',
  ])('O8: leaves %s', (cookie) => expect(kept(cookie, 'a=1')).toEqual([cookie, 'a=1']));

  it('O8: keeps the order of cookies if it removes or changes one', () => {
    expect(kept('a=1', `${NAME}=x`, 'b=2')).toEqual(['a=1', 'b=2']);
    const headers = new Headers();
    for (const cookie of ['a=1', 'b=2', 'c=3']) headers.append('set-cookie', cookie);
    keepForeignCookies(headers, RESERVED, (cookie) => (cookie === 'b=2' ? 'b=4' : cookie));
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=4', 'c=3']);
  });
});

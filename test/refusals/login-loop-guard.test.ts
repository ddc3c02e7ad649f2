import { describe, expect, it } from 'vitest';
import { LoginLoopGuard, type LoginLoopGuardOptions } from '../../src/refusals/login-loop-guard.ts';

const SITE = 'https://app.example.test';
const PAGE = 'app.example.test/a';
const REASON = 'credential_missing';
const SECURE = '__Host-postern-turns';

function createTurns(options: Partial<LoginLoopGuardOptions> = {}): LoginLoopGuard {
  return new LoginLoopGuard({
    publicUrl: SITE,
    credentialCookies: ['s'],
    now: () => 0,
    ...options,
  });
}

/** Headers of a browser that has this cookie. */
const withCookie = (setCookie = '') => new Headers({ cookie: setCookie.split(';', 1)[0] ?? '' });

describe('LoginLoopGuard.forget()', () => {
  const turns = createTurns();
  const departed = () => withCookie(turns.depart(new Headers(), PAGE, REASON)?.[0]);

  // RFC 6265bis section 4.1.3.2: a __Host- cookie is taken with Secure, Path=/ and without Domain alone.
  it('deletes the cookie of the left page', () => {
    expect(turns.forget(departed().get('cookie'), PAGE)).toEqual([
      `${SECURE}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure`,
    ]);
  });

  it('keeps the cookie of another page, and sets none without a cookie', () => {
    expect(turns.forget(departed().get('cookie'), 'app.example.test/b')).toEqual([]);
    expect(turns.forget(null, PAGE)).toEqual([]);
    expect(turns.forget(`${SECURE}=garbled`, PAGE)).toEqual([]);
  });
});

describe('LoginLoopGuard.depart()', () => {
  /** A browser that goes to sign-in again and again: how often it is sent there, at most 20 times. */
  function departures(
    step: (index: number) => { cookie?: string; place?: string; reason?: string; at?: number },
    headers: Record<string, string> = {},
  ): number {
    let now = 0;
    const turns = createTurns({ now: () => now });
    let jar = '';
    for (let index = 0; index < 20; index += 1) {
      const { cookie = '', place = PAGE, reason = REASON, at = index * 60_000 } = step(index);
      now = at;
      const sent = new Headers({ ...headers, cookie: [jar, cookie].filter(Boolean).join('; ') });
      const cookies = turns.depart(sent, place, reason);
      if (cookies === undefined) return index;
      [jar = ''] = cookies[0]?.split(';', 1) ?? [];
    }
    return Infinity;
  }

  it('ends the third sign-in with another credential for the same reason', () => {
    expect(departures((index) => ({ cookie: `s=${index}` }))).toBe(2);
    expect(departures((index) => ({ cookie: `s=${index}`, at: index }))).toBe(2);
  });

  it.each(['authorization', 'x-session-token'])(
    'counts another %s as another credential',
    (name) => {
      const turns = createTurns();
      let cookie = '';
      const depart = (credential: string) => {
        const cookies = turns.depart(new Headers({ cookie, [name]: credential }), PAGE, REASON);
        [cookie = ''] = cookies?.[0]?.split(';', 1) ?? [];
        return cookies;
      };
      expect([depart('a'), depart('b')].map((cookies) => cookies?.length)).toEqual([1, 1]);
      expect(depart('c')).toBeUndefined();
    },
  );

  it('ends the fifth redirect at once if the credential did not change', () => {
    expect(departures((index) => ({ at: index * 5000 }))).toBe(4);
    expect(departures((index) => ({ at: index * 5001 }))).toBe(Infinity);
    expect(departures((index) => ({ at: index, cookie: 's=same' }))).toBe(4);
  });

  it('starts again for another page, for another reason and for a garbled cookie', () => {
    const reasons = ['credential_missing', 'session_inactive'];
    expect(departures((index) => ({ at: index, place: `${PAGE}${index % 2}` }))).toBe(Infinity);
    expect(departures((index) => ({ at: index, reason: reasons[index % 2] ?? '' }))).toBe(Infinity);
    for (const value of ['', '0.1.a.b..0', '1', '11.1.a.b..0', 'x']) {
      const sent = new Headers({ cookie: `${SECURE}=${value}` });
      expect(createTurns().depart(sent, PAGE, REASON)).toHaveLength(1);
    }
  });

  it('lasts a minute, in a cookie that scripts cannot read', () => {
    const [cookie] = createTurns().depart(new Headers(), PAGE, REASON) ?? [];
    const [pair, ...attributes] = cookie?.split('; ') ?? [];
    expect(pair).toMatch(/^__Host-postern-turns=1\.1\./);
    expect(attributes).toEqual(['Max-Age=60', 'Path=/', 'HttpOnly', 'SameSite=Lax', 'Secure']);
  });

  // Sec-Purpose: Fetch standard and Prefetch specification; Purpose and X-moz: older browsers.
  it.each([
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
    { 'x-moz': 'prefetch' },
    { 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-dest': 'image' },
  ])('ignores requests that are no visit of a person: %j', (headers) => {
    expect(createTurns().depart(new Headers(headers), PAGE, REASON)).toEqual([]);
    expect(departures((index) => ({ at: index }), headers)).toBe(Infinity);
  });
});

describe('LoginLoopGuard.cookieName', () => {
  it('has the __Host- prefix only on a site with https, which the prefix requires', () => {
    expect(createTurns().cookieName).toBe(SECURE);
    const turns = createTurns({ publicUrl: 'http://localhost:8787' });
    expect(turns.cookieName).toBe('postern-turns');
    expect(turns.depart(new Headers(), PAGE, REASON)?.[0]).not.toContain('Secure');
  });
});

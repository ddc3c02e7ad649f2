import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/refusals/login-loop-guard.ts';

const PAGE = 'app.example.test/a';
const REASON = 'credential_missing';
const SECURE = '__Host-postern-turns';

function createTurns({ publicUrl = 'https://app.example.test', now = () => 0 } = {}): Turns {
  return new Turns({ publicUrl, credentialCookies: ['s'], now });
}

/** Headers of a browser that has this cookie. */
const withCookie = (setCookie = '') => new Headers({ cookie: setCookie.split(';', 1)[0] ?? '' });

describe('Turns.forget()', () => {
  const turns = createTurns();
  const [departure] = turns.depart(new Headers(), PAGE, REASON) ?? [];

  // RFC 6265bis section 4.1.3.2: a __Host- cookie is taken with Secure, Path=/ and without Domain alone.
  it('deletes the cookie of the page that is left', () => {
    expect(turns.forget(withCookie(departure), PAGE)).toEqual([
      `${SECURE}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure`,
    ]);
  });

  it('keeps the cookie of another page, and sets none where none is', () => {
    expect(turns.forget(withCookie(departure), 'app.example.test/b')).toEqual([]);
    expect(turns.forget(new Headers(), PAGE)).toEqual([]);
    expect(turns.forget(withCookie(`${SECURE}=garbled`), PAGE)).toEqual([]);
  });
});

describe('Turns.cookieName', () => {
  it('has the __Host- prefix only where the site has https, which the prefix takes', () => {
    expect(createTurns().cookieName).toBe(SECURE);
    const turns = createTurns({ publicUrl: 'http://localhost:8787' });
    expect(turns.cookieName).toBe('postern-turns');
    expect(turns.depart(new Headers(), PAGE, REASON)?.[0]).not.toContain('Secure');
  });
});

// Pure: no I/O, no clock.
import { Random } from '../simulate/random.ts';
import { Zipf } from '../simulate/zipf.ts';

const EXPONENT = 1;
/** The share of requests that have no session. */
export const ANONYMOUS_SHARE = 0.1;
/** What a browser without a session sends. */
export const ANONYMOUS_COOKIE = 'theme=dark';

/**
 * Cookies of a mix of visitors, equal for equal arguments: sessions drawn by Zipf's law with exponent 1, the first most often;
 * a tenth has no session.
 */
export function mixedCookies(cookies: readonly string[], count: number): string[] {
  const random = new Random(1);
  const zipf = new Zipf(cookies.length, EXPONENT);
  return Array.from({ length: count }, () =>
    random.next() < ANONYMOUS_SHARE
      ? ANONYMOUS_COOKIE
      : (cookies[zipf.draw(random) - 1] ?? ANONYMOUS_COOKIE),
  );
}

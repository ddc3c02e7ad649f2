// Pure: no I/O, no clock.
import { readCookies } from '../http/cookies.ts';

/** This turn is not taken any more. */
export const MAX_TURNS = 3;
/** A turn further back than this is forgotten. */
const WINDOW_SECONDS = 60;

/**
 * Counts how often one page has sent one browser off to sign in, so that a sign-in that goes in circles ends. The
 * count is kept in a cookie of that browser and is not secret: all that a forged one can do is to show a page
 * with a link in place of a redirect. `__Host-` keeps sibling domains from planting it.
 */
export class Turns {
  readonly cookieName: string;
  readonly #attributes: string;

  constructor(publicUrl: string) {
    const isSecure = publicUrl.startsWith('https:');
    this.cookieName = isSecure ? '__Host-postern-turns' : 'postern-turns';
    this.#attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  }

  /** Which turn this is, from 1, for a page and the reason it is refused for. */
  next(headers: Headers, place: string, reason: string): number {
    const { count, page, cause } = this.#read(headers);
    return page === nameOf(place) && cause === nameOf(reason) && /^[1-9]$/.test(count)
      ? Number(count) + 1
      : 1;
  }

  /** `Set-Cookie` that remembers this turn. */
  remember(turn: number, place: string, reason: string): string {
    const value = `${turn}.${nameOf(place)}.${nameOf(reason)}`;
    return `${this.cookieName}=${value}; Max-Age=${WINDOW_SECONDS}; ${this.#attributes}`;
  }

  /**
   * `Set-Cookie` that forgets the turns of a page; `undefined` when those remembered are another's. What a page of
   * the way round loads (its icon, the sign-in page itself) passes too, and would otherwise begin the count anew.
   */
  forget(headers: Headers, place: string): string | undefined {
    const { page } = this.#read(headers);
    if (page === '' || page !== nameOf(place)) return undefined;
    return `${this.cookieName}=; Max-Age=0; ${this.#attributes}`;
  }

  #read(headers: Headers): { count: string; page: string; cause: string } {
    const [cookie] = readCookies(headers.get('cookie'), (name) => name === this.cookieName);
    const [count = '', page = '', cause = ''] = cookie?.value.split('.') ?? [];
    return { count, page, cause };
  }
}

/** What is counted for: a page, whatever is asked of it. */
export function placeOf({ host, path }: { readonly host: string; readonly path: string }): string {
  return `${host}${path}`;
}

/** FNV-1a, 32 bits: enough to tell the pages of one browser apart, and says nothing of them. */
function nameOf(page: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < page.length; index += 1) {
    hash = Math.imul(hash ^ page.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

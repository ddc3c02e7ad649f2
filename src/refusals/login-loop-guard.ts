// No I/O; the clock is a parameter.
import { readCookies } from '../http/cookies.ts';

/** An error page replaces the third redirect to sign-in: two sign-ins have given a credential that did not help. */
const MAX_TURNS = 3;
/**
 * An error page replaces the redirect at this many departures in quick succession: the sign-in redirects back without
 * asking the person. Browsers give up at 20 redirects.
 */
const MAX_QUICK_DEPARTURES = 5;
const QUICK_MS = 5000;
/** The browser forgets a departure after this time. */
const WINDOW_SECONDS = 60;

/** A browser's last departure to sign-in, as its cookie records it. */
interface Departure {
  /** The number of turns through sign-in, the present one included. */
  readonly turns: number;
  /** The number of departures in quick succession without a new credential. */
  readonly quick: number;
  readonly page: string;
  readonly cause: string;
  /** A hash of the presented credentials; empty when there were none. */
  readonly presented: string;
  readonly at: number;
}

export interface LoginLoopGuardOptions {
  readonly publicUrl: string;
  /** Names of the cookies that hold credentials. */
  readonly credentialCookies: readonly string[];
  readonly now: () => number;
}

/**
 * Ends a sign-in that goes in circles. Two cases count. A browser comes back to the same page with another credential
 * than it left with, and is refused for the same reason. Or it comes back at once, again and again. Loading a page in
 * several tabs, or loading it once more, does not count.
 *
 * The count is kept in a cookie of that browser and is not secret. A forged cookie can only replace a redirect by a
 * page with a link. `__Host-` prevents sibling domains from setting the cookie.
 */
export class LoginLoopGuard {
  readonly cookieName: string;
  readonly #attributes: string;
  readonly #options: LoginLoopGuardOptions;

  constructor(options: LoginLoopGuardOptions) {
    const isSecure = options.publicUrl.startsWith('https:');
    this.cookieName = isSecure ? '__Host-postern-turns' : 'postern-turns';
    this.#attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
    this.#options = options;
  }

  /**
   * Counts one departure to sign-in.
   *
   * @returns the `Set-Cookie` of the redirect, empty when the request is not a person's visit; `undefined` when the
   * sign-in goes in circles
   */
  depart(headers: Headers, place: string, reason: string): readonly string[] | undefined {
    if (!isVisit(headers)) return [];
    const last = this.#read(headers.get('cookie') ?? '');
    const [page, cause] = [nameOf(place), nameOf(reason)];
    const next = { page, cause, presented: this.#presentedIn(headers), at: this.#options.now() };
    if (last?.page !== page || last.cause !== cause) {
      return [this.#remember({ ...next, turns: 1, quick: 1 })];
    }
    const isBack = next.presented !== '' && next.presented !== last.presented;
    const isQuick = !isBack && Math.abs(next.at - last.at) <= QUICK_MS;
    const turns = last.turns + (isBack ? 1 : 0);
    const quick = isQuick ? last.quick + 1 : 1;
    if (turns >= MAX_TURNS || quick >= MAX_QUICK_DEPARTURES) return undefined;
    return [this.#remember({ ...next, turns, quick })];
  }

  /**
   * Returns the `Set-Cookie` that forgets the turns of a page; empty when the cookie counts the turns of another page.
   * Requests for other pages pass during a circle (an icon, the sign-in page itself) and must not restart the count.
   *
   * @param cookies the `Cookie` header as received
   */
  forget(cookies: string | null | undefined, place: string): readonly string[] {
    const last = this.#read(cookies ?? '');
    return last !== undefined && last.page === nameOf(place)
      ? [`${this.cookieName}=; Max-Age=0; ${this.#attributes}`]
      : [];
  }

  #remember({ turns, quick, page, cause, presented, at }: Departure): string {
    const value = [turns, quick, page, cause, presented, at.toString(36)].join('.');
    return `${this.cookieName}=${value}; Max-Age=${WINDOW_SECONDS}; ${this.#attributes}`;
  }

  #read(cookies: string): Departure | undefined {
    if (!cookies.includes(this.cookieName)) return undefined; // as in almost every request
    const [cookie] = readCookies(cookies, (name) => name === this.cookieName);
    const [turns = '', quick = '', page = '', cause = '', presented = '', at = ''] =
      cookie?.value.split('.') ?? [];
    if (!/^[1-9][1-9]$/.test(turns + quick)) return undefined;
    return { turns: +turns, quick: +quick, page, cause, presented, at: Number.parseInt(at, 36) };
  }

  #presentedIn(headers: Headers): string {
    const { credentialCookies } = this.#options;
    const cookies = readCookies(headers.get('cookie'), (name) => credentialCookies.includes(name));
    const presented = [
      ...cookies.map(({ name, value }) => `${name}=${value}`),
      ...['x-session-token', 'authorization'].flatMap((name) => headers.get(name) ?? []),
    ];
    return presented.length === 0 ? '' : nameOf(presented.join('\n'));
  }
}

/** Returns whether a person sees the answer in its own window: not in a frame, and not loaded ahead. */
function isVisit(headers: Headers): boolean {
  const isAhead = ['sec-purpose', 'purpose', 'x-moz'].some((name) =>
    /prefetch|prerender/.test(headers.get(name) ?? ''),
  );
  return !isAhead && (headers.get('sec-fetch-dest') ?? 'document') === 'document';
}

/** Returns the page whose turns are counted: host and path, without method and query. */
export function pageKey({ host, path }: { readonly host: string; readonly path: string }): string {
  return `${host}${path}`;
}

/** Hashes a text with FNV-1a, 32 bits: enough to tell the pages of one browser apart, without showing them. */
function nameOf(page: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < page.length; index += 1) {
    hash = Math.imul(hash ^ page.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

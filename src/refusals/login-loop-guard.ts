// No I/O; the clock is handed in.
import { readCookies } from '../http/cookies.ts';

/** The third way to sign-in is not taken: two sign-ins have brought a credential that did not help. */
const MAX_TURNS = 3;
/** So many departures one right after the other are a sign-in that redirects back without asking anyone. Browsers give up at 20 redirects. */
const MAX_QUICK_DEPARTURES = 5;
const QUICK_MS = 5000;
/** A departure further back than this is forgotten. */
const WINDOW_SECONDS = 60;

/** What a browser's cookie says of its last departure. */
interface Departure {
  /** Ways to sign-in, the present one included. */
  readonly turns: number;
  /** Departures right after one another, with nothing new presented. */
  readonly quick: number;
  readonly page: string;
  readonly cause: string;
  /** Of the credentials that were presented; empty when there were none. */
  readonly presented: string;
  readonly at: number;
}

export interface TurnsOptions {
  readonly publicUrl: string;
  /** Of cookies that hold credentials. */
  readonly credentialCookies: readonly string[];
  readonly now: () => number;
}

/**
 * Ends a sign-in that goes in circles. Only ways through sign-in count: a browser comes back to the same page with another
 * credential than it left with, and is refused for the same reason; or it comes back at once, again and again. A page that
 * is loaded in several tabs, or once more, is none. The count is kept in a cookie of that browser and is not secret: all
 * that a forged one can do is to show a page with a link in place of a redirect. `__Host-` keeps sibling domains from
 * planting it.
 */
export class Turns {
  readonly cookieName: string;
  readonly #attributes: string;
  readonly #options: TurnsOptions;

  constructor(options: TurnsOptions) {
    const isSecure = options.publicUrl.startsWith('https:');
    this.cookieName = isSecure ? '__Host-postern-turns' : 'postern-turns';
    this.#attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
    this.#options = options;
  }

  /**
   * Takes one departure to sign-in into account.
   *
   * @returns the `Set-Cookie` that goes with it, none for what is no visit of a person; `undefined` when the way goes in circles
   */
  depart(headers: Headers, place: string, reason: string): readonly string[] | undefined {
    if (!isVisit(headers)) return [];
    const last = this.#read(headers);
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
   * The `Set-Cookie` that forgets the turns of a page; none when those remembered are another's. What a page of
   * the way round loads (its icon, the sign-in page itself) passes too, and would otherwise begin the count anew.
   */
  forget(headers: Headers, place: string): readonly string[] {
    return this.#read(headers)?.page === nameOf(place)
      ? [`${this.cookieName}=; Max-Age=0; ${this.#attributes}`]
      : [];
  }

  #remember({ turns, quick, page, cause, presented, at }: Departure): string {
    const value = [turns, quick, page, cause, presented, at.toString(36)].join('.');
    return `${this.cookieName}=${value}; Max-Age=${WINDOW_SECONDS}; ${this.#attributes}`;
  }

  #read(headers: Headers): Departure | undefined {
    const [cookie] = readCookies(headers.get('cookie'), (name) => name === this.cookieName);
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

/** Whether a person sees the answer in a window of its own: no frame, and nothing that is loaded ahead. */
function isVisit(headers: Headers): boolean {
  const isAhead = ['sec-purpose', 'purpose', 'x-moz'].some((name) =>
    /prefetch|prerender/.test(headers.get(name) ?? ''),
  );
  return !isAhead && (headers.get('sec-fetch-dest') ?? 'document') === 'document';
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

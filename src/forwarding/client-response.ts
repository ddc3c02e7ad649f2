// Pure: no I/O, no clock.
import { VARY } from '../credentials/credential.ts';
import { PRIVATE_NO_STORE } from '../http/cache-control.ts';
import { copyResponse } from '../http/copy-response.ts';
import { hopByHopNames } from '../http/header-names.ts';
import type { HeaderFilter } from './header-filter.ts';
import type { OriginAddress } from './origin-address.ts';
import { keepForeignCookies, type ReservedCookies } from './origin-cookies.ts';

export interface ClientResponseOptions {
  readonly filter: HeaderFilter;
  /** Names, in lower case, of the site's own headers that pass although some product believes them. */
  readonly forwardedHeaders: ReadonlySet<string>;
  readonly reserved: ReservedCookies;
  readonly address: OriginAddress;
  /** The public origin that was asked: scheme, host and port. */
  readonly site: string;
  /** Whether the origin's own caching headers stand, but for an answer with cookies of the session store. */
  readonly keepsCacheControl: boolean;
  /** Whether who is asking was looked at to give it. */
  readonly dependsOnSession: boolean;
  /** Cookies of the session store to deliver with the answer. */
  readonly setCookies: readonly string[];
}

/** Headers by which caches other than the browser's are told to keep an answer. */
const CACHE_HEADERS: ReadonlySet<string> = new Set([
  'expires',
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'surrogate-control',
]);

/** `Alt-Svc` (RFC 7838) would take clients past the gate, to a server that answers for the site itself. */
const WAYS_PAST = 'alt-svc';

/**
 * The origin's answer as the client gets it: the body untouched, hop-by-hop and identity headers and cookies
 * by the session's name removed, the origin's hidden host nowhere in its redirects, kept out of every cache unless the
 * rule says otherwise.
 */
export function clientResponse(response: Response, options: ClientResponseOptions): Response {
  const answer = copyOf(response);
  const { headers } = answer;
  // An answer with a cookie of one person in it is nobody else's, whatever the rule says.
  const keepsCacheControl = options.keepsCacheControl && options.setCookies.length === 0;
  const hopByHop = hopByHopNames(headers);
  for (const name of [...headers.keys()]) {
    const { folded, isIdentity } = options.filter.meaningOf(name);
    const isForCaches = !keepsCacheControl && CACHE_HEADERS.has(name);
    const isWayPast = name === WAYS_PAST;
    const isForged = isIdentity && !options.forwardedHeaders.has(name);
    if (hopByHop.has(folded) || isForged || isForCaches || isWayPast) headers.delete(name);
  }
  const { address, site } = options;
  const toPublic = (cookie: string) => address.publicCookie(cookie, site);
  keepForeignCookies(headers, options.reserved, toPublic);
  address.makePublic(headers, site);
  if (!keepsCacheControl) headers.set('cache-control', PRIVATE_NO_STORE);
  for (const cookie of options.setCookies) headers.append('set-cookie', cookie);
  if (options.dependsOnSession && response.webSocket === null) headers.append('vary', VARY);
  return answer;
}

/** The same answer with headers that can be changed; the platform relays the socket of a 101 itself. */
function copyOf(response: Response): Response {
  if (response.webSocket === null) return copyResponse(response);
  const { status, headers, webSocket } = response;
  return new Response(null, { status, headers, webSocket });
}

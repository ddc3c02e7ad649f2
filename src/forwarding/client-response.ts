// Pure: no I/O, no clock.
import { VARY } from '../credentials/credential.ts';
import { PRIVATE_NO_STORE } from '../http/cache-control.ts';
import { copyResponse } from '../http/copy-response.ts';
import { HOP_BY_HOP, hopByHopNames } from '../http/header-names.ts';
import type { HeaderFilter } from './header-filter.ts';
import type { OriginAddress } from './origin-address.ts';
import { keepForeignCookies, type ReservedCookies } from './origin-cookies.ts';

export interface ClientResponseOptions {
  readonly filter: HeaderFilter;
  /** Names, in lower case, of the site's own headers that pass although some product trusts them. */
  readonly forwardedHeaders: ReadonlySet<string>;
  readonly reserved: ReservedCookies;
  readonly address: OriginAddress;
  /** The public origin that the client asked: scheme, host and port. */
  readonly site: string;
  /**
   * Whether the origin's own caching headers are kept. An answer with cookies of the session store never keeps them.
   */
  readonly keepsCacheControl: boolean;
  /** Whether Postern looked for a session to give this answer. */
  readonly dependsOnSession: boolean;
  /**
   * The member of `Cache-Status` for the look-up of the session. `Age` is left out: it would be about the origin's content.
   */
  readonly cacheStatus?: string | undefined;
  /** Cookies of the session store to deliver with the answer. */
  readonly setCookies: readonly string[];
}

/** Headers that tell caches other than the browser's to keep an answer. */
const CACHE_HEADERS: ReadonlySet<string> = new Set([
  'expires',
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'surrogate-control',
]);

/** `Alt-Svc` (RFC 7838) would send clients past the gate, to a server that answers for the site itself. */
const WAYS_PAST = 'alt-svc';

/**
 * Returns the origin's answer for the client. The body stays unchanged. Hop-by-hop headers, identity headers and
 * cookies with reserved names are removed. Redirects do not name the origin's hidden host. Caches must not keep the
 * answer, unless the rule says otherwise.
 */
export function clientResponse(response: Response, options: ClientResponseOptions): Response {
  const { webSocket } = response;
  const answer = webSocket ? withSocket(response, webSocket) : copyResponse(response);
  const { headers } = answer;
  // An answer with one person's cookie must not be cached for other people, whatever the rule says.
  const keepsCacheControl = options.keepsCacheControl && options.setCookies.length === 0;
  const names = [...headers.keys()];
  const connection = names.includes('connection') ? headers.get('connection') : null;
  const hopByHop = connection === null ? HOP_BY_HOP : hopByHopNames(connection);
  for (const name of names) {
    const { folded, isIdentity } = options.filter.classifyHeader(name);
    const isForCaches = !keepsCacheControl && CACHE_HEADERS.has(name);
    const isWayPast = name === WAYS_PAST;
    const isForged = isIdentity && !options.forwardedHeaders.has(name);
    if (hopByHop.has(folded) || isForged || isForCaches || isWayPast) headers.delete(name);
  }
  const { address, site } = options;
  if (names.includes('set-cookie')) {
    const toPublic = (cookie: string) => address.publicCookie(cookie, site);
    keepForeignCookies(headers, options.reserved, toPublic);
  }
  address.makePublic(headers, names, site);
  if (!keepsCacheControl) headers.set('cache-control', PRIVATE_NO_STORE);
  for (const cookie of options.setCookies) headers.append('set-cookie', cookie);
  if (webSocket) return answer;
  if (options.dependsOnSession) headers.append('vary', VARY);
  if (options.cacheStatus !== undefined) headers.append('cache-status', options.cacheStatus);
  return answer;
}

/** Returns the same answer with headers that can be changed. The platform relays the socket of a 101 itself. */
function withSocket({ status, headers }: Response, webSocket: WebSocket): Response {
  return new Response(null, { status, headers, webSocket });
}

// Pure: no I/O, no clock.
import { VARY } from '../credentials/credential.ts';
import { PRIVATE_NO_STORE } from '../http/cache-control.ts';
import { copyResponse } from '../http/copy-response.ts';
import { nominatedNames } from '../http/header-names.ts';
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
  const found = findHeaders(headers, options, keepsCacheControl);
  for (const name of found.dropped) headers.delete(name);
  const { address, site } = options;
  if (found.setsCookies) {
    const toPublic = (cookie: string) => address.publicCookie(cookie, site);
    keepForeignCookies(headers, options.reserved, toPublic);
  }
  if (found.withUrls.length > 0) address.makePublic(headers, found.withUrls, site);
  if (!keepsCacheControl) headers.set('cache-control', PRIVATE_NO_STORE);
  for (const cookie of options.setCookies) headers.append('set-cookie', cookie);
  if (webSocket) return answer;
  if (options.dependsOnSession) headers.append('vary', VARY);
  if (options.cacheStatus !== undefined) headers.append('cache-status', options.cacheStatus);
  return answer;
}

interface FoundHeaders {
  readonly dropped: readonly string[];
  /** Names of the headers that may hold the URL of the hidden origin. */
  readonly withUrls: readonly string[];
  readonly setsCookies: boolean;
}

/** Finds the headers of an answer that are dropped or changed. */
function findHeaders(
  headers: Headers,
  { filter, forwardedHeaders }: ClientResponseOptions,
  keepsCacheControl: boolean,
): FoundHeaders {
  const kept: string[] = [];
  const dropped: string[] = [];
  const withUrls: string[] = [];
  let setsCookies = false;
  let hasConnection = false;
  for (const name of headers.keys()) {
    const { isIdentity, isHopByHop, use } = filter.classifyHeader(name);
    if (use === 'connection') hasConnection = true;
    const isForged = isIdentity && !forwardedHeaders.has(name);
    const isForCaches = use === 'for-caches' && !keepsCacheControl;
    if (isHopByHop || isForged || isForCaches || use === 'way-past') {
      dropped.push(name);
      continue;
    }
    kept.push(name);
    if (use === 'set-cookie') setsCookies = true;
    if (use === 'url') withUrls.push(name);
  }
  if (hasConnection) {
    const nominated = nominatedNames(headers.get('connection') ?? '');
    const isNominated = (name: string) => nominated.has(filter.classifyHeader(name).folded);
    dropped.push(...kept.filter(isNominated));
  }
  return { dropped, withUrls, setsCookies };
}

/** Returns the same answer with headers that can be changed. The platform relays the socket of a 101 itself. */
function withSocket({ status, headers }: Response, webSocket: WebSocket): Response {
  return new Response(null, { status, headers, webSocket });
}

// Pure: no I/O, no clock.
import type { Authority } from '../../http/authority.ts';
import type { SiteHosts } from '../../http/site-hosts.ts';
import { SIGN_IN_PATH } from '../../sign-in/paths.ts';

/** The longest `return_to`, in characters. It is kept in a cookie, with the other values of the sign-in. */
const MAX_LENGTH = 2300;
/**
 * Browsers drop tabs and line breaks from URLs, and read `\` as `/` before the query (WHATWG URL section 4.4). No link of a
 * site has them. A query may have `\`.
 */
const MISLEADING = /[\s\p{Cc}]|^[^?#]*\\/u;

/**
 * Returns the URL that a browser goes to after its sign-in: the `return_to` of a query, as a URL of the site or as a
 * path on the host that was asked; by default the host's start page. `undefined` if it leads anywhere else.
 */
export function readReturnTo(
  query: URLSearchParams,
  host: Authority,
  hosts: SiteHosts,
): string | undefined {
  const site = hosts.siteOf(host);
  const [text, ...others] = query.getAll('return_to');
  if (text === undefined) return `${site}/`;
  if (others.length > 0 || text.length > MAX_LENGTH || MISLEADING.test(text)) return undefined;
  const isPath = text.startsWith('/') && !text.startsWith('//');
  const url = URL.parse(isPath ? site + text : text);
  if (url === null || hosts.hostOfUrl(url.href) === undefined) return undefined;
  return url.pathname.startsWith(SIGN_IN_PATH) ? `${site}/` : url.href;
}

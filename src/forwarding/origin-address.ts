// Pure: no I/O, no clock.
import type { SiteHosts } from '../http/site-hosts.ts';
import { cookieOutsideHost } from './origin-cookies.ts';

/** The address at which Postern asks the origin, and the removal of that address from answers. */
export interface OriginAddress {
  /** Returns scheme, host and port at which Postern asks the origin for requests to `site`, a public origin. */
  urlFor(site: string): string;
  /**
   * Rewrites URLs in the headers of an answer: the origin's hidden host becomes `site`.
   *
   * @param names those of {@link REWRITTEN_HEADERS} that the answer has
   */
  makePublic(headers: Headers, names: readonly string[], site: string): void;
  /**
   * Removes a `Domain` that names the hidden host from a `Set-Cookie`. The cookie is then for the host of `site`
   * alone.
   */
  publicCookie(setCookie: string, site: string): string;
}

export interface OriginAddressOptions {
  /** `undefined` for a service binding without an address of its own. */
  readonly originUrl: string | undefined;
  readonly hosts: SiteHosts;
  /** The beginning of the site's paths that the origin does not get; empty without one. */
  readonly prefix?: string | undefined;
}

/**
 * Creates the origin's address. A Worker cannot choose `Host`: the platform takes it from the URL. So Postern asks an
 * origin at the public URL when that origin has to see the public host. This is the case for a service binding
 * without `ORIGIN_URL`, and when `ORIGIN_URL` equals `PUBLIC_URL`: on a route, such a call goes to the zone's own
 * origin. Every other address is hidden from clients.
 */
export function createOriginAddress({
  originUrl,
  hosts,
  prefix = '',
}: OriginAddressOptions): OriginAddress {
  const hidden = originUrl === undefined ? undefined : new URL(originUrl);
  if (hidden === undefined || hidden.origin === new URL(hosts.publicUrl).origin)
    return PUBLIC_ADDRESS;
  const name = foldDot(hidden.hostname);
  // When the client asked a host with the origin's own name, only the port tells the two apart.
  const isShared = (site: string) => new URL(site).hostname === name;
  const isPublic = (host: string) => {
    const authority = hosts.read(host);
    return authority !== undefined && hosts.originOf(authority) !== undefined;
  };
  const isHidden = (url: URL, site: string) => {
    if (foldDot(url.hostname) !== name || isPublic(url.host)) return false;
    const port = portOf(url);
    return port === portOf(hidden) || (!isShared(site) && (port === '80' || port === '443'));
  };
  return {
    urlFor: () => hidden.origin,
    makePublic(headers, names, site) {
      const toPublic = (reference: string) =>
        publicReference(reference, `${site}${prefix}`, (url) => isHidden(url, site));
      for (const header of names) {
        const rewrite = REWRITES.get(header);
        const value = rewrite && headers.get(header);
        if (rewrite === undefined || value == null) continue;
        const rewritten = rewrite(value, toPublic);
        if (rewritten !== value) headers.set(header, rewritten);
      }
    },
    publicCookie: (setCookie, site) =>
      isShared(site) ? setCookie : cookieOutsideHost(setCookie, name),
  };
}

const PUBLIC_ADDRESS: OriginAddress = {
  urlFor: (site) => site,
  makePublic: () => {},
  publicCookie: (setCookie) => setCookie,
};

type Rewrite = (value: string, toPublic: (reference: string) => string) => string;

/** `Refresh` as browsers read it (HTML standard, "shared declarative refresh steps"): seconds, then a URL. */
const REFRESH = /^([\s\d.]*[;,\s]\s*(?:url\s*=\s*)?)(["']?)(.*)$/i;

/** Headers that send clients to another URL: RFC 9110 sections 8.7 and 10.2.2, RFC 8288, and the HTML standard. */
const REWRITES: ReadonlyMap<string, Rewrite> = new Map<string, Rewrite>([
  ['location', (value, toPublic) => toPublic(value)],
  ['content-location', (value, toPublic) => toPublic(value)],
  [
    'link',
    (value, toPublic) => value.replace(/<([^<>]*)>/g, (_, target) => `<${toPublic(target)}>`),
  ],
  [
    'refresh',
    (value, toPublic) => {
      const [, before, quote = '', rest = ''] = REFRESH.exec(value) ?? [];
      if (before === undefined) return value;
      const end = quote === '' ? -1 : rest.indexOf(quote);
      const url = end < 0 ? rest : rest.slice(0, end);
      return `${before}${quote}${toPublic(url)}${rest.slice(url.length)}`;
    },
  ],
]);

/** The names of these headers, in lower case. */
export const REWRITTEN_HEADERS: readonly string[] = [...REWRITES.keys()];

/**
 * Rewrites a URL reference that names the hidden host to the same place below `base`, a URL of the site, without user
 * information. Returns every other reference unchanged. The reference is parsed as a browser parses it on a page of the site, so that no
 * spelling (`//host`, `\\host`, upper case) is missed.
 */
function publicReference(reference: string, base: string, isHidden: (url: URL) => boolean): string {
  const url = URL.parse(reference, `${base}/`);
  if (url === null || !/^https?:$/.test(url.protocol) || !isHidden(url)) return reference;
  return `${base}${url.pathname}${url.search}${url.hash}`;
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80');
}

/** Removes the dot at the end of a fully qualified name. */
function foldDot(hostname: string): string {
  return hostname.replace(/\.$/, '');
}

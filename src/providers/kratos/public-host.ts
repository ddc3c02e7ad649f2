// Pure: no I/O, no clock.
import { parseAuthority, type Scheme } from '../../http/authority.ts';

/** Where Kratos's flows are found, from inside and from outside. */
export interface PublicHost {
  /** Every URL by which Kratos may speak of itself, each without a slash at its end. */
  readonly kratosUrls: readonly string[];
  /** The site: scheme, host and port. */
  readonly publicUrl: string;
  /** The session API's path on it, empty when it has none. */
  readonly apiPath: string;
}

/** What Postern answers below the session API's path; everything else of Kratos's is a page of the site. */
const OWN_PATH = /^\/(?:self-service|sessions|\.well-known\/ory)(?:[/?]|$)/;

/** A URL of Kratos's own as the one at which the same thing is found on the site; others stay as they are. */
export function toPublicUrl(url: string, { kratosUrls, publicUrl, apiPath }: PublicHost): string {
  const known = withReadHost(url);
  for (const base of kratosUrls.map(withReadHost)) {
    if (!known.startsWith(base)) continue;
    const rest = known.slice(base.length);
    if (rest !== '' && !/^[/?#]/.test(rest)) continue; // another host, of which this one is the beginning
    return `${publicUrl}${OWN_PATH.test(rest) ? apiPath : ''}${rest}`;
  }
  return url;
}

/** A URL with scheme and host as they are compared, so that Kratos may spell its own as it likes; the rest as it is. */
function withReadHost(url: string): string {
  return url.replace(/^(https?:)\/\/([^/?#]*)/i, (sent, protocol: string, authority: string) => {
    const scheme = protocol.toLowerCase() as Scheme; // the pattern takes no other
    const host = parseAuthority(authority, scheme);
    return host === undefined ? sent : `${scheme}//${host}`;
  });
}

/** A `Location`: an absolute URL of Kratos's, or a path on its host. */
export function publicLocation(location: string, host: PublicHost): string {
  const isPath = location.startsWith('/') && !/^\/[/\\]/.test(location);
  return isPath
    ? toPublicUrl(`${host.kratosUrls[0]}${location}`, host)
    : toPublicUrl(location, host);
}

/** The members in which Kratos's documents carry URLs that a browser goes to. */
const URL_MEMBER = /"(action|request_url|logout_url|redirect_browser_to|src|href|url)":"([^"\\]*)/g;

/**
 * A JSON text of Kratos's with the URLs of its flows pointing at the site. Every other byte is as it was sent:
 * numbers, escapes and the order of members survive, as they would not in a parsed and rewritten document.
 */
export function publicBody(text: string, host: PublicHost): string {
  return text.replace(
    URL_MEMBER,
    (_, name: string, url: string) => `"${name}":"${toPublicUrl(url, host)}`,
  );
}

/**
 * A `Set-Cookie` of Kratos's as the site sets it: for the whole site, and for a domain only when the site is
 * in it; a browser would drop it otherwise.
 */
export function publicCookie(setCookie: string, { publicUrl, kratosUrls }: PublicHost): string {
  const { hostname } = new URL(publicUrl);
  const basePaths = kratosUrls.map((url) => new URL(url).pathname);
  return setCookie
    .split(';')
    .flatMap((attribute, index) => {
      const [, name = '', value = ''] = /^\s*([^=]*?)\s*(?:=\s*(.*?)\s*)?$/.exec(attribute) ?? [];
      if (index === 0) return [attribute];
      if (/^domain$/i.test(name)) return isWithin(hostname, value) ? [attribute] : [];
      if (/^path$/i.test(name)) return [basePaths.includes(value) ? ' Path=/' : attribute];
      return [attribute];
    })
    .join(';');
}

function isWithin(hostname: string, domain: string): boolean {
  const wanted = domain.replace(/^\./, '').toLowerCase();
  return wanted !== '' && (hostname === wanted || hostname.endsWith(`.${wanted}`));
}

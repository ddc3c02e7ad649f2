// Pure: no I/O, no clock.
import { parseAuthority, type Scheme } from '../../http/authority.ts';

/** The addresses of Kratos's flows: Kratos's own URLs, and their place on the site. */
export interface PublicHost {
  /** Every URL that Kratos may use for itself, each without a slash at its end. */
  readonly kratosUrls: readonly string[];
  /** The site's URL: scheme, host and port. */
  readonly publicUrl: string;
  /** The session API's path on the site; empty when it has none. */
  readonly apiPath: string;
}

/** Matches the paths that Postern answers below the session API's path. Kratos's other paths are pages of the site. */
const OWN_PATH = /^\/(?:self-service|sessions|\.well-known\/ory)(?:[/?]|$)/;

/** Rewrites a URL of Kratos to the URL of the same resource on the site. Other URLs stay unchanged. */
export function toPublicUrl(url: string, { kratosUrls, publicUrl, apiPath }: PublicHost): string {
  const known = withReadHost(url);
  for (const base of kratosUrls.map(withReadHost)) {
    if (!known.startsWith(base)) continue;
    const rest = known.slice(base.length);
    if (rest !== '' && !/^[/?#]/.test(rest)) continue; // another host, whose name begins with this host's name
    return `${publicUrl}${OWN_PATH.test(rest) ? apiPath : ''}${rest}`;
  }
  return url;
}

/**
 * Returns a URL with scheme and host in the form in which they are compared, so that Kratos may spell its own host in
 * any way. The rest stays unchanged.
 */
function withReadHost(url: string): string {
  return url.replace(/^(https?:)\/\/([^/?#]*)/i, (sent, protocol: string, authority: string) => {
    const scheme = protocol.toLowerCase() as Scheme; // the pattern takes no other
    const host = parseAuthority(authority, scheme);
    return host === undefined ? sent : `${scheme}//${host}`;
  });
}

/** Rewrites a `Location` to the site. It is an absolute URL of Kratos, or a path on Kratos's host. */
export function publicLocation(location: string, host: PublicHost): string {
  const isPath = location.startsWith('/') && !/^\/[/\\]/.test(location);
  return isPath
    ? toPublicUrl(`${host.kratosUrls[0]}${location}`, host)
    : toPublicUrl(location, host);
}

/**
 * Matches the members in which Kratos's documents carry URLs that a client opens. `api` and `redirect_to` are in the
 * details of an expired flow (`selfservice/flow/…/handler.go`). The reason of a 422 ends with the URL that its
 * `redirect_browser_to` has (`selfservice/flow/error.go`, `NewBrowserLocationChangeRequiredError`).
 */
const URL_MEMBER =
  /"((?:action|api|request_url|logout_url|redirect_browser_to|redirect_to|src|href|url)":"|reason":"In order to complete this flow please redirect the browser to: )([^"\\]*)/g;

/**
 * Rewrites the URLs of flows in Kratos's JSON text to the site. Every other byte stays as it was sent. Parsing and
 * writing the document again would change numbers, escapes and the order of members.
 */
export function publicBody(text: string, host: PublicHost): string {
  return text.replace(
    URL_MEMBER,
    (_, before: string, url: string) => `"${before}${toPublicUrl(url, host)}`,
  );
}

/**
 * Rewrites a `Set-Cookie` of Kratos for the site. The path of Kratos's URL becomes `/`, the whole site. `Domain` is
 * kept only when the site is in that domain, because otherwise a browser would drop the cookie.
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

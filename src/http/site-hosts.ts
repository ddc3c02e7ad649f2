// Pure: no I/O, no clock.
import { type Authority, parseAuthority, type Scheme } from './authority.ts';

/** Returns host and port of an origin such as `https://app.example.com`, without parsing it for every request. */
export function hostOf(origin: string): string {
  return origin.slice(origin.indexOf('://') + 3);
}

/**
 * The hosts of a site, compared exactly. Any other host is refused, even if a resolver would take it for the same
 * (`127.1`, `a..b`, a homograph).
 */
export class SiteHosts {
  /** The URL at which clients reach Postern: scheme, host and port. */
  readonly publicUrl: string;
  readonly #scheme: Scheme;
  /** The public origin of each host, as clients see it. */
  readonly #origins: ReadonlyMap<Authority, string>;
  /** The site's hosts by their one spelling, which almost every client sends. */
  readonly #spelled = new Map<string, Authority>();

  /**
   * @param publicUrl scheme, host and port; every host has this scheme
   * @param others further hosts, each with a port if it is not the scheme's own
   */
  constructor(publicUrl: string, others: readonly string[] = []) {
    this.publicUrl = publicUrl;
    this.#scheme = publicUrl.startsWith('https:') ? 'https:' : 'http:';
    const origins = new Map<Authority, string>();
    for (const text of [hostOf(publicUrl), ...others]) {
      const host = this.read(text);
      if (host === undefined) throw new Error('a host of the site is no host'); // the schema refused it before
      origins.set(host, `${this.#scheme}//${host}`);
      this.#spelled.set(host, host);
    }
    this.#origins = origins;
  }

  /** Returns the public origins of all hosts, each once. The origin of the public URL comes first. */
  get origins(): readonly string[] {
    return [...this.#origins.values()];
  }

  /** Returns all hosts, each once. The host of the public URL comes first. */
  get authorities(): readonly Authority[] {
    return [...this.#origins.keys()];
  }

  /** Returns the host of the site that an absolute URL names; `undefined` if it names another place. */
  hostOfUrl(text: string): Authority | undefined {
    const url = URL.parse(text);
    if (url?.protocol !== this.#scheme || url.username !== '' || url.password !== '')
      return undefined;
    const host = this.read(url.host);
    return host !== undefined && this.#origins.has(host) ? host : undefined;
  }

  /** Reads a host and port as sent or configured, with the site's scheme; `undefined` if the text is no host. */
  read(text: string): Authority | undefined {
    return this.#spelled.get(text) ?? parseAuthority(text, this.#scheme);
  }

  /**
   * Returns the public origin (`https://app.example.com`) of a host; `undefined` if the site does not have that
   * host.
   */
  originOf(host: Authority): string | undefined {
    return this.#origins.get(host);
  }

  /** Returns the public origin of an admitted host. A host that the site does not have gets that of the public URL. */
  siteOf(host: Authority): string {
    return this.originOf(host) ?? this.publicUrl;
  }

  /** Tells whether an `Origin` belongs to a page of the site, on any of its hosts, in any spelling. */
  hasOrigin(origin: string): boolean {
    const prefix = `${this.#scheme}//`;
    if (!origin.startsWith(prefix)) return false;
    const host = this.read(origin.slice(prefix.length));
    return host !== undefined && this.#origins.has(host);
  }
}

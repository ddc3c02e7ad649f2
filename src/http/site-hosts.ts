// Pure: no I/O, no clock.
import { type Authority, parseAuthority, type Scheme } from './authority.ts';

/** Host and port of an origin such as `https://app.example.com`, without parsing it anew for every request. */
export function hostOf(origin: string): string {
  return origin.slice(origin.indexOf('://') + 3);
}

/**
 * The hosts a site is reached by, compared exactly: a host that is not one of them is somebody else's, however
 * much a resolver would make it mean the same (`127.1`, `a..b`, a homograph).
 */
export class SiteHosts {
  readonly #scheme: Scheme;
  /** To the public origin clients see. */
  readonly #origins: ReadonlyMap<Authority, string>;

  /**
   * @param publicUrl scheme, host and port; the scheme is that of every host
   * @param others further hosts, each with a port where it is not the scheme's own
   */
  constructor(publicUrl: string, others: readonly string[] = []) {
    this.#scheme = publicUrl.startsWith('https:') ? 'https:' : 'http:';
    const origins = new Map<Authority, string>();
    for (const text of [hostOf(publicUrl), ...others]) {
      const host = this.read(text);
      if (host === undefined) throw new Error('a host of the site is no host'); // the schema refused it before
      origins.set(host, `${this.#scheme}//${host}`);
    }
    this.#origins = origins;
  }

  /** Public origins of all hosts, each once; that of the public URL comes first. */
  get origins(): readonly string[] {
    return [...this.#origins.values()];
  }

  /** Reads a host and port as sent or configured, over the site's scheme; `undefined` when it is none. */
  read(text: string): Authority | undefined {
    return parseAuthority(text, this.#scheme);
  }

  /** The public origin (`https://app.example.com`) of a host; `undefined` when it is none of the site's. */
  originOf(host: Authority): string | undefined {
    return this.#origins.get(host);
  }

  /** Whether this is the `Origin` of a page of the site, of any of its hosts in any spelling. */
  hasOrigin(origin: string): boolean {
    const prefix = `${this.#scheme}//`;
    if (!origin.startsWith(prefix)) return false;
    const host = this.read(origin.slice(prefix.length));
    return host !== undefined && this.#origins.has(host);
  }
}

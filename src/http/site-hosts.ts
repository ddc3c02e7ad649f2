// Pure: no I/O, no clock.

/** Host and port, lower-case, without the dot that ends a fully qualified name. A-labels stay as they are. */
export function foldHost(authority: string): string {
  const [, name = '', port = ''] = /^(.*?)\.?(:\d+)?$/.exec(authority) ?? [];
  return name.toLowerCase() + port;
}

/** Host and port of an origin such as `https://app.example.com`, without parsing it anew for every request. */
export function hostOf(origin: string): string {
  return origin.slice(origin.indexOf('://') + 3);
}

/**
 * The hosts a site is reached by, compared exactly: a host that is not one of them is somebody else's, however
 * much a resolver would make it mean the same (`127.1`, `a..b`, a homograph).
 */
export class SiteHosts {
  /** Folded host to the public origin clients see. */
  readonly #origins: ReadonlyMap<string, string>;

  /**
   * @param publicUrl scheme, host and port; the scheme is that of every host
   * @param others further hosts, each with a port where it is not the scheme's own
   */
  constructor(publicUrl: string, others: readonly string[] = []) {
    const { protocol, host } = new URL(publicUrl);
    const defaultPort = protocol === 'https:' ? ':443' : ':80';
    const origins = new Map<string, string>();
    for (const each of [host, ...others.map(foldHost)]) {
      origins.set(each, `${protocol}//${each}`);
      if (!/:\d+$/.test(each)) origins.set(each + defaultPort, `${protocol}//${each}`);
    }
    this.#origins = origins;
  }

  /** The public origin (`https://app.example.com`) of a folded host; `undefined` when it is none of ours. */
  originOf(host: string): string | undefined {
    return this.#origins.get(host);
  }

  /** Whether this is the `Origin` of a page of the site. */
  hasOrigin(origin: string): boolean {
    return [...this.#origins.values()].includes(origin);
  }
}

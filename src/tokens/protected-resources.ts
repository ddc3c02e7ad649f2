// Pure: no I/O, no clock.
import type { AdmittedTarget } from '../http/admit.ts';
import type { Authority } from '../http/authority.ts';
import type { SiteHosts } from '../http/site-hosts.ts';
import { type AudienceSettings, hostsOfAudience } from './audience.ts';

/** The path of the metadata of a host. The metadata of a resource with a path has this before that path. */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';

/** An authorization server that issues tokens for the site. */
export interface ResourceIssuer extends AudienceSettings {
  readonly issuer: string;
}

/** A resource that clients ask tokens for (RFC 8707), and its authorization servers. */
export interface ProtectedResource {
  /** The resource identifier, spelled as the audience in `ISSUERS`, because authorization servers compare it exactly. */
  readonly identifier: string;
  readonly host: Authority;
  /** The path of the identifier; empty for the host itself. */
  readonly path: string;
  /** At least one. */
  readonly issuers: readonly string[];
}

/**
 * The protected resources of a site (RFC 9728). Each audience that is a URL at one of the hosts is a resource. The host
 * itself is one if an issuer's tokens are for all of it: by its URL, or by an audience that is no URL of the site.
 */
export class ProtectedResources {
  readonly #site: SiteHosts;
  readonly #resources: readonly ProtectedResource[];

  constructor(issuers: readonly ResourceIssuer[], site: SiteHosts) {
    this.#site = site;
    this.#resources = site.authorities.flatMap((host) => resourcesOf(host, issuers, site));
  }

  /** Whether the site has a resource with an authorization server. */
  get isAny(): boolean {
    return this.#resources.length > 0;
  }

  /** Returns the resource at a path of a host; an empty path names the host. */
  find(host: Authority, path: string): ProtectedResource | undefined {
    return this.#resources.find((each) => each.host === host && each.path === path);
  }

  /** Returns the authorization servers of a host. */
  issuersOf(host: Authority): readonly string[] {
    const resources = this.#resources.filter((each) => each.host === host);
    return [...new Set(resources.flatMap(({ issuers }) => issuers))];
  }

  /**
   * Returns the URL of the metadata of the resource that a request is for: the one with the longest path that the
   * request's path continues. `undefined` if the request is for no resource.
   */
  metadataUrlFor({ host, path }: Pick<AdmittedTarget, 'host' | 'path'>): string | undefined {
    const around = this.#resources.filter(
      (each) => each.host === host && isWithin(path, each.path),
    );
    const [nearest] = around.sort((a, b) => b.path.length - a.path.length);
    if (nearest === undefined) return undefined;
    return `${this.#site.siteOf(host)}${RESOURCE_METADATA_PATH}${nearest.path}`;
  }
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(outer.endsWith('/') ? outer : `${outer}/`);
}

function resourcesOf(
  host: Authority,
  issuers: readonly ResourceIssuer[],
  site: SiteHosts,
): ProtectedResource[] {
  const named = issuers.flatMap(({ issuer, ...settings }) => {
    const names = settings.audience === false ? [undefined] : settings.audience;
    return names
      .filter((name) => hostsOfAudience(name, settings, site).has(host))
      .map((name) => ({ issuer, ...identify(name, site) }));
  });
  return [...Map.groupBy(named, ({ path }) => path)].map(([path, all]) => ({
    identifier: all.find(({ name }) => name !== undefined)?.name ?? site.siteOf(host),
    host,
    path,
    issuers: [...new Set(all.map(({ issuer }) => issuer))],
  }));
}

/**
 * Returns the path of an audience that is a URL at the site. Any other audience stands for the whole host, and so does
 * a URL with a query, which no metadata URL of this site can name.
 */
function identify(
  audience: string | undefined,
  site: SiteHosts,
): { readonly name: string | undefined; readonly path: string } {
  const isOwn = audience !== undefined && site.hostOfUrl(audience) !== undefined;
  const url = isOwn ? URL.parse(audience) : null;
  if (url === null || url.search !== '' || url.hash !== '') return { name: undefined, path: '' };
  return { name: audience, path: url.pathname === '/' ? '' : url.pathname };
}

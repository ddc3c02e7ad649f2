// Pure: no I/O, no clock.
import type { Authority } from '../http/authority.ts';
import type { SiteHosts } from '../http/site-hosts.ts';
import { type AudienceSettings, hostsOfAudience } from '../tokens/audience.ts';

/**
 * Returns the hosts at which browsers can sign in at an issuer, each with the resource to ask tokens for (RFC 8707
 * section 2): an audience of the issuer that is good on the host and is an absolute URI. The URL of the host itself comes
 * before other names. `undefined` as the resource: no audience of the host is a URI, and the issuer chooses.
 */
export function resourcesOf(
  { audience, hosts }: AudienceSettings,
  site: SiteHosts,
): ReadonlyMap<Authority, string | undefined> {
  const names = audience === false ? [undefined] : audience;
  const isGoodAt = (name: string | undefined, host: Authority) =>
    hostsOfAudience(name, { hosts }, site).has(host);
  const served = site.authorities.filter((host) => names.some((name) => isGoodAt(name, host)));
  return new Map(
    served.map((host) => {
      const good = names
        .filter((name) => name !== undefined)
        .filter((name) => isGoodAt(name, host));
      const uris = good.filter((name) => URL.parse(name)?.hash === '');
      // The audience of a whole host is shorter than those with a path.
      const own = uris.filter((name) => site.hostOfUrl(name) === host);
      const [shortest] = own.sort((a, b) => a.length - b.length);
      return [host, shortest ?? uris[0]] as const;
    }),
  );
}

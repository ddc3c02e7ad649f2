// Pure: no I/O, no clock.
import type { Config } from '../src/config/config.ts';
import { SiteHosts } from '../src/http/site-hosts.ts';
import { createHostsOfAudience } from '../src/tokens/audience.ts';

/**
 * Names the hosts on which an issuer's tokens are refused because each of its audiences is the URL of another host. An
 * issuer with `hosts` is left out, because its operator chose the hosts.
 */
export function unreachedHosts({ ISSUERS, PUBLIC_URL, HOSTS }: Config): string[] {
  const site = new SiteHosts(PUBLIC_URL, HOSTS);
  return ISSUERS.flatMap((issuer, index) => {
    if (issuer.hosts !== undefined || issuer.audience === false) return [];
    const good = createHostsOfAudience(issuer, site)([...issuer.audience]);
    const unreached = site.authorities.filter((host) => !good.has(host));
    return unreached.length === 0
      ? []
      : [
          `tokens of ISSUERS.${index} are good on ${[...good].join(', ')}, and refused on ${unreached.join(', ')}: the URL of a host as audience is good on that host only. Add the URLs of the other hosts to audience if the tokens should be good there.`,
        ];
  });
}

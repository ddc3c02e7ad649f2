// Pure: no I/O, no clock.
import type { Authority } from '../http/authority.ts';
import type { SiteHosts } from '../http/site-hosts.ts';
import type { JsonValue } from '../runtime/json.ts';

/** The part of an issuer's settings that says which tokens are for the site, and for which of its hosts. */
export interface AudienceSettings {
  /** Names that `aud` may have; `false` for tokens without `aud`. */
  readonly audience: false | readonly string[];
  /** The hosts on which the issuer's tokens are good; `undefined` for all hosts of the site. */
  readonly hosts?: readonly string[] | undefined;
}

/** Returns the hosts on which a token with this `aud` is good. */
export type HostsOfAudience = (aud: JsonValue | undefined) => ReadonlySet<Authority>;

/** Matches the URL of a host alone, with the slash at its end. */
const ROOT_URL = /^(https?:\/\/[^/?#]+)\/$/;

/**
 * Compares two audiences. They are compared exactly (RFC 7519 section 4.1.3), except that the URL of a host has two
 * spellings: an empty path and `/` are the same (RFC 3986 section 6.2.3). A client that parses the URL adds the slash.
 */
export function isSameAudience(a: string, b: string): boolean {
  return a === b || withoutRootSlash(a) === withoutRootSlash(b);
}

function withoutRootSlash(name: string): string {
  return name.replace(ROOT_URL, '$1');
}

/** Returns the names in an `aud` claim (RFC 7519 section 4.1.3); `undefined` if the claim has another form. */
export function audiencesOf(aud: JsonValue | undefined): readonly string[] | undefined {
  if (typeof aud === 'string') return [aud];
  const isList = Array.isArray(aud) && aud.every((item) => typeof item === 'string');
  return isList ? aud : undefined;
}

/**
 * Returns the hosts on which an audience of an issuer is good. The URL of a host of the site is good on that host only
 * (RFC 8707 section 2). Any other audience is good on each of the issuer's hosts.
 *
 * @param name `undefined` for tokens without `aud`
 */
export function hostsOfAudience(
  name: string | undefined,
  { hosts }: Pick<AudienceSettings, 'hosts'>,
  site: SiteHosts,
): ReadonlySet<Authority> {
  const read = hosts?.map((host) => site.read(host)).filter((host) => host !== undefined);
  const all = new Set(read ?? site.authorities);
  const own = name === undefined ? undefined : site.hostOfUrl(name);
  if (own === undefined) return all;
  return new Set(all.has(own) ? [own] : []);
}

/** Makes the function that tells on which hosts an issuer's tokens are good. */
export function createHostsOfAudience(
  settings: AudienceSettings,
  site: SiteHosts,
): HostsOfAudience {
  const { audience } = settings;
  const hostsOf = (name: string | undefined) => hostsOfAudience(name, settings, site);
  if (audience === false) {
    const hosts = hostsOf(undefined);
    return () => hosts;
  }
  const table = audience.map((name) => ({ name, hosts: hostsOf(name) }));
  return (aud) => {
    const named = audiencesOf(aud) ?? [];
    const good = table.filter(({ name }) => named.some((each) => isSameAudience(each, name)));
    const [only, ...others] = good;
    if (only !== undefined && others.length === 0) return only.hosts;
    return new Set(good.flatMap(({ hosts }) => [...hosts]));
  };
}

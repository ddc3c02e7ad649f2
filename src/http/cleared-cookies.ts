// Pure: no I/O, no clock.

const HOST_ONLY = /^__host-/i;
const IP_ADDRESS = /^(?:[\d.]+|\[.*\])$/;

/**
 * Returns the `Set-Cookie` values that clear a cookie, whichever domain it was set for. A browser has one cookie of a name
 * for the host alone, and one for each domain above it (RFC 6265bis section 5.7). The request does not tell which of
 * them it sent. Browsers ignore a domain that is a public suffix.
 *
 * @param origin the origin of the page that the answer is for
 */
export function clearedCookies(name: string, origin: string): readonly string[] {
  const { protocol, hostname } = new URL(origin);
  // A browser refuses a cookie of a __Host- or __Secure- name without Secure, even an empty one.
  const secure = protocol === 'https:' ? '; Secure' : '';
  const cleared = `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${secure}`;
  const domains = HOST_ONLY.test(name) ? [] : domainsOf(hostname);
  return [cleared, ...domains.map((domain) => `${cleared}; Domain=${domain}`)];
}

/** Returns the domains for which a host may set cookies: itself, and every domain above it with a dot. */
function domainsOf(hostname: string): string[] {
  if (IP_ADDRESS.test(hostname)) return [];
  const labels = hostname.split('.');
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
}

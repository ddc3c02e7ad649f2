// Pure: no I/O, no clock.

/**
 * Whether a request comes from a page of another site, by what browsers say of it (Fetch Metadata, `Origin`).
 * Every browser sends `Origin` with every method but GET and HEAD, so a change that says neither was not
 * asked for by a page.
 */
export function isCrossSite(headers: Headers, allowedOrigins: readonly string[]): boolean {
  const origin = headers.get('origin');
  if (origin !== null && allowedOrigins.includes(origin)) return false;
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site !== 'same-origin' && site !== 'none';
  return origin !== null;
}

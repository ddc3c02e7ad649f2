// Pure: no I/O, no clock.

/**
 * Tells whether a request comes from a page of another site, by the browser's headers (Fetch Metadata, `Origin`).
 * Every browser sends `Origin` with every method but GET and HEAD. So a change with neither header does not come
 * from a page.
 */
export function isCrossSite(headers: Headers, allowedOrigins: readonly string[]): boolean {
  const origin = headers.get('origin');
  if (origin !== null && allowedOrigins.includes(origin)) return false;
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site !== 'same-origin' && site !== 'none';
  return origin !== null;
}

// Pure: no I/O, no clock.

/** The headers of a denial that a script needs and that CORS would hide from it. */
const EXPOSED = 'WWW-Authenticate, Postern-Reason, Retry-After';

/**
 * Lets pages of these origins, and of no others, read a denial or fault of a gated path (Fetch standard, CORS
 * protocol). Without this, a script sees a network error instead of a 401. A redirect stays unreadable, because the
 * rule has no say over the pages that it leads to. Changes `response`, and returns it.
 */
export function makeReadable(
  response: Response,
  { headers }: { readonly headers: Headers },
  origins: ReadonlySet<string>,
): Response {
  if (origins.size === 0 || isRedirect(response)) return response;
  response.headers.append('vary', 'Origin');
  const origin = headers.get('origin');
  if (origin === null || !origins.has(origin)) return response;
  response.headers.set('access-control-allow-origin', origin);
  response.headers.set('access-control-allow-credentials', 'true');
  response.headers.set('access-control-expose-headers', EXPOSED);
  return response;
}

function isRedirect({ status }: Response): boolean {
  return status >= 300 && status < 400;
}

// Pure: no I/O, no clock.

/**
 * The name by which two header names are the same to *some* server: lower case, and every run of what is
 * not a letter or digit turned into one `-` (CGI and WSGI fold `-` to `_`, others fold `.`).
 */
export function foldHeaderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

/** RFC 9110 section 7.6.1, with the older names still seen in the wild. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The folded names a message's `Connection` header nominates, and the ones that never travel. */
export function hopByHopNames(headers: Headers): ReadonlySet<string> {
  const nominated = headers.get('connection');
  if (nominated === null) return HOP_BY_HOP;
  const names = nominated.split(',').map((name) => foldHeaderName(name.trim()));
  return new Set([...HOP_BY_HOP, ...names]);
}

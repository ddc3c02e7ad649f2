// Pure: no I/O, no clock.

/**
 * The name by which two header names are the same to *some* server: lower case, and every run of what is
 * not a letter or digit turned into one `-` (CGI and WSGI fold `-` to `_`, others fold `.`).
 */
export function foldHeaderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

/**
 * The folded name without marks at its ends. No server is known to take `_X-User-Id` for `X-User-Id` (CGI, WSGI, Rack and PHP keep
 * `HTTP__X_USER_ID` apart, nginx drops it, Go and Node keep it as it is), and nothing good is named so: it is held back like the name
 * it imitates. The leading `$` of WebSphere's private headers goes with it.
 */
export function foldBelievedName(name: string): string {
  return foldHeaderName(name).replace(/^-|-$/g, '');
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

/** More is no message anybody needs, and each name costs. */
const MAX_NOMINATED = 100;

/** The folded names a message's `Connection` header nominates, and the ones that never travel. */
export function hopByHopNames(headers: Headers): ReadonlySet<string> {
  const nominated = headers.get('connection');
  if (nominated === null) return HOP_BY_HOP;
  const names = nominated.split(',', MAX_NOMINATED).map((name) => foldBelievedName(name));
  return new Set([...HOP_BY_HOP, ...names]);
}

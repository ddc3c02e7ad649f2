// Pure: no I/O, no clock.

/**
 * Folds a header name: lower case, and one `-` for every run of characters that are not letters or digits. Names
 * that fold to the same text are the same header to *some* server (CGI and WSGI fold `-` to `_`, others fold `.`).
 */
export function foldHeaderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

/**
 * Folds a header name and removes the marks at its ends, so that `_X-User-Id` is held back like `X-User-Id`. No
 * known server confuses the two: CGI, WSGI, Rack and PHP keep `HTTP__X_USER_ID` apart, nginx drops it, and Go and
 * Node keep it as it is. But no legitimate header has such a name. The leading `$` of WebSphere's private headers is
 * removed too.
 */
export function foldBelievedName(name: string): string {
  return foldHeaderName(name).replace(/^-|-$/g, '');
}

/** Headers of one connection (RFC 9110 section 7.6.1), with the older names that still occur. */
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

/** No legitimate message nominates more names, and each name costs time. */
const MAX_NOMINATED = 100;

/** Returns the folded names that a `Connection` header nominates. They are hop-by-hop, as are those of {@link HOP_BY_HOP}. */
export function nominatedNames(connection: string): ReadonlySet<string> {
  if (NOMINATES_NOTHING.test(connection)) return NONE;
  return new Set(connection.split(',', MAX_NOMINATED).map((name) => foldBelievedName(name)));
}

const NONE: ReadonlySet<string> = new Set();

/** Matches what almost every `Connection` says: one name, which is hop-by-hop anyway. */
const NOMINATES_NOTHING = /^(?:keep-alive|upgrade)$/i;

// Pure: no I/O, no clock.

declare const CANONICAL: unique symbol;

/**
 * A host and port in the one spelling that Postern compares. It is in lower case, without a final dot and without
 * the scheme's own port. IPv6 is written as in RFC 5952. Only {@link parseAuthority} makes one.
 */
export type Authority = string & { readonly [CANONICAL]: true };

/** A scheme, written as in `URL.protocol`. */
export type Scheme = 'http:' | 'https:';

/** `uri-host [ ":" port ]` (RFC 9110 section 7.2), without percent-escapes and without user information. */
const AUTHORITY = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d*))?$/;
const DEFAULT_PORTS: Readonly<Record<Scheme, number>> = { 'http:': 80, 'https:': 443 };
const MAX_PORT = 65_535;

/**
 * Reads a host and port; `undefined` if the text is anything else. All spellings of one authority give one value
 * (RFC 9110 section 4.2.3, RFC 3986 section 6.2.3): case, a final dot, an explicit default port and an empty port
 * make no difference. A-labels stay as they are. Short or hexadecimal IPv4 addresses stay names, because no client
 * sends them.
 *
 * @param scheme decides which port is the default
 */
export function parseAuthority(text: string, scheme: Scheme): Authority | undefined {
  const [, sent, port = ''] = AUTHORITY.exec(text) ?? [];
  const host = sent === undefined ? undefined : canonicalHost(sent);
  if (host === undefined || Number(port) > MAX_PORT) return undefined;
  const isDefault = port === '' || Number(port) === DEFAULT_PORTS[scheme];
  const authority = isDefault ? host : `${host}:${Number(port)}`;
  return authority as Authority; // only this function makes the type
}

/** Returns the host in its one spelling; `undefined` for an invalid address or an empty name. */
function canonicalHost(sent: string): string | undefined {
  if (sent.startsWith('[')) return URL.parse(`http://${sent}`)?.hostname;
  const name = (sent.endsWith('.') ? sent.slice(0, -1) : sent).toLowerCase();
  return name === '' || name.endsWith('.') ? undefined : name;
}

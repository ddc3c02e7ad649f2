import {
  FORWARDING_HEADERS,
  type ProxiedSite,
  REMOVED_HEADERS,
  SECRET_PLACEHOLDER,
} from './proxied-site.ts';

/** All that a header's name may hold besides letters, digits and `-` (RFC 9110 section 5.6.2). */
const ODD_CHARACTERS = "_.!#$%&'*+^`|~";

/** Configures Caddy 2.11.2 or later; before it, `copy_headers` left a client's own header in place. */
export function caddyConfig({
  gateHost,
  hosts,
  port,
  upstream,
  identityHeaders,
}: ProxiedSite): string {
  const addresses = hosts.map((host) => (port === 443 ? host : `${host}:${port}`));
  const removed = [...REMOVED_HEADERS, ...FORWARDING_HEADERS, ...identityHeaders];
  return `${addresses.join(', ')} {
\t# In the order written: outside a route, Caddy removes headers only after it has asked the gate.
\troute {
\t\t# To some sites X_User_Id and X.User.Id are X-User-Id: removes every name with such a character (RFC 9110, token).
${[...ODD_CHARACTERS].map((character) => `\t\trequest_header -*${character}*`).join('\n')}
${removed.map((name) => `\t\trequest_header -${name}`).join('\n')}

\t\t# A client's "Connection: X-User-Id" would take the header away again, and an upgrade to h2c lead past the gate.
\t\t@websocket header_regexp Upgrade (?i)^websocket$
\t\t@other not header_regexp Upgrade (?i)^websocket$
\t\trequest_header @websocket Upgrade websocket
\t\trequest_header @websocket Connection Upgrade
\t\trequest_header @other -Upgrade
\t\trequest_header @other -Connection

\t\tforward_auth https://${gateHost} {
\t\t\turi /.postern/auth/forward
\t\t\theader_up Postern-Proxy-Secret "${SECRET_PLACEHOLDER}"
\t\t\tcopy_headers ${identityHeaders.join(' ')}
\t\t}

\t\t# The cookie of a renewed session, which forward_auth keeps back.
\t\tcopy_response_headers {
\t\t\tinclude Set-Cookie
\t\t}

\t\treverse_proxy ${upstream}
\t}
}
`;
}

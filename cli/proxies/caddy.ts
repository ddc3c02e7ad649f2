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
\t# A route keeps this order. Outside a route, Caddy would remove headers only after it has asked the gate.
\troute {
\t\t# Some sites read X_User_Id and X.User.Id as X-User-Id. These lines remove every name with such a character.
${[...ODD_CHARACTERS].map((character) => `\t\trequest_header -*${character}*`).join('\n')}
${removed.map((name) => `\t\trequest_header -${name}`).join('\n')}

\t\t# A client's "Connection: X-User-Id" would remove that header again. An upgrade to h2c would lead past the gate.
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

\t\t# forward_auth drops the cookie of a renewed session. This adds it to the response.
\t\tcopy_response_headers {
\t\t\tinclude Set-Cookie
\t\t}

\t\treverse_proxy ${upstream}
\t}
}
`;
}

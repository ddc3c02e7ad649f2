import { type ProxiedSite, REMOVED_HEADERS, SECRET_PLACEHOLDER } from './proxied-site.ts';

/** Configures Traefik 3: the static configuration, and after `---` the dynamic one. */
export function traefikConfig({
  gateHost,
  hosts,
  port,
  upstream,
  identityHeaders,
  cookieNames,
}: ProxiedSite): string {
  const [host = ''] = hosts;
  return `# traefik.yml
entryPoints:
  websecure:
    address: ":${port}"
providers:
  file:
    filename: /etc/traefik/postern.yml
---
# /etc/traefik/postern.yml
http:
  routers:
    site:
      rule: ${hosts.map((name) => `Host(\`${name}\`)`).join(' || ')}
      entryPoints: [websecure]
      middlewares: [postern]
      service: site
      tls: {}
  middlewares:
    postern:
      chain:
        middlewares: [postern-secret, postern-auth, postern-cleared]
    postern-secret:
      headers:
        customRequestHeaders:
          Postern-Proxy-Secret: "${SECRET_PLACEHOLDER}"
    postern-auth:
      forwardAuth:
        address: https://${gateHost}/.postern/auth/forward
        trustForwardHeader: false
        maxResponseBodySize: 65536
        authResponseHeaders:
${identityHeaders.map((name) => `          - ${name}`).join('\n')}
        # Removes names with such characters from the request: some sites read X_User_Id and X.User.Id as X-User-Id.
        authResponseHeadersRegex: "[^0-9A-Za-z-]"
        addAuthCookiesToResponse:
${cookieNames.map((name) => `          - ${name}`).join('\n')}
    postern-cleared:
      headers:
        customRequestHeaders:
          Postern-Proxy-Secret: ""
${REMOVED_HEADERS.map((name) => `          ${name}: ""`).join('\n')}
  services:
    site:
      loadBalancer:
        servers:
          - url: http://${upstream}
tls:
  certificates:
    - certFile: /etc/traefik/tls/${host}.crt
      keyFile: /etc/traefik/tls/${host}.key
`;
}

import {
  FORWARDING_HEADERS,
  type ProxiedSite,
  REMOVED_HEADERS,
  SECRET_PLACEHOLDER,
} from './proxied-site.ts';

const SET_HEADERS: readonly string[] = ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto'];
const OTHER_FORWARDING_HEADERS = FORWARDING_HEADERS.filter((name) => !SET_HEADERS.includes(name));

/** Configures nginx 1.22 or later, with `auth_request`. Belongs into `http { … }`. */
export function nginxConfig(site: ProxiedSite): string {
  const { gateHost, hosts, port, upstream, identityHeaders } = site;
  const [host = ''] = hosts;
  return `# Only WebSocket upgrades pass: an upgrade to h2c would open a tunnel past the gate.
map $http_upgrade $postern_upgrade {
  default        "";
  ~*^websocket$  websocket;
}
map $postern_upgrade $postern_connection {
  default        "";
  websocket      upgrade;
}

upstream postern {
  server ${gateHost}:443;
  keepalive 16;
}

server {
  listen ${port} ssl http2;
  server_name ${hosts.join(' ')};
  ssl_certificate     /etc/nginx/tls/${host}.crt;
  ssl_certificate_key /etc/nginx/tls/${host}.key;

  # Some sites read X_User_Id and X.User.Id as X-User-Id, so nginx drops such names.
  underscores_in_headers off;
  ignore_invalid_headers on;

  # Gates every location of this server, but not \`return\` and \`rewrite\`, which nginx runs before the gate.
  auth_request /_postern;
  auth_request_set $postern_status $upstream_status;
  auth_request_set $postern_set_cookie $upstream_http_set_cookie;
${identityHeaders.map((name) => `  auth_request_set ${variable(name)} $upstream_http_${folded(name)};`).join('\n')}
  error_page 401 403 = @postern_answer;
  error_page 500 = @postern_fault;

  # A location with its own add_header or proxy_set_header must repeat all of these.
  add_header Set-Cookie $postern_set_cookie always;
  proxy_http_version 1.1;
  proxy_set_header Host ${publicHost(site)};
  proxy_set_header Connection $postern_connection;
  proxy_set_header Upgrade $postern_upgrade;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Host ${publicHost(site)};
  proxy_set_header X-Forwarded-Proto $scheme;
${[...REMOVED_HEADERS, ...OTHER_FORWARDING_HEADERS].map((name) => `  proxy_set_header ${name} "";`).join('\n')}
${identityHeaders.map((name) => `  proxy_set_header ${name} ${variable(name)};`).join('\n')}

  location / {
    proxy_pass http://${upstream};
  }

  # Asks the gate for its verdict on a request.
  location = /_postern {
    internal;
${toGate(site)}
    proxy_pass https://postern/.postern/auth/nginx;
  }

  # Fetches the gate's answer to a refused request: a redirect to sign-in, a page, or JSON.
  location @postern_answer {
    auth_request off;
    if ($postern_status = 200) {
      add_header Set-Cookie $postern_set_cookie always;
      return 403;
    }
    # The gate's answer has its own Set-Cookie and WWW-Authenticate.
    add_header Set-Cookie "";
    proxy_hide_header WWW-Authenticate;
${toGate(site)}
    rewrite ^ /.postern/auth/nginx/answer? break;
    proxy_pass https://postern;
  }

  # Answers 503 if the gate cannot check the session or cannot be reached.
  location @postern_fault {
    auth_request off;
    if ($postern_status = 200) {
      return 500;
    }
    add_header Cache-Control "private, no-store" always;
    add_header Retry-After 2 always;
    return 503;
  }
}
`;
}

/** Directives that both locations share. */
function toGate(site: ProxiedSite): string {
  const { gateHost } = site;
  return `    proxy_method GET;
    proxy_pass_request_body off;
    proxy_ssl_server_name on;
    proxy_ssl_name ${gateHost};
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 3;
    proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
    proxy_set_header Host ${gateHost};
    proxy_set_header Connection "";
    proxy_set_header Content-Length "";
    proxy_set_header X-Original-Method $request_method;
    proxy_set_header X-Original-URL $scheme://${publicHost(site)}$request_uri;
    proxy_set_header Postern-Proxy-Secret "${SECRET_PLACEHOLDER}";`;
}

/** The host by which nginx chose the server; `$http_host` is another one in a request with an absolute URL. */
function publicHost({ port }: ProxiedSite): string {
  return port === 443 ? '$host' : `$host:${port}`;
}

function variable(name: string): string {
  return `$postern_${folded(name)}`;
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

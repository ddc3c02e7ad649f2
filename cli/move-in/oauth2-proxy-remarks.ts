// No I/O, no clock.
import type { Options } from './oauth2-proxy-options.ts';

/** The reason why an option does not map, and what to do. */
const NOT_MOVED: Readonly<Record<string, string>> = {
  api_routes:
    'Postern answers 401 to programs on every path, and redirects only navigations of browsers. So no setting is needed.',
  force_json_errors: 'programs get JSON on every path, and people get pages.',
  skip_jwt_bearer_tokens:
    'list the issuers in ISSUERS (docs/tokens.md): Kratos’s tokenizer or Keycard zones.',
  extra_jwt_issuers:
    'list the issuers in ISSUERS (docs/tokens.md): Kratos’s tokenizer or Keycard zones.',
  pass_access_token:
    'there is no access token of a provider. A rule with exchange sends a token for the origin (docs/tokens.md).',
  pass_authorization_header:
    'Postern signs an assertion of its own in X-Session-Assertion (docs/assertion.md). Set ASSERTION_KEYS.',
  set_authorization_header:
    'Postern signs an assertion of its own in X-Session-Assertion (docs/assertion.md). Set ASSERTION_KEYS.',
  basic_auth_password: 'Postern sends no Basic credentials to the origin.',
  set_basic_auth: 'Postern sends no Basic credentials.',
  htpasswd_file: 'accounts are Kratos’s. Import them there.',
  trusted_ips: 'Postern does not decide by address. Use a Cloudflare WAF rule.',
  provider: 'Kratos signs people in. Configure the provider there, as a method "oidc".',
  oidc_issuer_url: 'Kratos signs people in. Configure the provider there, as a method "oidc".',
  client_id: 'register the callback of Kratos at the provider.',
  client_secret: 'it belongs into Kratos’s configuration, and is not copied.',
  cookie_secret: 'Kratos issues the session cookie, so the secret is not needed and not copied.',
  cookie_name: 'the session cookie is Kratos’s. SESSION_COOKIE_NAMES names it.',
  cookie_domains: 'set session.cookie.domain in Kratos.',
  cookie_expire: 'set session.lifespan in Kratos.',
  cookie_refresh: 'Kratos extends sessions; Postern checks each one again after FRESH_SECONDS.',
  cookie_secure: 'Kratos sets the attributes of its cookie.',
  session_store_type: 'Kratos stores sessions. Postern needs no Redis.',
  redis_connection_url: 'Kratos stores sessions. Postern needs no Redis.',
  whitelist_domains: 'list the sites in selfservice.allowed_return_urls of Kratos.',
  reverse_proxy:
    'if nginx, Traefik, Caddy or Envoy stays in front, it asks Postern for the verdict (docs/forward-auth.md).',
  proxy_prefix: 'Postern’s own routes begin with /.postern/.',
  ping_path: 'use /.postern/health/alive.',
  ready_path: 'use /.postern/health/ready.',
  pass_host_header:
    'a Worker takes Host from the URL that it calls. ORIGIN_URL = PUBLIC_URL on a route keeps it (docs/deployment.md).',
  upstream_timeout: 'set ORIGIN_TIMEOUT_MS.',
  http_address: 'Cloudflare listens.',
  https_address: 'Cloudflare listens.',
  skip_provider_button: 'there is no page before the sign-in page.',
};
/** Options that the conversion reads itself, or that say no more than their default. */
const MOVED = [
  ...['skip_auth_routes', 'skip_auth_regex', 'skip_auth_preflight', 'email_domains', 'upstreams'],
  ...['authenticated_emails_file', 'allowed_groups', 'pass_basic_auth', 'pass_user_headers'],
  ...['prefer_email_to_user', 'set_xauthrequest', 'redirect_url', 'skip_auth_strip_headers'],
  ...['proxy_websockets'],
];

/** Returns a remark for each option that has no setting of Postern. It never has a value: one may be a secret. */
export function remarksOn(options: Options): string[] {
  return Object.entries(options).flatMap(([name, [value]]) => {
    if (MOVED.includes(name) || value === 'false') return [];
    return [`${name}: ${NOT_MOVED[name] ?? 'Postern has no such setting.'}`];
  });
}

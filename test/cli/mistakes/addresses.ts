/** Addresses and routes. */
import {
  both,
  error,
  GATED,
  KRATOS_IS_PUBLIC,
  type Mistake,
  ORIGIN_IS_PUBLIC,
  origin,
  rules,
  swap,
  TAG,
  tables,
  top,
  vars,
  warning,
} from './mistake.ts';

export const ADDRESSES_MISTAKES: Readonly<Record<string, Mistake>> = {
  'the shipped public URL': error(
    'PUBLIC_URL',
    swap('https://app.site.test', 'https://app.example.com'),
    /PUBLIC_URL: .*the example "app\.example\.com"/,
  ),
  'a placeholder in angle brackets': error(
    'ACCESS_TEAM',
    vars(
      'ACCESS_TEAM_DOMAIN = "https://<team>.cloudflareaccess.com"',
      `ACCESS_AUDIENCE = ["${TAG}"]`,
    ),
    /ACCESS_TEAM_DOMAIN/,
  ),
  'a placeholder in a cookie name': error(
    'SESSION_COOKIE_NAMES',
    vars('SESSION_COOKIE_NAMES = ["ory_session_your-project"]'),
    /SESSION_COOKIE_NAMES\.0: .*a placeholder/,
  ),
  'a placeholder in a route': error(
    'routes',
    top('routes = ["app.example.com/*"]'),
    /routes\.0.*example/,
  ),
  'the origin at the custom domain': error(
    'ORIGIN_URL',
    both(ORIGIN_IS_PUBLIC, top('routes = [{ pattern = "app.site.test", custom_domain = true }]')),
    /ORIGIN_URL equals PUBLIC_URL.*custom domain.*508.*Use a route/,
  ),
  'the origin at the public URL with strictly public fetch': error(
    'ORIGIN_URL',
    both(
      ORIGIN_IS_PUBLIC,
      top('compatibility_flags = ["global_fetch_strictly_public"]', 'routes = ["app.site.test/*"]'),
    ),
    /ORIGIN_URL.*global_fetch_strictly_public/,
  ),
  'the origin at the public URL with routes elsewhere': error(
    'ORIGIN_URL',
    both(ORIGIN_IS_PUBLIC, vars('HOSTS = ["b.site.test"]'), top('routes = ["b.site.test/*"]')),
    /ORIGIN_URL.*no route of this file has the host app\.site\.test/,
  ),
  'the origin at the public URL without routes': warning(
    'ORIGIN_URL',
    ORIGIN_IS_PUBLIC,
    /ORIGIN_URL.*has no route for app\.site\.test.*routes = /,
  ),
  'Kratos at the custom domain': error(
    'KRATOS_PUBLIC_URL',
    both(KRATOS_IS_PUBLIC, top('route = { pattern = "app.site.test", custom_domain = true }')),
    /KRATOS_PUBLIC_URL equals PUBLIC_URL.*no session can be checked/,
  ),
  'a route to another host': error(
    'routes',
    top('routes = ["app.site.test/*", "ap.site.test/*"]'),
    /routes\.1 \("ap\.site\.test\/\*"\).*421.*Did you mean "app\.site\.test"/,
  ),
  'a custom domain that is not configured': error(
    'routes',
    top('routes = [{ pattern = "www.site.test", custom_domain = true }]'),
    /routes\.0.*got www\.site\.test.*HOSTS/,
  ),
  'a route for a part of the site': warning(
    'routes',
    top('routes = ["app.site.test/admin/*"]'),
    /only for \/admin\/\*.*without the gate.*"app\.site\.test\/\*"/,
  ),
  'a host without a route': warning(
    'HOSTS',
    both(vars('HOSTS = ["b.site.test"]'), top('routes = ["app.site.test/*"]')),
    /HOSTS: no route of this file has the host b\.site\.test.*Add/,
  ),
  'both route and routes': error(
    'route = ',
    top('route = "app.site.test/*"', 'routes = ["app.site.test/*"]'),
    /route: expected either route or routes/,
  ),
  'a public URL over http': error(
    'PUBLIC_URL',
    swap('https://app.site.test', 'http://app.site.test'),
    /PUBLIC_URL: .*got "http:\/\/app\.site\.test"/,
  ),
  'a public URL with a path': error(
    'PUBLIC_URL',
    swap('https://app.site.test', 'https://app.site.test/a'),
    /PUBLIC_URL: /,
  ),
  'an origin with a path': error(
    'ORIGIN_URL',
    swap('https://origin.site.test', 'https://origin.site.test/app'),
    /ORIGIN_URL: /,
  ),
  'an origin with *': error(
    'ORIGIN_URL',
    swap('https://origin.site.test', 'https://*.site.test'),
    /ORIGIN_URL: /,
  ),
  'allowed origins with *': error(
    'ALLOWED_ORIGINS',
    vars('ALLOWED_ORIGINS = ["*"]'),
    /ALLOWED_ORIGINS\.0: expected an origin.*got "\*"/,
  ),
  'allowed origins with a pattern': error(
    'ALLOWED_ORIGINS',
    vars('ALLOWED_ORIGINS = ["https://*.site.test"]'),
    /ALLOWED_ORIGINS\.0: expected an origin/,
  ),
  'hosts with a scheme': error(
    'HOSTS',
    vars('HOSTS = ["https://b.site.test"]'),
    /HOSTS\.0: .*got "https:\/\/b\.site\.test"/,
  ),
  'hosts with *': error('HOSTS', vars('HOSTS = ["*.site.test"]'), /HOSTS\.0: /),
  'Kratos without a scheme': error(
    'KRATOS_PUBLIC_URL',
    swap('"https://auth.site.test"', '"auth.site.test"'),
    /KRATOS_PUBLIC_URL: .*got "auth\.site\.test"/,
  ),
  'an unknown origin': error(
    'origin = "apo"',
    both(
      origin('url = "https://api.site.test"'),
      rules(`path = "/api/*"\n${GATED}\norigin = "apo"`),
    ),
    /RULES\.1\.origin .*expected one of api; got "apo"\. Did you mean "api"\?/,
  ),
  'an origin before there is one': error(
    'origin = "api"',
    rules(`path = "/api/*"\n${GATED}\norigin = "api"`),
    /RULES\.1\.origin .*expected one of the names in ORIGINS/,
  ),
  'a misspelt member of an origin': error(
    'strip_prefx',
    origin('url = "https://api.site.test"', 'strip_prefx = "/api"'),
    /ORIGINS\.api\.strip_prefx: .*Did you mean "strip_prefix"\?/,
  ),
  'an origin without an address': error(
    '[vars.ORIGINS.api]',
    origin('timeout_ms = 500'),
    /ORIGINS\.api: expected an origin with url or binding/,
  ),
  'an origin of ORIGINS with a path': error(
    'url = ',
    origin('url = "https://api.site.test/v1"'),
    /ORIGINS\.api\.url: .*got "https:\/\/api\.site\.test\/v1"/,
  ),
  'an origin over http': error(
    'url = ',
    origin('url = "http://api.site.test"'),
    /ORIGINS\.api\.url: expected an https URL/,
  ),
  'an origin with a misspelt binding': error(
    'binding = "APPI"',
    both(
      origin('binding = "APPI"', 'hosts = ["app.site.test"]'),
      tables('[[services]]', 'binding = "API"', 'service = "api"'),
    ),
    /ORIGINS\.api\.binding: .*got "APPI"\. Did you mean "API"\?/,
  ),
  'an origin with a binding of another kind': error(
    'binding = "SESSIONS"',
    origin('binding = "SESSIONS"', 'hosts = ["app.site.test"]'),
    /ORIGINS\.api\.binding: expected a service binding.*got "SESSIONS", one of kv_namespaces/,
  ),
  'an origin with a host that the site does not have': error(
    'hosts = ["b.site.test"]',
    origin('url = "https://api.site.test"', 'hosts = ["b.site.test"]'),
    /ORIGINS\.api\.hosts\.0: expected the host of PUBLIC_URL or one of HOSTS.*got "b\.site\.test"/,
  ),
  'a prefix with a slash at its end': error(
    'strip_prefix',
    origin('url = "https://api.site.test"', 'strip_prefix = "/api/"'),
    /ORIGINS\.api\.strip_prefix: expected the first segments of a path, such as \/api; got "\/api\/"/,
  ),
  'a prefix that a rule does not have': error(
    'path = "/v1/*"',
    both(
      origin('url = "https://api.site.test"', 'strip_prefix = "/api"'),
      rules(`path = "/v1/*"\n${GATED}\norigin = "api"`),
    ),
    /RULES\.1\.path .*expected a path below \/api\/.*got "\/v1\/\*"/,
  ),
  'one server with two prefixes': error(
    'strip_prefix',
    both(
      origin('url = "https://origin.site.test"', 'strip_prefix = "/api"'),
      rules(`path = "/api/*"\n${GATED}\norigin = "api"`),
    ),
    /ORIGINS\.api\.strip_prefix: expected the strip_prefix of the origin of the site, which is the same server/,
  ),
  'two servers with one audience': error(
    'audience',
    both(
      origin('url = "https://api.site.test"', 'audience = "https://origin.site.test"'),
      rules(`path = "/api/*"\n${GATED}\norigin = "api"`),
    ),
    /ORIGINS\.api\.audience: expected another audience/,
  ),
  'an origin that gets no requests': warning(
    '[vars.ORIGINS.api]',
    origin('url = "https://api.site.test"'),
    /ORIGINS\.api: no request goes to this origin.*Write origin = "api" in a rule/,
  ),
  'the origin of the site once more': warning(
    '[vars.ORIGINS.api]',
    both(
      origin('url = "https://origin.site.test"'),
      rules(`path = "/api/*"\n${GATED}\norigin = "api"`),
    ),
    /ORIGINS\.api: this origin is ORIGIN_URL once more/,
  ),
  'an origin twice': warning(
    '[vars.ORIGINS.b]',
    both(
      origin(
        'url = "https://api.site.test"',
        '',
        '[vars.ORIGINS.b]',
        'url = "https://api.site.test/"',
      ),
      rules(`path = "/api/*"\n${GATED}\norigin = "api"`, `path = "/b/*"\n${GATED}\norigin = "b"`),
    ),
    /ORIGINS\.b: this origin is ORIGINS\.api once more/,
  ),
  'an origin at the custom domain': error(
    'url = ',
    both(
      origin('url = "https://app.site.test"'),
      rules(`path = "/api/*"\n${GATED}\norigin = "api"`),
      top('routes = [{ pattern = "app.site.test", custom_domain = true }]'),
    ),
    /ORIGINS\.api\.url equals PUBLIC_URL.*custom domain.*508.*Use a route/,
  ),
  'an origin at another host of the site': error(
    'url = ',
    both(
      vars('HOSTS = ["b.site.test"]'),
      origin('url = "https://b.site.test"', 'hosts = ["b.site.test"]'),
      top('routes = ["app.site.test/*", { pattern = "b.site.test", custom_domain = true }]'),
    ),
    /ORIGINS\.api\.url is b\.site\.test, a host of the site.*custom domain.*508/,
  ),
  'the site’s origin at another host of the site': error(
    'ORIGIN_URL',
    both(
      vars('HOSTS = ["b.site.test"]'),
      swap('https://origin.site.test', 'https://b.site.test'),
      top('routes = [{ pattern = "b.site.test", custom_domain = true }, "app.site.test/*"]'),
    ),
    /ORIGIN_URL is b\.site\.test, a host of the site.*508/,
  ),
  'no origin for a host': warning(
    '[vars.ORIGINS',
    both(
      swap(/ORIGIN_URL = .*/, ''),
      origin('url = "https://api.site.test"'),
      rules(`path = "/api/*"\n${GATED}\norigin = "api"`),
    ),
    /no origin has app\.site\.test in its hosts: a request there gets 404.*Set ORIGIN_URL/,
  ),
  'no site': warning('vars', swap(/ORIGIN_URL = .*/, ''), /gates no site.*Set one/),
};

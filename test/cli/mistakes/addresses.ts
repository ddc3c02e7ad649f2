/** Addresses and routes. */
import {
  both,
  error,
  KRATOS_IS_PUBLIC,
  type Mistake,
  ORIGIN_IS_PUBLIC,
  swap,
  TAG,
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
  'no site': warning('vars', swap(/ORIGIN_URL = .*/, ''), /gates no site.*Set one/),
};

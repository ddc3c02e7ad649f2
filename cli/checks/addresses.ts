// Pure: no I/O, no clock.
import type { Config } from '../../src/config/config.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { didYouMean } from '../spelling.ts';
import type { WranglerEnvironment, WranglerFields } from '../wrangler/environment.ts';
import type { Path } from '../wrangler/positioned-document.ts';
import { error, type Finding, warning } from './finding.ts';
import { checkOrigins } from './origins.ts';

/** A route of the Worker, as the platform matches it. */
interface Route {
  readonly pattern: string;
  readonly isCustomDomain: boolean;
  readonly path: Path;
}

/** Checks the URLs of the site against each other and against the routes of the Worker. */
export function checkAddresses(
  wrangler: WranglerEnvironment,
  config: Config | undefined,
): Finding[] {
  const found = findPlaceholders(wrangler);
  if (config === undefined) return found;
  const routes = routesOf(wrangler.fields);
  return [
    ...found,
    ...findLoops(wrangler, config, routes),
    ...findRouteProblems(config, routes),
    ...checkOrigins(wrangler, config),
  ];
}

/** RFC 2606 and RFC 6761: names that are nobody's. */
const RESERVED_HOST = /(?:^|\.)(?:example(?:\.(?:com|net|org))?|invalid)\.?$/i;
const BLANK = /…|<[a-z][\w -]*>|\bchange-?me\b|(?<![a-z])your[-_]\w+|\bTODO\b|\bxxx+\b/i;

/** Values that were left as an example shows them. */
function findPlaceholders({ fields }: WranglerEnvironment): Finding[] {
  const found: Finding[] = [];
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        visit(member, [...path, Array.isArray(value) ? Number(name) : name]);
      }
    }
    if (typeof value !== 'string') return;
    const host = hostIn(value);
    const isExample = host !== undefined && RESERVED_HOST.test(host);
    if (!isExample && !BLANK.test(value)) return;
    const name = path.slice(path[0] === 'vars' ? 1 : 0).join('.');
    const got = isExample ? `the example ${JSON.stringify(host)}` : 'a placeholder';
    found.push(
      error(
        `${name}: expected your own value; got ${got}. Write your own, or remove the line.`,
        path,
      ),
    );
  };
  for (const [name, value] of Object.entries(fields.vars ?? {})) {
    if (!FREE_TEXTS.has(name)) visit(value, ['vars', name]);
  }
  for (const { pattern, path } of routesOf(fields)) visit(pattern.replace(/\/.*/, ''), path);
  return found;
}

/** Settings whose texts are no addresses. A template is HTML, and a name may be any word. */
const FREE_TEXTS: ReadonlySet<string> = new Set([
  'IDENTITY_HEADERS',
  'ASSERTION_CLAIMS',
  'PAGE_TEMPLATE',
  'SITE_NAME',
]);

/** Returns the host of a URL, or of a text that is a host name; `undefined` for other texts. */
function hostIn(text: string): string | undefined {
  if (/^[a-z][a-z+.-]*:\/\//i.test(text)) return URL.parse(text)?.hostname;
  return /^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?$/i.test(text)
    ? text.replace(/:\d+$/, '')
    : undefined;
}

/** Returns the routes of an environment. */
function routesOf({ route, routes }: WranglerFields): Route[] {
  const all = [
    ...(route === undefined ? [] : [{ each: route, path: ['route'] as Path }]),
    ...(routes ?? []).map((each, index) => ({ each, path: ['routes', index] as Path })),
  ];
  return all.map(({ each, path }) =>
    typeof each === 'string'
      ? { pattern: each, isCustomDomain: false, path }
      : { pattern: each.pattern, isCustomDomain: each.custom_domain === true, path },
  );
}

/**
 * Reports calls that come back to the Worker. On a route, a Worker's call to the zone's own host goes to the origin of the zone.
 * Everywhere else it goes to the Worker again.
 */
function findLoops(
  { fields, bindings }: WranglerEnvironment,
  config: Config,
  routes: readonly Route[],
): Finding[] {
  const site = new SiteHosts(config.PUBLIC_URL, config.HOSTS);
  const isPublicOnly = (fields.compatibility_flags ?? []).includes('global_fetch_strictly_public');
  return callsOf(config).flatMap(({ name, path, url, binding, other, effect }) => {
    if (url === undefined) return [];
    const { origin, host } = new URL(url);
    if (!site.origins.includes(origin) || bindings.some((each) => each.name === binding)) return [];
    const subject = `${name} ${origin === config.PUBLIC_URL ? 'equals PUBLIC_URL' : `is ${host}, a host of the site (HOSTS)`}`;
    const remedy = `Use a route${isPublicOnly ? ' without that flag' : ''}, or set ${name} to another URL of ${other}.`;
    const loops = (cause: string) =>
      error(
        `${subject}, and ${cause}: the call comes back to the Worker, and ${effect} (loop_detected). ${remedy}`,
        path,
      );
    if (routes.some((route) => route.isCustomDomain && route.pattern === host)) {
      return [loops(`${host} is a custom domain of this Worker`)];
    }
    if (isPublicOnly) return [loops('the compatibility flag global_fetch_strictly_public is set')];
    if (routes.some((route) => !route.isCustomDomain && coversHost(route, host))) return [];
    return routes.length > 0
      ? [loops(`no route of this file has the host ${host}`)]
      : [
          warning(
            `${subject}, and this file has no route for ${host}. That URL reaches ${other} only from a route; with a custom domain, ${effect}. Write the route into routes = ["${host}/*"], so that it is checked.`,
            path,
          ),
        ];
  });
}

/** The URLs that the Worker calls, each with the binding through which it would be called instead. */
function callsOf({ ORIGIN_URL, KRATOS, ORIGINS }: Config) {
  const origin = { other: 'the origin', effect: 'every page gets 508' };
  const kratos = { other: 'Kratos', effect: 'no session can be checked' };
  return [
    {
      name: 'ORIGIN_URL',
      path: ['vars', 'ORIGIN_URL'],
      url: ORIGIN_URL,
      binding: 'ORIGIN',
      ...origin,
    },
    {
      name: 'KRATOS_PUBLIC_URL',
      path: ['vars', 'KRATOS_PUBLIC_URL'],
      url: KRATOS?.publicUrl,
      binding: 'KRATOS',
      ...kratos,
    },
    ...[...ORIGINS].map(([name, { url, binding }]) => ({
      name: `ORIGINS.${name}.url`,
      path: ['vars', 'ORIGINS', name, 'url'],
      url,
      binding,
      ...origin,
      effect: 'every page of this origin gets 508',
    })),
  ];
}

function findRouteProblems({ PUBLIC_URL, HOSTS }: Config, routes: readonly Route[]): Finding[] {
  const hosts = new SiteHosts(PUBLIC_URL, HOSTS).authorities.map((host) =>
    host.replace(/:\d+$/, ''),
  );
  const found = routes.flatMap((route) => {
    const name = `${route.path.join('.')} (${JSON.stringify(route.pattern)})`;
    const served = hosts.filter((host) => coversHost(route, host));
    if (served.length === 0) {
      const host = hostOfPattern(route.pattern);
      return [
        error(
          `${name}: expected a route to a host of PUBLIC_URL or HOSTS (${hosts.join(', ')}); got ${host}. Every request for it gets 421.${didYouMean(host, hosts)} Add the host to HOSTS, or remove the route.`,
          route.path,
        ),
      ];
    }
    const path = pathOfPattern(route.pattern);
    if (route.isCustomDomain || path === '/*' || path === '*') return [];
    return [
      warning(
        `${name}: this route is only for ${path}. Every other path of ${served.join(', ')} reaches the origin without the gate. Write "${hostOfPattern(route.pattern)}/*" if the whole site should be gated.`,
        route.path,
      ),
    ];
  });
  if (routes.length === 0) return found;
  const unreached = hosts.filter((host) => !routes.some((route) => coversHost(route, host)));
  return [
    ...found,
    ...unreached.map((host) =>
      warning(
        `${host === hosts[0] ? 'PUBLIC_URL' : 'HOSTS'}: no route of this file has the host ${host}. Its requests do not pass the gate. Add "${host}/*" to routes.`,
      ),
    ),
  ];
}

function hostOfPattern(pattern: string): string {
  return pattern
    .replace(/^https?:\/\//, '')
    .replace(/\/.*/, '')
    .replace(/\*$/, (star) => (pattern.includes('/') ? star : ''));
}

/** Returns the part of a pattern that is for the path. A pattern without one is for `/` alone; `app.example.com*` for all. */
function pathOfPattern(pattern: string): string {
  const rest = pattern.replace(/^https?:\/\//, '');
  const slash = rest.indexOf('/');
  if (slash >= 0) return rest.slice(slash);
  return rest.endsWith('*') ? '*' : '/';
}

/** Tells whether requests for a host come to a route. A `*` at the beginning of the pattern stands for any text. */
function coversHost({ pattern }: Route, host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  const wanted = hostOfPattern(pattern).toLowerCase().replace(/:\d+$/, '');
  return wanted.startsWith('*') ? name.endsWith(wanted.slice(1)) : name === wanted;
}

// Pure: no I/O, no clock.
import type { Config } from '../../src/config/config.ts';
import type { NamedOrigin } from '../../src/config/origin-settings.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import type { WranglerEnvironment } from '../wrangler/environment.ts';
import { error, type Finding, warning } from './finding.ts';

/** Fields of a wrangler file whose bindings can be called with a request. */
const CALLABLE = ['services', 'assets', 'mtls_certificates', 'vpc_services', 'vpc_networks'];

/** Checks which origins the site has, and whether requests lead to each of them. */
export function checkOrigins(wrangler: WranglerEnvironment, config: Config): Finding[] {
  return [
    ...findMissingOrigin(wrangler, config),
    ...[...config.ORIGINS].flatMap(([name, origin]) => [
      ...findWrongBinding(wrangler, name, origin),
      ...findIdleOrigin(config, name, origin),
      ...findSameOrigin(config, name, origin),
    ]),
  ];
}

/** Reports requests for which there is no origin, and an origin that is written in two ways. */
function findMissingOrigin(
  { bindings }: WranglerEnvironment,
  { PUBLIC_URL, HOSTS, ORIGIN_URL, ORIGINS }: Config,
): Finding[] {
  const isBound = bindings.some(({ name }) => name === 'ORIGIN');
  if (ORIGIN_URL !== undefined) {
    return isBound
      ? [
          warning(
            'ORIGIN_URL and the service binding ORIGIN are both set: the site gets ORIGIN_URL and its host. Remove ORIGIN_URL if the site should get the public URL.',
          ),
        ]
      : [];
  }
  if (isBound) return [];
  if (ORIGINS.size === 0) {
    return [
      warning(
        'ORIGIN_URL and the service binding ORIGIN are both missing: Postern gates no site, and answers only its own routes. Set one of them if there is a site.',
        ['vars'],
      ),
    ];
  }
  const taken = [...ORIGINS.values()].flatMap(({ hosts }) => hosts);
  const left = new SiteHosts(PUBLIC_URL, HOSTS).authorities.filter((host) => !taken.includes(host));
  return left.length === 0
    ? []
    : [
        warning(
          `ORIGIN_URL and the service binding ORIGIN are both missing, and no origin has ${left.join(', ')} in its hosts: a request there gets 404, unless its rule names an origin. Set ORIGIN_URL, or add hosts to an origin, if these hosts have other pages.`,
          ['vars', 'ORIGINS'],
        ),
      ];
}

function findWrongBinding(
  { bindings }: WranglerEnvironment,
  name: string,
  { binding }: NamedOrigin,
): Finding[] {
  const found = bindings.find((each) => each.name === binding);
  if (found === undefined || CALLABLE.includes(found.field)) return [];
  return [
    error(
      `ORIGINS.${name}.binding: expected a service binding ([[services]]); got ${JSON.stringify(binding)}, one of ${found.field}, which takes no requests. Name a service binding, or use url.`,
      ['vars', 'ORIGINS', name, 'binding'],
    ),
  ];
}

function findIdleOrigin({ RULES }: Config, name: string, { hosts }: NamedOrigin): Finding[] {
  if (hosts.length > 0 || RULES.some(({ origin }) => origin === name)) return [];
  return [
    warning(
      `ORIGINS.${name}: no request goes to this origin. Write origin = ${JSON.stringify(name)} in a rule, or add hosts to the origin, or remove it.`,
      ['vars', 'ORIGINS', name],
    ),
  ];
}

/** Reports an origin that differs from another by its name alone. */
function findSameOrigin(config: Config, name: string, origin: NamedOrigin): Finding[] {
  const { ORIGIN_URL, ORIGIN_TIMEOUT_MS, ORIGINS } = config;
  const facts = ({ hosts: _hosts, ...others }: NamedOrigin) => JSON.stringify(others);
  const [twin] = [...ORIGINS].find(([, each]) => facts(each) === facts(origin)) ?? [name];
  const isMain =
    ORIGIN_URL !== undefined &&
    origin.binding === undefined &&
    origin.url === ORIGIN_URL &&
    origin.timeoutMs === ORIGIN_TIMEOUT_MS;
  if (twin === name && !isMain) return [];
  const [other, remedy] = isMain
    ? ['ORIGIN_URL', 'Leave origin out of the rules, and remove this origin.']
    : [`ORIGINS.${twin}`, 'Use one name for both.'];
  return [
    warning(`ORIGINS.${name}: this origin is ${other} once more. ${remedy}`, [
      'vars',
      'ORIGINS',
      name,
    ]),
  ];
}

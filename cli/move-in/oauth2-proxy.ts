// No I/O, no clock.
import { METHOD_NAMES } from '../../src/config/setting-types.ts';
import { type Given, type MovedRule, type MovedSite, NOBODY } from './moved-site.ts';
import type { Options } from './oauth2-proxy-options.ts';
import { remarksOn } from './oauth2-proxy-remarks.ts';
import { bySpeciality, narrowness, patternsOfRegExp } from './path-patterns.ts';

const METHOD = /^([A-Za-z]*)(!?=)(.*)$/s;

/** Converts the options of oauth2-proxy. No path becomes open that needed a session before. */
export function moveOauth2Proxy(options: Options, given: Given): MovedSite {
  const has = (name: string) => isTrue(options[name]?.[0]);
  const allow = conditionOf(options);
  const remarks = [...remarksOn(options)];
  const opened = [
    ...(options.skip_auth_regex ?? []).map((path) => ({ method: '', isNegated: false, path })),
    ...(options.skip_auth_routes ?? []).map(readRoute),
  ];
  const rules = [
    ...(has('skip_auth_preflight') ? [PREFLIGHT] : []),
    ...opened
      .filter(({ isNegated }) => !isNegated)
      .flatMap((route) => openRules(route, remarks))
      .sort((a, b) => bySpeciality(a.path, b.path)),
    ...negatedRules(opened, allow, remarks),
  ];
  if (allow !== undefined) {
    rules.push({ remarks: allow.remarks, path: '/*', session: 'required', allow: allow.text });
  }
  const callback = URL.parse(options.redirect_url?.[0] ?? '');
  return {
    publicUrl: given.publicUrl ?? callback?.origin,
    hosts: [],
    kratosUrl: given.kratosUrl,
    originUrl: given.originUrl ?? originOf(options, remarks),
    cookieNames: [],
    loginUrl: undefined,
    identityHeaders: headersOf(options),
    rules,
    remarks,
  };
}

interface SkippedRoute {
  /** Empty for all methods. */
  readonly method: string;
  /** Every path but those of the expression. */
  readonly isNegated: boolean;
  readonly path: string;
}

/** Reads `method=path_regex`, `method!=path_regex`, `path_regex` or `!=path_regex`. */
function readRoute(text: string): SkippedRoute {
  const [, method = '', sign = '', path = text] = METHOD.exec(text) ?? [];
  return { method: method.toUpperCase(), isNegated: sign === '!=', path };
}

const PREFLIGHT: MovedRule = {
  remarks: ['skip_auth_preflight: OPTIONS needs no session.'],
  path: '/*',
  methods: ['OPTIONS'],
  session: 'none',
};

/** A skipped route needs no session, and has the headers of a session if there is one. */
function openRules(route: SkippedRoute, remarks: string[]): MovedRule[] {
  const { method, path } = route;
  const text = method === '' ? path : `${method}=${path}`;
  const moved = patternsOfRegExp(path);
  if (!moved.ok) {
    remarks.push(
      `the route ${text}: ${moved.failure}. Its paths need a session until you write a rule.`,
    );
    return [];
  }
  if (!isMethod(method)) {
    remarks.push(`the route ${text}: Postern answers the method ${method} with 405.`);
    return [];
  }
  const { patterns, fit, dropped } = moved.value;
  const notes = [
    `The skipped route ${text}`,
    ...(fit === 'wider'
      ? [
          'Not moved: these patterns also match other paths, so they stay closed. Remove the "#" if that is meant.',
        ]
      : []),
    ...(fit === 'narrower'
      ? [`Other paths of the route need a session: ${narrowness(dropped)}.`]
      : []),
  ];
  return patterns.map((pattern) => ({
    remarks: notes,
    path: pattern,
    methods: method === '' ? undefined : [method],
    session: 'optional',
    isProposal: fit === 'wider',
  }));
}

/** `!=path` opens every path but these, so these come first and need a session. */
function negatedRules(
  routes: readonly SkippedRoute[],
  allow: Condition | undefined,
  remarks: string[],
): MovedRule[] {
  const negated = routes.filter(({ isNegated }) => isNegated);
  const [route] = negated;
  if (route === undefined) return [];
  const { method, path } = route;
  const text = `${method}!=${path}`;
  const moved = patternsOfRegExp(path);
  if (negated.length > 1 || !moved.ok || moved.value.fit === 'narrower' || !isMethod(method)) {
    const why =
      negated.length > 1
        ? 'there are several'
        : moved.ok
          ? 'rules would close fewer paths'
          : moved.failure;
    remarks.push(`the route ${text}: ${why}. All paths need a session until you write rules.`);
    return [];
  }
  const methods = method === '' ? undefined : [method];
  const closed = moved.value.patterns.map(
    (pattern): MovedRule => ({
      remarks: [`The skipped route ${text} opens every path but these.`],
      path: pattern,
      methods,
      session: 'required',
      allow: allow?.text,
    }),
  );
  return [...closed, { remarks: [], path: '/*', methods, session: 'optional' }];
}

function isMethod(name: string): boolean {
  return name === '' || METHOD_NAMES.some((known) => known === name);
}

interface Condition {
  readonly text: string;
  readonly remarks: readonly string[];
}

/** Converts the restrictions to people: `email_domains`, `authenticated_emails_file` and `allowed_groups`. */
function conditionOf(options: Options): Condition | undefined {
  const domains = (options.email_domains ?? []).filter((domain) => domain !== '');
  const isAnyone = domains.includes('*');
  const groups = options.allowed_groups ?? [];
  const conditions: string[] = [];
  const remarks: string[] = [];
  if (!isAnyone && domains.length > 0) {
    remarks.push(`email_domains: ${domains.join(', ')}. Only verified addresses count.`);
    const ends = domains.map((domain) => `a.value.endsWith(${JSON.stringify(endingOf(domain))})`);
    const isOne = ends.length === 1 ? ends[0] : `(${ends.join(' || ')})`;
    conditions.push(
      `has(session.identity.verifiable_addresses) && session.identity.verifiable_addresses.exists(a, a.verified && ${isOne})`,
    );
  } else if (!isAnyone) {
    remarks.push(
      options.authenticated_emails_file === undefined
        ? 'oauth2-proxy lets no address in without email_domains. Write email_domains = ["*"], or a condition.'
        : 'Not moved: authenticated_emails_file. List the addresses in a condition; until then no session is let through.',
    );
    conditions.push(NOBODY);
  }
  if (groups.length > 0) {
    remarks.push(
      'allowed_groups: an administrator has to write the groups into metadata_public.groups.',
    );
    conditions.push(
      `has(session.identity.metadata_public.groups) && session.identity.metadata_public.groups.exists(g, g in ${JSON.stringify(groups)})`,
    );
  }
  return conditions.length === 0 ? undefined : { text: conditions.join(' && '), remarks };
}

/** A domain with "." or "*." before it allows its subdomains only. */
function endingOf(domain: string): string {
  if (domain.startsWith('*.')) return domain.slice(1);
  return domain.startsWith('.') ? domain : `@${domain}`;
}

/** The headers for the upstream, which `pass_basic_auth` and `pass_user_headers` send unless both are false. */
function headersOf(options: Options): Record<string, string> {
  const passes = ['pass_basic_auth', 'pass_user_headers'].some((name) =>
    isTrue(options[name]?.[0] ?? 'true'),
  );
  const prefersEmail = isTrue(options.prefer_email_to_user?.[0]);
  const user = prefersEmail ? 'identity.traits.email' : 'identity.id';
  const forUpstream = {
    'X-Forwarded-Groups': 'identity.metadata_public.groups',
    'X-Forwarded-User': user,
    ...(!prefersEmail && { 'X-Forwarded-Email': 'identity.traits.email' }),
    'X-Forwarded-Preferred-Username': 'identity.traits.username',
  };
  const forNginx = {
    'X-Auth-Request-User': 'identity.id',
    'X-Auth-Request-Email': 'identity.traits.email',
    'X-Auth-Request-Preferred-Username': 'identity.traits.username',
    'X-Auth-Request-Groups': 'identity.metadata_public.groups',
  };
  return {
    ...(passes && forUpstream),
    ...(isTrue(options.set_xauthrequest?.[0]) && forNginx),
  };
}

function originOf({ upstreams = [] }: Options, remarks: string[]): string | undefined {
  const urls = upstreams.flatMap((text) => URL.parse(text) ?? []);
  const sites = urls.filter(({ protocol }) => /^https?:$/.test(protocol));
  const [first] = sites;
  for (const { protocol, href } of urls.filter((url) => !sites.includes(url))) {
    remarks.push(
      `the upstream ${href}: Postern has no ${protocol} upstreams. Serve files from Workers Assets (docs/deployment.md).`,
    );
  }
  if (new Set(sites.map(({ origin }) => origin)).size > 1) {
    remarks.push(
      `several upstreams (${sites.map(({ href }) => href).join(', ')}): ORIGIN_URL is the first. Name the others in ORIGINS, and write origin into rules for their paths (docs/rules.md).`,
    );
  }
  if (first !== undefined && isLocal(first.hostname)) {
    remarks.push(
      `the upstream ${first.href}: a Worker cannot reach it. Give the site a public name, for example by a Cloudflare Tunnel.`,
    );
    return undefined;
  }
  return first?.origin;
}

/** Whether a name is of one machine or network only. */
function isLocal(hostname: string): boolean {
  return (
    !hostname.includes('.') ||
    /^(?:127|10|192\.168|169\.254)\.|^172\.(?:1[6-9]|2\d|3[01])\.|^\[|\.(?:internal|local|localhost)$/.test(
      hostname,
    )
  );
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1' || text === 't';
}

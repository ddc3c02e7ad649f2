// No I/O, no clock.
import * as v from 'valibot';
import { METHOD_NAMES } from '../../src/config/setting-types.ts';
import { failed, type Result, success } from '../../src/runtime/result.ts';
import { type Given, type MovedRule, type MovedSite, NOBODY } from './moved-site.ts';
import { isHeaderName, placeOf } from './oathkeeper-headers.ts';
import { readUrlPattern, type UrlPattern } from './oathkeeper-url.ts';
import { bySpeciality, narrowness } from './path-patterns.ts';

const Handler = v.object({
  handler: v.string(),
  config: v.optional(v.record(v.string(), v.unknown()), {}),
});
/** An access rule (https://www.ory.com/docs/oathkeeper/api-access-rules). */
const AccessRule = v.object({
  id: v.string(),
  match: v.object({ url: v.string(), methods: v.optional(v.array(v.string()), []) }),
  authenticators: v.optional(v.array(Handler), []),
  authorizer: v.optional(Handler, { handler: 'deny' }),
  mutators: v.optional(v.array(Handler), []),
  errors: v.optional(v.array(Handler), []),
  upstream: v.optional(
    v.object({
      url: v.optional(v.string()),
      preserve_host: v.optional(v.boolean()),
      strip_path: v.optional(v.string()),
    }),
    {},
  ),
});
type AccessRule = v.InferOutput<typeof AccessRule>;

/** Handlers that ask a session store of cookies or tokens, as Postern asks Kratos. */
const SESSION_HANDLERS = ['cookie_session', 'bearer_token'];
const OPEN_HANDLERS = ['noop', 'anonymous'];

/** Converts the access rules of Oathkeeper. No path becomes open that needed a session before. */
export function moveOathkeeper(
  rules: unknown,
  strategy: 'regexp' | 'glob',
  given: Given,
): Result<MovedSite, string> {
  const parsed = v.safeParse(v.array(AccessRule), rules);
  if (!parsed.success) return failed(`not a list of access rules: ${v.summarize(parsed.issues)}`);
  const remarks = new Set<string>();
  const moved: MovedRule[] = [];
  const hosts = new Map<string, string>();
  for (const rule of parsed.output) {
    const url = readUrlPattern(rule.match.url, strategy);
    if (!url.ok) {
      remarks.add(
        `the access rule "${rule.id}" (${rule.match.url}): ${url.failure}. Its paths are closed until you write a rule for them.`,
      );
      continue;
    }
    for (const host of url.value.hosts) hosts.set(host, url.value.scheme);
    moved.push(...rulesOf(rule, url.value, remarks));
  }
  const [first] = hosts;
  const publicUrl = given.publicUrl ?? (first && `${first[1]}://${first[0]}`);
  const others = [...hosts.keys()].filter((host) => `${hosts.get(host)}://${host}` !== publicUrl);
  const isOneHost = others.length === 0;
  const finished = finish(isOneHost ? moved.map((rule) => ({ ...rule, host: undefined })) : moved, [
    ...hosts.keys(),
  ]);
  return success({
    publicUrl,
    hosts: others,
    kratosUrl: given.kratosUrl ?? kratosUrlOf(parsed.output),
    originUrl: given.originUrl ?? originOf(parsed.output, remarks),
    cookieNames: [...new Set(parsed.output.flatMap(cookieNamesOf))],
    loginUrl: loginUrlOf(parsed.output, remarks),
    identityHeaders: headersOf(parsed.output, remarks),
    rules: finished,
    remarks: [...remarks],
  });
}

function rulesOf(
  rule: AccessRule,
  { paths, hosts }: UrlPattern,
  remarks: Set<string>,
): MovedRule[] {
  const requirement = requirementOf(rule);
  const opens = requirement.session !== 'required';
  const isProposal = opens && paths.fit === 'wider';
  const notes = [
    `Oathkeeper's access rule "${rule.id}": ${rule.match.url}`,
    ...requirement.notes,
    ...(isProposal
      ? [
          'Not moved: these patterns also match other paths, so they stay closed. Remove the "#" if that is meant.',
        ]
      : []),
    ...(paths.fit === 'wider' && !opens
      ? [
          'These patterns also match other paths, at which Oathkeeper answers 404. They need a session too.',
        ]
      : []),
    ...(paths.fit === 'narrower'
      ? [`Other paths of the access rule stay closed: ${narrowness(paths.dropped)}.`]
      : []),
  ];
  const methods = rule.match.methods.filter((name) => METHOD_NAMES.some((known) => known === name));
  for (const name of rule.match.methods.filter((each) => !methods.includes(each))) {
    remarks.add(`the method ${name} of the access rule "${rule.id}": Postern answers it with 405.`);
  }
  if (methods.length === 0) return [];
  return paths.patterns.flatMap((path) =>
    (hosts.length === 0 ? [undefined] : hosts).map((host) => ({
      remarks: notes,
      host,
      path,
      methods,
      session: requirement.session,
      scopes: requirement.scopes,
      allow: requirement.allow,
      isProposal,
    })),
  );
}

interface Requirement {
  readonly session: MovedRule['session'];
  readonly allow?: string;
  readonly scopes?: readonly string[];
  readonly notes: readonly string[];
}

/** Converts authenticators and the authorizer. The first authenticator that succeeds decides. */
function requirementOf({ authenticators, authorizer }: AccessRule): Requirement {
  const names = authenticators.map(({ handler }) => handler);
  const notes = names.filter((name) => !isMoved(name)).map(authenticatorNote);
  const isAllowed = authorizer.handler === 'allow';
  if (!isAllowed && authorizer.handler !== 'deny') {
    notes.push(
      `Not moved: the authorizer "${authorizer.handler}", which asks another service. Write its decision as a condition over the session (allow); until then no session is let through.`,
    );
  }
  if (!isAllowed || names.length === 0 || names[0] === 'unauthorized')
    return { session: 'required', allow: NOBODY, notes };
  const openAt = names.findIndex((name) => OPEN_HANDLERS.includes(name));
  if (openAt === 0) return { session: 'none', notes };
  if (openAt > 0) return { session: 'optional', notes };
  const scopes = authenticators.flatMap(({ config }) => textsOf(config.required_scope));
  return { session: 'required', ...(scopes.length > 0 && { scopes }), notes };
}

function isMoved(name: string): boolean {
  return [...SESSION_HANDLERS, ...OPEN_HANDLERS, 'unauthorized'].includes(name);
}

function authenticatorNote(name: string): string {
  if (name === 'jwt') {
    return 'Not moved: the issuers of the authenticator "jwt". List Kratos’s tokenizer or a Keycard zone in ISSUERS (docs/tokens.md).';
  }
  return `Not moved: the authenticator "${name}". Postern accepts sessions of Kratos, and JWTs of ISSUERS.`;
}

/** Sorts the rules, drops repeated ones, and closes all other requests, as Oathkeeper does with 404. */
function finish(rules: readonly MovedRule[], hosts: readonly string[]): MovedRule[] {
  const seen = new Set<string>();
  const unique = rules.filter(({ path, host, methods, isProposal }) => {
    const key = JSON.stringify([path, host, methods, isProposal]);
    return !seen.has(key) && seen.add(key);
  });
  const sorted = [...unique].sort((a, b) => bySpeciality(a.path, b.path));
  const closesAll = (host: string) =>
    sorted.some(
      (rule) => rule.path === '/*' && rule.methods === undefined && (rule.host ?? host) === host,
    );
  if (hosts.length > 0 && hosts.every(closesAll)) return sorted;
  const remarks = [
    'Oathkeeper answers 404 to a request without an access rule. Postern would let every session through, so this rule lets none through.',
  ];
  return [...sorted, { remarks, path: '/*', session: 'required', allow: NOBODY }];
}

function kratosUrlOf(rules: readonly AccessRule[]): string | undefined {
  for (const { authenticators } of rules) {
    for (const { config } of authenticators) {
      const url = textsOf(config.check_session_url)[0];
      if (url?.endsWith('/sessions/whoami')) return url.slice(0, -'/sessions/whoami'.length);
    }
  }
  return undefined;
}

function cookieNamesOf({ authenticators }: AccessRule): string[] {
  return authenticators.flatMap(({ handler, config }) =>
    handler === 'cookie_session' ? textsOf(config.only) : [],
  );
}

function originOf(rules: readonly AccessRule[], remarks: Set<string>): string | undefined {
  const urls = rules.flatMap(({ upstream: { url } }) =>
    url === undefined ? [] : [URL.parse(url)],
  );
  const origins = [...new Set(urls.flatMap((url) => (url === null ? [] : [url.origin])))];
  if (origins.length > 1) {
    remarks.add(
      `several upstreams (${origins.join(', ')}): ORIGIN_URL is the first. Name the others in ORIGINS, and write origin into their rules (docs/rules.md).`,
    );
  }
  if (rules.some(({ upstream }) => upstream.strip_path !== undefined)) {
    remarks.add(
      'strip_path: name the origin in ORIGINS with strip_prefix, and write origin into its rules (docs/rules.md).',
    );
  }
  if (urls.some((url) => url !== null && url.pathname !== '/')) {
    remarks.add('the path of an upstream URL: the origin gets the path as the client sent it.');
  }
  if (rules.some(({ upstream }) => upstream.preserve_host === true)) {
    remarks.add(
      'preserve_host: a Worker takes Host from the URL that it calls. ORIGIN_URL = PUBLIC_URL on a route keeps it (docs/deployment.md).',
    );
  }
  return origins[0];
}

function loginUrlOf(rules: readonly AccessRule[], remarks: Set<string>): string | undefined {
  const handlers = rules.flatMap(({ errors }) => errors);
  for (const { handler } of handlers.filter(
    ({ handler: name }) => !/^(?:json|redirect)$/.test(name),
  )) {
    remarks.add(
      `the error handler "${handler}": Postern redirects browsers, and answers programs in JSON.`,
    );
  }
  const redirects = handlers.filter(({ handler }) => handler === 'redirect');
  const targets = [...new Set(redirects.flatMap(({ config }) => textsOf(config.to)))];
  if (targets.length > 1) {
    remarks.add(`redirects to several pages (${targets.join(', ')}): Postern has one LOGIN_URL.`);
  }
  if (
    redirects.some(({ config }) => (config.return_to_query_param ?? 'return_to') !== 'return_to')
  ) {
    remarks.add('return_to_query_param: Postern’s redirects have the page in return_to.');
  }
  return targets.find((url) => /^https?:/.test(url));
}

function headersOf(rules: readonly AccessRule[], remarks: Set<string>): Record<string, string> {
  const headers = new Map<string, string>();
  for (const { id, mutators } of rules) {
    for (const { handler, config } of mutators) {
      if (handler === 'header') addHeaders(id, config.headers, headers, remarks);
      else if (handler === 'id_token') {
        remarks.add(
          'the mutator "id_token": Postern signs an assertion of its own in X-Session-Assertion (docs/assertion.md). Set ASSERTION_KEYS.',
        );
      } else if (handler !== 'noop') {
        remarks.add(`the mutator "${handler}" of the access rule "${id}".`);
      }
    }
  }
  if (headers.size > 0) {
    remarks.add(
      'headers for some rules only: every signed-in request has the headers of IDENTITY_HEADERS. identity_headers in a rule replaces them.',
    );
  }
  return Object.fromEntries(headers);
}

function addHeaders(
  id: string,
  config: unknown,
  headers: Map<string, string>,
  remarks: Set<string>,
): void {
  const named = v.safeParse(v.record(v.string(), v.unknown()), config);
  for (const [name, template] of Object.entries(named.success ? named.output : {})) {
    const place = placeOf(String(template));
    if (place === undefined || !isHeaderName(name)) {
      remarks.add(
        `the header ${name} of the access rule "${id}": ${String(template)} is no single place in a session.`,
      );
    } else if ((headers.get(name) ?? place) !== place) {
      remarks.add(
        `the header ${name} of the access rule "${id}": another rule gives it another value.`,
      );
    } else headers.set(name, place);
  }
}

function textsOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((each) => typeof each === 'string');
}

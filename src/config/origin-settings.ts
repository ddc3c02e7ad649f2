// Pure: no I/O, no clock. Settings for further origins, and how rules and hosts depend on them.
import * as v from 'valibot';
import type { Authority } from '../http/authority.ts';
import { SiteHosts } from '../http/site-hosts.ts';
import type { StrippedPrefix } from '../http/strip-prefix.ts';
import { compilePathPattern } from '../rules/path-pattern.ts';
import type { RuleSettings } from '../rules/rules.ts';
import { hostName, json, listOf, originUrl, wholeNumber } from './setting-types.ts';

const PREFIX = 'the first segments of a path, such as /api';
const AUDIENCE = '1 to 256 visible ASCII characters';
const BINDING = 'the name of a binding of this Worker, such as API';
const TABLE = 'a table of name = origin';
const NAME = 'names of 1 to 32 letters, digits, "-" and "_"';

/** The deadline for the response headers of an origin. */
export const originTimeout = () => wholeNumber('milliseconds', 100, 100_000);

const prefix = v.pipe(
  v.string(PREFIX),
  v.rawTransform(({ dataset, addIssue, NEVER }): StrippedPrefix => {
    const pattern = compilePathPattern(dataset.value);
    const segments = pattern.ok ? pattern.value.segments : [];
    const literals = segments.flatMap((each) =>
      typeof each === 'object' && each.literal !== '' ? [each.literal] : [],
    );
    if (literals.length > 0 && literals.length === segments.length) {
      const { pathname: text } = new URL(`http://host${dataset.value}`);
      return { text, segments: literals };
    }
    addIssue({ message: PREFIX });
    return NEVER;
  }),
);

const members = {
  /**
   * Scheme, host and port of the origin, as in `ORIGIN_URL`. With `binding` it may be left out: the origin then gets
   * the public URL of the requested host.
   */
  url: v.optional(originUrl()),
  /**
   * The name of a service binding of this Worker, through which the origin is called. Without it, `url` is called
   * over the network.
   */
  binding: v.optional(v.pipe(v.string(BINDING), v.regex(/^[A-Za-z_]\w{0,63}$/, BINDING))),
  /** Hosts of the site (`PUBLIC_URL`, `HOSTS`) whose requests go to this origin, unless their rule names another. */
  hosts: v.optional(listOf(hostName(), [1, 101], 'a list of 1 to 101 hosts')),
  /**
   * The beginning of the path that this origin does not get: with `"/api"` it gets `/users` for `/api/users`. Every
   * rule that names this origin must have a `path` below it. See docs/rules.md.
   */
  strip_prefix: v.optional(prefix),
  /** The audience (`aud`) of assertions for this origin. Default: `url`; without it, the origin’s name. */
  audience: v.optional(v.pipe(v.string(AUDIENCE), v.regex(/^[\x21-\x7e]{1,256}$/, AUDIENCE))),
  /** The deadline for this origin’s response headers, in milliseconds. Default: `ORIGIN_TIMEOUT_MS`. */
  timeout_ms: v.optional(originTimeout()),
};

const origin = v.pipe(
  v.strictObject(members, (issue) =>
    issue.expected === 'never'
      ? `no such member; an origin has ${Object.keys(members).join(', ')}`
      : 'an origin: { url = "https://api.example.com" }',
  ),
  v.check(
    ({ url, binding }) => (url ?? binding) !== undefined,
    'an origin with url or binding, or both',
  ),
  v.forward(
    v.check(
      ({ hosts, strip_prefix }) => hosts === undefined || strip_prefix === undefined,
      'no hosts beside strip_prefix: name the origin in rules',
    ),
    ['hosts'],
  ),
);

/** ORIGINS: further origins by name. */
export const origins = json(
  v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), TABLE), // v.record() would take a list for a table
    v.record(v.pipe(v.string(), v.regex(/^[A-Za-z][\w-]{0,31}$/, NAME)), origin, TABLE),
    v.check((table) => Object.keys(table).length <= 50, 'at most 50 origins'),
  ),
);

const anyOrigins = json(v.record(v.string(), v.unknown()));
const withBinding = v.looseObject({ binding: v.string() });

/** Returns the binding that each origin of an environment names, also if `ORIGINS` is wrong otherwise. */
export function originBindings({
  ORIGINS,
}: Readonly<Record<string, unknown>>): (readonly [origin: string, binding: string])[] {
  const table = v.safeParse(anyOrigins, ORIGINS);
  return Object.entries(table.success ? table.output : {}).flatMap(([name, each]) =>
    v.is(withBinding, each) ? [[name, each.binding] as const] : [],
  );
}

/** Reports origins with a binding that the Worker does not have. */
export function unboundOrigins(environment: Readonly<Record<string, unknown>>): string[] {
  return originBindings(environment)
    .filter(([, binding]) => typeof environment[binding] !== 'object')
    .map(([name]) => `ORIGINS.${name}.binding: expected ${BINDING}; got another name.`);
}

/** An origin of `ORIGINS`, with the defaults of its members. */
export interface NamedOrigin {
  /** `undefined`: the origin gets the public URL of the requested host. */
  readonly url: string | undefined;
  /** `undefined`: the origin is called over the network. */
  readonly binding: string | undefined;
  readonly hosts: readonly Authority[];
  readonly prefix: StrippedPrefix | undefined;
  readonly audience: string;
  readonly timeoutMs: number;
}

/** The settings that origins depend on. */
interface OriginSettings {
  readonly PUBLIC_URL: string;
  readonly HOSTS: readonly string[];
  readonly ORIGIN_URL?: string | undefined;
  readonly ORIGIN_TIMEOUT_MS: number;
  readonly ORIGINS: v.InferOutput<typeof origins>;
  readonly RULES: readonly Pick<RuleSettings, 'path' | 'origin'>[];
}

/** Returns the origins of `ORIGINS` by name, and what is wrong with them and with the rules that name them. */
export function readOrigins(
  settings: OriginSettings,
  environment: Readonly<Record<string, unknown>>,
): { readonly origins: ReadonlyMap<string, NamedOrigin>; readonly problems: readonly string[] } {
  const site = new SiteHosts(settings.PUBLIC_URL, settings.HOSTS);
  const problems: string[] = [];
  const named = new Map<string, NamedOrigin>();
  const takenHosts = new Set<Authority>();
  for (const [name, each] of Object.entries(settings.ORIGINS)) {
    const { url, binding } = each;
    const hosts = (each.hosts ?? []).flatMap((text, index) => {
      const host = site.read(text);
      const isGood = host !== undefined && site.originOf(host) && !takenHosts.has(host);
      if (isGood) takenHosts.add(host);
      else {
        problems.push(
          `ORIGINS.${name}.hosts.${index}: expected the host of PUBLIC_URL or one of HOSTS, for one origin only; got another.`,
        );
      }
      return isGood ? [host] : [];
    });
    named.set(name, {
      url,
      binding,
      hosts,
      prefix: each.strip_prefix,
      audience: each.audience ?? url ?? name,
      timeoutMs: each.timeout_ms ?? settings.ORIGIN_TIMEOUT_MS,
    });
  }
  problems.push(...sharedServers(settings, environment, named), ...ruleProblems(settings, named));
  return { origins: named, problems };
}

/**
 * Reports origins that are one server with several prefixes, and servers with one audience.
 *
 * With two prefixes, one path at the server would belong to two paths of the site, and the rule of the one would not
 * be asked about requests for the other. With one audience, a server could use the assertions that it receives at the
 * other server.
 */
function sharedServers(
  { ORIGIN_URL, PUBLIC_URL }: OriginSettings,
  { ORIGIN }: Readonly<Record<string, unknown>>,
  named: ReadonlyMap<string, NamedOrigin>,
): string[] {
  const main = {
    url: ORIGIN_URL,
    binding: ORIGIN === undefined ? undefined : 'ORIGIN',
    prefix: undefined,
    audience: ORIGIN_URL ?? PUBLIC_URL,
  };
  const hasMain = (main.binding ?? main.url) !== undefined;
  const known = hasMain ? [['the origin of the site', main] as const] : [];
  const all = [...known, ...[...named].map(([name, each]) => [`ORIGINS.${name}`, each] as const)];
  return all.flatMap(([name, one], index) =>
    all.slice(0, index).flatMap(([otherName, other]) => {
      const isSameServer = (one.binding ?? one.url) === (other.binding ?? other.url);
      if (isSameServer && one.prefix?.text !== other.prefix?.text) {
        return [
          `${name}.strip_prefix: expected the strip_prefix of ${otherName}, which is the same server; got another.`,
        ];
      }
      return !isSameServer && one.audience === other.audience
        ? [
            `${name}.audience: expected another audience than that of ${otherName}, where assertions for this origin would be good too; got the same.`,
          ]
        : [];
    }),
  );
}

function ruleProblems(
  { RULES }: OriginSettings,
  named: ReadonlyMap<string, NamedOrigin>,
): string[] {
  const names = [...named.keys()].join(', ') || 'the names in ORIGINS';
  return RULES.flatMap(({ path, origin: name }, index) => {
    if (name === undefined) return [];
    const found = named.get(name);
    if (found === undefined)
      return [`RULES.${index}.origin: expected one of ${names}; got another.`];
    const { segments = [], text = '' } = found.prefix ?? {};
    const isBelow =
      path.segments.length > segments.length &&
      segments.every((each, place) => {
        const segment = path.segments[place];
        return typeof segment === 'object' && segment.literal === each;
      });
    return isBelow
      ? []
      : [
          `RULES.${index}.path: expected a path below ${text}/, the strip_prefix of its origin; got another.`,
        ];
  });
}

// Pure: no I/O, no clock.
import { tryDecodeURIComponent } from 'hono/utils/url';
import { type AdmittedTarget, bytesOfKept } from '../http/admit.ts';
import type { Authority } from '../http/authority.ts';
import { isText, type PathReading, segmentsOf } from '../http/path-readings.ts';
import { MemoryTier } from '../runtime/memory-cache.ts';
import type { Condition } from './condition.ts';
import type { PathPattern } from './path-pattern.ts';
import { PathTree } from './path-tree.ts';

/** The requirements of a path, and the treatment of its requests. */
export interface Rule {
  /** The rule's place in the configuration, or `default`; for the log. */
  readonly name: string;
  readonly session: 'none' | 'optional' | 'required';
  /** The name of the origin; `undefined` for that of the host. */
  readonly origin: string | undefined;
  /** The lowest assurance level; `undefined` when any level is enough. */
  readonly aal: AssuranceLevel | undefined;
  /** The longest time since the last sign-in; `undefined` when any time is accepted. */
  readonly authenticatedWithinMs: number | undefined;
  /** The token must have every one of these scopes. */
  readonly scopes: ReadonlySet<string>;
  /** Every condition must be met. */
  readonly conditions: readonly Condition[];
  readonly freshness: 'normal' | 'strict';
  /** The resources that the origin needs a token for; several only if the readings of a path have different ones. */
  readonly exchange: ReadonlySet<string>;
  /** Origins whose preflights Postern answers and whose WebSockets may open. */
  readonly crossOrigins: ReadonlySet<string>;
  readonly forwardsCredentials: boolean;
  /** Names, in lower case, of headers that pass although some product trusts them. */
  readonly forwardedHeaders: ReadonlySet<string>;
  /** Places in the session by header name, in place of the site's; `undefined` for those of the site. */
  readonly identityHeaders: Readonly<Record<string, string>> | undefined;
  readonly cacheControl: 'no-store' | 'origin';
  /** Whether Postern cuts off an answer that is still under way when its session ends. */
  readonly cutsStreams: boolean;
}

/** One rule of `RULES` (docs/configuration.md), with its pattern, condition and host compiled. */
export interface RuleSettings {
  readonly path: PathPattern;
  readonly host?: Authority | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly session: Rule['session'];
  readonly origin?: string | undefined;
  readonly aal?: AssuranceLevel | undefined;
  /** Milliseconds. */
  readonly authenticated_within?: number | undefined;
  readonly scopes: readonly string[];
  readonly allow?: Condition | undefined;
  readonly freshness: Rule['freshness'];
  readonly exchange?: string | undefined;
  readonly preflight: readonly string[];
  readonly forward_credentials: boolean;
  readonly forwarded_headers: readonly string[];
  readonly identity_headers?: Rule['identityHeaders'];
  readonly cache_control: Rule['cacheControl'];
  readonly cut_streams: boolean;
}

export type AssuranceLevel = 'aal1' | 'aal2' | 'aal3';

/** The rule that applies to a target, and the rule of each reading of its path. */
export interface RuleMatch {
  readonly rule: Rule;
  /** One item for each reading of the path, in the target's order. */
  readonly byReading: readonly { readonly reading: PathReading; readonly rule: Rule }[];
}

/**
 * Tells whether the rules of all readings of a path lead to one origin, with the same identity headers. Otherwise the
 * request is refused: no origin may get a path that another one has.
 */
export function isForOneOrigin({ rule, byReading }: RuleMatch): boolean {
  const { origin, identityHeaders } = rule;
  return byReading.every(
    (each) => each.rule.origin === origin && each.rule.identityHeaders === identityHeaders,
  );
}

/** The match of a path for the host and method that asked for it last. */
interface KnownMatch {
  readonly host: Authority;
  readonly method: string;
  readonly match: RuleMatch;
}

const KNOWN_LIMITS = { maxEntries: 256, maxBytes: 65_536 };

interface CompiledRule extends Rule {
  readonly path: PathPattern;
  readonly host: Authority | undefined;
  readonly methods: ReadonlySet<string> | undefined;
}

/** The rule for paths that no configured rule matches: a session is required. */
export const DEFAULT_RULE: Rule = Object.freeze({
  name: 'default',
  session: 'required',
  origin: undefined,
  aal: undefined,
  authenticatedWithinMs: undefined,
  scopes: new Set<string>(),
  conditions: [],
  freshness: 'normal',
  exchange: new Set<string>(),
  crossOrigins: new Set<string>(),
  forwardsCredentials: false,
  forwardedHeaders: new Set<string>(),
  identityHeaders: undefined,
  cacheControl: 'no-store',
  cutsStreams: false,
});

/**
 * The configured rules. The first rule that matches a target applies. A request whose path can be read in several ways
 * has to satisfy the rule of every reading.
 */
export class Rules {
  readonly #rules: readonly CompiledRule[];
  readonly #paths: PathTree;
  readonly #default: Rule;
  /** Matches by path, for paths with one reading. */
  readonly #known = new MemoryTier<KnownMatch>(KNOWN_LIMITS);

  /** @param siteHeaders names, in lower case, of headers that pass on every path */
  constructor(settings: readonly RuleSettings[], siteHeaders: readonly string[] = []) {
    this.#rules = settings.map((each, index) => ruleOf(each, `RULES.${index}`, siteHeaders));
    this.#paths = new PathTree(this.#rules.map(({ path }) => path));
    this.#default = { ...DEFAULT_RULE, forwardedHeaders: new Set(siteHeaders) };
  }

  /** @param method the request's method, or the method that a preflight asks about */
  match(target: AdmittedTarget, method: string = target.method): RuleMatch {
    const { host, readings } = target;
    const [first] = readings;
    if (readings.length > 1 || !isText(first)) return this.#match(target, method);
    const known = this.#known.read(first.text);
    if (known?.host === host && known.method === method) return known.match;
    const match = this.#match(target, method);
    this.#known.keep(first.text, { host, method, match }, bytesOfKept(target));
    return match;
  }

  #match(target: AdmittedTarget, method: string): RuleMatch {
    const byReading = target.readings.map((reading) => ({
      reading,
      rule: this.#firstFor(target.host, method, reading),
    }));
    const [only, another] = byReading;
    if (only !== undefined && another === undefined) return { rule: only.rule, byReading };
    const rules = [...new Set(byReading.map(({ rule }) => rule))];
    return { rule: rules.reduce(combine), byReading };
  }

  /** Returns every origin that a rule of this host lists. They may read refusals made before the rule is known. */
  crossOriginsOf(host: Authority): ReadonlySet<string> {
    const rules = this.#rules.filter((each) => each.host === undefined || each.host === host);
    return new Set(rules.flatMap(({ crossOrigins }) => [...crossOrigins]));
  }

  /**
   * Returns every scope that a rule of this host asks for, at a path or below it. A rule counts if its pattern matches
   * one of these paths.
   *
   * @param path empty for the whole host
   */
  scopesBelow(host: Authority, path: string): ReadonlySet<string> {
    const outer = path.split('/').slice(1).map(tryDecodeURIComponent);
    const rules = this.#rules.filter(
      (each) => (each.host === undefined || each.host === host) && reaches(each.path, outer),
    );
    return new Set(rules.flatMap(({ scopes }) => [...scopes]));
  }

  #firstFor(host: Authority, method: string, reading: PathReading): Rule {
    const places = this.#paths.find(segmentsOf(reading)).filter((place) => {
      const rule = this.#rules[place];
      const isForHost = rule?.host === undefined || rule.host === host;
      return isForHost && (rule?.methods?.has(method) ?? true);
    });
    return this.#rules[Math.min(...places)] ?? this.#default;
  }
}

/** Whether a pattern matches a path that begins with these segments. */
function reaches({ segments }: PathPattern, outer: readonly string[]): boolean {
  const rest = segments.indexOf('any-rest');
  if (rest < 0 && segments.length < outer.length) return false;
  return outer.every((text, index) => {
    const segment = segments[index];
    if (segment === undefined || (rest >= 0 && index >= rest)) return true;
    return typeof segment === 'string' || segment.literal === text;
  });
}

const SESSION_ORDER = ['none', 'optional', 'required'] as const;

/** Returns a rule that requires everything that the two rules require. */
function combine(a: Rule, b: Rule): Rule {
  const bySession = SESSION_ORDER.indexOf(a.session) >= SESSION_ORDER.indexOf(b.session) ? a : b;
  return {
    name: `${a.name}+${b.name}`,
    session: bySession.session,
    origin: a.origin, // see isForOneOrigin()
    aal: [a.aal, b.aal].sort().findLast((level) => level !== undefined),
    authenticatedWithinMs: least(a.authenticatedWithinMs, b.authenticatedWithinMs),
    scopes: new Set([...a.scopes, ...b.scopes]),
    conditions: [...a.conditions, ...b.conditions],
    freshness: a.freshness === 'strict' ? 'strict' : b.freshness,
    exchange: new Set([...a.exchange, ...b.exchange]),
    crossOrigins: inBoth(a.crossOrigins, b.crossOrigins),
    forwardsCredentials: a.forwardsCredentials && b.forwardsCredentials,
    forwardedHeaders: inBoth(a.forwardedHeaders, b.forwardedHeaders),
    identityHeaders: a.identityHeaders, // as origin
    cacheControl: a.cacheControl === 'no-store' ? 'no-store' : b.cacheControl,
    cutsStreams: a.cutsStreams || b.cutsStreams,
  };
}

function inBoth(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((each) => b.has(each)));
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

function ruleOf(
  settings: RuleSettings,
  name: string,
  siteHeaders: readonly string[],
): CompiledRule {
  return {
    name,
    session: settings.session,
    origin: settings.origin,
    aal: settings.aal,
    authenticatedWithinMs: settings.authenticated_within,
    scopes: new Set(settings.scopes),
    conditions: settings.allow === undefined ? [] : [settings.allow],
    freshness: settings.freshness,
    exchange: new Set(settings.exchange === undefined ? [] : [settings.exchange]),
    crossOrigins: new Set(settings.preflight),
    forwardsCredentials: settings.forward_credentials && settings.exchange === undefined,
    forwardedHeaders: new Set([...siteHeaders, ...settings.forwarded_headers]),
    identityHeaders: settings.identity_headers,
    cacheControl: settings.cache_control,
    cutsStreams: settings.cut_streams,
    path: settings.path,
    host: settings.host,
    methods: settings.methods === undefined ? undefined : withHead(settings.methods),
  };
}

/** Adds HEAD to GET, because a HEAD request reveals the same as a GET request. */
function withHead(methods: readonly string[]): ReadonlySet<string> {
  return new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods);
}

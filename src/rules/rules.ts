// Pure: no I/O, no clock.
import type { AdmittedTarget } from '../http/admit.ts';
import type { Authority } from '../http/authority.ts';
import { type PathReading, segmentsOf } from '../http/path-readings.ts';
import type { Condition } from './condition.ts';
import type { PathPattern } from './path-pattern.ts';
import { PathTree } from './path-tree.ts';

/** What a path asks for. */
export interface Rule {
  /** For the log: the rule's place in the configuration, or `default`. */
  readonly name: string;
  readonly session: 'none' | 'optional' | 'required';
  /** The least assurance level; `undefined` when any will do. */
  readonly aal: AssuranceLevel | undefined;
  /** How long ago the person last signed in, at most; `undefined` when it does not matter. */
  readonly authenticatedWithinMs: number | undefined;
  /** All of them must hold. */
  readonly conditions: readonly Condition[];
  readonly freshness: 'normal' | 'strict';
  /** Origins whose preflights are answered and whose WebSockets are let in. */
  readonly crossOrigins: ReadonlySet<string>;
  readonly forwardsCredentials: boolean;
  /** Names, in lower case, that pass although some product believes them. */
  readonly forwardedHeaders: ReadonlySet<string>;
  readonly cacheControl: 'no-store' | 'origin';
  /** Whether an answer that is still under way when its session is over breaks off. */
  readonly cutsStreams: boolean;
}

/** One rule of `RULES` (docs/configuration.md), its pattern, its condition and its host compiled. */
export interface RuleSettings {
  readonly path: PathPattern;
  readonly host?: Authority | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly session: Rule['session'];
  readonly aal?: AssuranceLevel | undefined;
  /** Milliseconds. */
  readonly authenticated_within?: number | undefined;
  readonly allow?: Condition | undefined;
  readonly freshness: Rule['freshness'];
  readonly preflight: readonly string[];
  readonly forward_credentials: boolean;
  readonly forwarded_headers: readonly string[];
  readonly cache_control: Rule['cacheControl'];
  readonly cut_streams: boolean;
}

export type AssuranceLevel = 'aal1' | 'aal2' | 'aal3';

/** Which rule a target came under, and by which reading of its path. */
export interface RuleMatch {
  readonly rule: Rule;
  /** One for each reading of the path, in the target's order. */
  readonly byReading: readonly { readonly reading: PathReading; readonly rule: Rule }[];
}

interface CompiledRule extends Rule {
  readonly path: PathPattern;
  readonly host: Authority | undefined;
  readonly methods: ReadonlySet<string> | undefined;
}

/** What no rule matches requires a session. */
export const DEFAULT_RULE: Rule = Object.freeze({
  name: 'default',
  session: 'required',
  aal: undefined,
  authenticatedWithinMs: undefined,
  conditions: [],
  freshness: 'normal',
  crossOrigins: new Set<string>(),
  forwardsCredentials: false,
  forwardedHeaders: new Set<string>(),
  cacheControl: 'no-store',
  cutsStreams: false,
});

/**
 * The configured rules; the first that matches a target wins. A path that can be read in several
 * ways has to satisfy the rule of every reading.
 */
export class Rules {
  readonly #rules: readonly CompiledRule[];
  readonly #paths: PathTree;
  readonly #default: Rule;

  /** @param siteHeaders names, in lower case, that pass on every path */
  constructor(settings: readonly RuleSettings[], siteHeaders: readonly string[] = []) {
    this.#rules = settings.map((each, index) => ruleOf(each, `RULES.${index}`, siteHeaders));
    this.#paths = new PathTree(this.#rules.map(({ path }) => path));
    this.#default = { ...DEFAULT_RULE, forwardedHeaders: new Set(siteHeaders) };
  }

  /** @param method that of the request, or the one a preflight asks about */
  match(target: AdmittedTarget, method: string = target.method): RuleMatch {
    const byReading = target.readings.map((reading) => ({
      reading,
      rule: this.#firstFor(target.host, method, reading),
    }));
    const [only, another] = byReading;
    if (only !== undefined && another === undefined) return { rule: only.rule, byReading };
    const rules = [...new Set(byReading.map(({ rule }) => rule))];
    return { rule: rules.reduce(combine), byReading };
  }

  /** Every origin that some rule of a host lists: who may read what is refused before a rule is known. */
  crossOriginsOf(host: Authority): ReadonlySet<string> {
    const rules = this.#rules.filter((each) => each.host === undefined || each.host === host);
    return new Set(rules.flatMap(({ crossOrigins }) => [...crossOrigins]));
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

const SESSION_ORDER = ['none', 'optional', 'required'] as const;

/** A rule that is satisfied by whatever satisfies both. */
function combine(a: Rule, b: Rule): Rule {
  const bySession = SESSION_ORDER.indexOf(a.session) >= SESSION_ORDER.indexOf(b.session) ? a : b;
  return {
    name: `${a.name}+${b.name}`,
    session: bySession.session,
    aal: [a.aal, b.aal].sort().findLast((level) => level !== undefined),
    authenticatedWithinMs: least(a.authenticatedWithinMs, b.authenticatedWithinMs),
    conditions: [...a.conditions, ...b.conditions],
    freshness: a.freshness === 'strict' ? 'strict' : b.freshness,
    crossOrigins: inBoth(a.crossOrigins, b.crossOrigins),
    forwardsCredentials: a.forwardsCredentials && b.forwardsCredentials,
    forwardedHeaders: inBoth(a.forwardedHeaders, b.forwardedHeaders),
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
    aal: settings.aal,
    authenticatedWithinMs: settings.authenticated_within,
    conditions: settings.allow === undefined ? [] : [settings.allow],
    freshness: settings.freshness,
    crossOrigins: new Set(settings.preflight),
    forwardsCredentials: settings.forward_credentials,
    forwardedHeaders: new Set([...siteHeaders, ...settings.forwarded_headers]),
    cacheControl: settings.cache_control,
    cutsStreams: settings.cut_streams,
    path: settings.path,
    host: settings.host,
    methods: settings.methods === undefined ? undefined : withHead(settings.methods),
  };
}

/** What HEAD tells is what GET tells. */
function withHead(methods: readonly string[]): ReadonlySet<string> {
  return new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods);
}

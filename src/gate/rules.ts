// Pure: no I/O, no clock.
import type { RuleSettings } from '../config/config.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import { compilePathPattern, type PathPattern } from './path-pattern.ts';

/** What a path asks for. */
export interface Rule {
  /** For the log: the rule's place in the configuration, or `default`. */
  readonly name: string;
  readonly session: 'none' | 'optional' | 'required';
  readonly freshness: 'normal' | 'strict';
  readonly cacheControl: 'no-store' | 'origin';
}

interface CompiledRule extends Rule {
  readonly path: PathPattern;
  readonly methods: ReadonlySet<string> | undefined;
}

/** What no rule matches requires a session. */
const DEFAULT_RULE: Rule = Object.freeze({
  name: 'default',
  session: 'required',
  freshness: 'normal',
  cacheControl: 'no-store',
});

/** The configured rules, compiled once; the first that matches a target wins. */
export class Rules {
  readonly #rules: readonly CompiledRule[];

  constructor(settings: readonly RuleSettings[]) {
    this.#rules = settings.map(compileRule);
  }

  match({ method, decodedPath }: AdmittedTarget): Rule {
    const rule = this.#rules.find(
      ({ path, methods }) => (methods?.has(method) ?? true) && path.matches(decodedPath),
    );
    return rule ?? DEFAULT_RULE;
  }
}

function compileRule(settings: RuleSettings, index: number): CompiledRule {
  const path = compilePathPattern(settings.path);
  if ('problem' in path) throw new Error(`RULES.${index}.path ${path.problem}`); // the schema refused it before
  return {
    name: `RULES.${index}`,
    session: settings.session,
    freshness: settings.freshness,
    cacheControl: settings.cache_control,
    path,
    methods: settings.methods === undefined ? undefined : new Set(settings.methods),
  };
}

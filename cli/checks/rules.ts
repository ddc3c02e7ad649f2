// No I/O, no clock.
import type { Config } from '../../src/config/config.ts';
import type { AdmittedTarget } from '../../src/http/admit.ts';
import { admit } from '../../src/http/admit.ts';
import { DEFAULT_METHODS } from '../../src/http/methods.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { offlineGateway } from '../offline-gateway.ts';
import { error, type Finding, warning } from './finding.ts';
import { coveringRules, findWitnesses, type RuleSpace, type Witness } from './rule-witness.ts';

/** Checks which rules can apply at all, and what they ask. */
export function checkRules(config: Config): Finding[] {
  const reach = new RuleReach(config);
  return [
    ...config.RULES.flatMap((_, index) => reach.findProblem(index)),
    ...findUnknownLevels(config),
    ...findClosedForms(config),
  ];
}

/** Returns a request to which each rule applies, by the rule's index. A rule that never applies has none. */
export function exampleRequests(config: Config): readonly (string | undefined)[] {
  const reach = new RuleReach(config);
  return config.RULES.map((_, index) => reach.example(index));
}

class RuleReach {
  readonly #config: Config;
  readonly #hosts: SiteHosts;
  readonly #space: RuleSpace;
  readonly #isGatewayRoute: (target: AdmittedTarget) => boolean;

  constructor(config: Config) {
    const { PUBLIC_URL, HOSTS, FURTHER_METHODS, ALLOWED_PATH_FORMS } = config;
    this.#config = config;
    this.#hosts = new SiteHosts(PUBLIC_URL, HOSTS);
    this.#space = {
      hosts: this.#hosts.authorities,
      methods: [...DEFAULT_METHODS, ...FURTHER_METHODS],
      allowsEmptySegments: ALLOWED_PATH_FORMS.includes('double_slash'),
    };
    this.#isGatewayRoute = offlineGateway(config).isGatewayRoute;
  }

  example(index: number): string | undefined {
    const [first] = this.#reachable(index).filter(({ target }) => !this.#isGatewayRoute(target));
    return first && `${first.witness.method} ${first.url}`;
  }

  findProblem(index: number): Finding[] {
    const path = ['vars', 'RULES', index];
    const reachable = this.#reachable(index);
    if (reachable.length === 0) return [error(this.#whyNever(index), path)];
    if (!reachable.every(({ target }) => this.#isGatewayRoute(target))) return [];
    const isAsked = this.#config.FORWARD_AUTH_SECRETS !== undefined;
    const text = `RULES.${index}: every path of this rule, such as ${reachable[0]?.target.path}, is a route of Postern's own. Postern answers it, and RULES do not apply. Remove the rule.`;
    return [
      isAsked
        ? warning(`${text} It only counts where another proxy asks about such a path.`, path)
        : error(text, path),
    ];
  }

  /** Returns the requests to which a rule applies, without those that are refused before the rules are asked. */
  #reachable(index: number) {
    return [...findWitnesses(this.#config.RULES, index, this.#space)].flatMap((witness) => {
      const url = this.#urlOf(witness);
      const { method } = witness;
      const allowedForms = new Set(this.#config.ALLOWED_PATH_FORMS);
      const target = admit(
        { method, url, headers: new Headers() },
        { hosts: this.#hosts, allowedForms },
      );
      return target.ok ? [{ witness, url, target: target.value }] : [];
    });
  }

  #urlOf({ host, segments }: Witness): string {
    const origin = this.#hosts.origins.find((each) => each.endsWith(`//${host}`));
    return `${origin}/${segments.map(encodeURIComponent).join('/')}`;
  }

  #whyNever(index: number): string {
    const { RULES } = this.#config;
    const rule = RULES[index];
    const isMethod = rule?.methods?.every((method) => !this.#space.methods.includes(method));
    if (isMethod) {
      return `RULES.${index}: this rule never applies: the site takes none of its methods (${rule?.methods?.join(', ')}). Add them to FURTHER_METHODS, or remove the rule.`;
    }
    const isRefused = findWitnesses(RULES, index, this.#space).next().done !== true;
    const covering = isRefused ? [] : coveringRules(RULES, index, this.#space);
    if (covering.length === 0) {
      return `RULES.${index}: this rule never applies: a path with these segments is refused (400), because it could be read in several ways. Write the path in its plain form, or allow the form in ALLOWED_PATH_FORMS.`;
    }
    const names = covering.map((place) => `RULES.${place}`).join(' and ');
    const other = RULES[covering[0] ?? 0];
    const isTwin = covering.length === 1 && other?.path.source === rule?.path.source;
    const opposite =
      other !== undefined && covering.length === 1 && other.session !== rule?.session
        ? ` That rule has session = "${other.session}", and this one "${rule?.session}", which therefore does not count.`
        : '';
    return isTwin
      ? `RULES.${index}: this rule never applies: ${names} has the same path and comes first.${opposite} Keep one of the two.`
      : `RULES.${index}: this rule never applies: ${names} ${covering.length === 1 ? 'matches' : 'together match'} every request that it matches, and the first match wins.${opposite} Put this rule before, or remove it.`;
  }
}

/** Kratos knows aal1 and aal2, and no other issuer's sessions have a level. */
function findUnknownLevels({ RULES }: Config): Finding[] {
  return RULES.flatMap(({ aal }, index) =>
    aal === 'aal3'
      ? [
          error(
            `RULES.${index}.aal: expected "aal1" or "aal2"; got "aal3". No session reaches aal3, so every request gets 403. Did you mean "aal2"?`,
            ['vars', 'RULES', index, 'aal'],
          ),
        ]
      : [],
  );
}

/** With `SELF_SERVICE` people sign in at forms of the site. Nobody could open them if no path is open. */
function findClosedForms({ SELF_SERVICE, RULES }: Config): Finding[] {
  if (!SELF_SERVICE || RULES.some(({ session }) => session !== 'required')) return [];
  return [
    error(
      'SELF_SERVICE: expected a rule with session = "none" for the pages that show the forms (the ui_url of each flow of Kratos), because SELF_SERVICE is true; got none. Without one, nobody can reach the sign-in form. Add one, such as { path = "/ui/*", session = "none" }.',
      ['vars', 'SELF_SERVICE'],
    ),
  ];
}

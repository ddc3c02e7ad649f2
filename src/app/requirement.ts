import * as v from 'valibot';
import { describeIssue } from '../config/config.ts';
import { rule } from '../config/rule-settings.ts';
import type { AuthorizationOptions } from '../routes/gate/authorize.ts';
import { loadConditionLanguage } from '../rules/compile-condition.ts';
import { type Rule, Rules } from '../rules/rules.ts';
import { failed, type Result, success } from '../runtime/result.ts';

/** The requirements of one route, as in `RULES` (docs/rules.md). */
export interface Requirement {
  readonly session: 'optional' | 'required';
  readonly aal?: string | undefined;
  readonly authenticatedWithin?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly allow?: string | undefined;
  readonly freshness?: string | undefined;
}

/** Puts a requirement in the place of those of `RULES`. */
export type RequireOf = (rules: AuthorizationOptions['rules']) => AuthorizationOptions['rules'];

/** Compiles a requirement. A failure has one line for each problem. */
export async function readRequirement(
  requirement: Requirement,
): Promise<Result<RequireOf, string[]>> {
  const { session, aal, authenticatedWithin, scopes, allow, freshness, ...unknown } = requirement;
  const unknownNames = Object.keys(unknown);
  if (unknownNames.length > 0) return failed(unknownNames.map(explainUnknown));
  if (allow !== undefined) await loadConditionLanguage();
  const members = { aal, authenticated_within: authenticatedWithin, scopes, allow, freshness };
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  const read = v.safeParse(rule, { path: '/*', session, ...Object.fromEntries(present) });
  if (!read.success)
    return failed(read.issues.map((issue) => `requirement: ${describeIssue(issue)}`));
  const required = new Rules([{ ...read.output, host: undefined }]);
  return success((rules) => ({
    match(target, method) {
      const own = required.match(target, method);
      const { rule: configured } = rules.match(target, method);
      return { ...own, rule: combine(own.rule, configured) };
    },
    crossOriginsOf: (host) => rules.crossOriginsOf(host),
    scopesBelow: (host, path) => rules.scopesBelow(host, path),
  }));
}

function explainUnknown(name: string): string {
  return `requirement: there is no ${name}. Expected aal, allow, authenticatedWithin, scopes or freshness. Correct or remove it.`;
}

/** Returns the rule of the requirement, with the treatment that `RULES` has for the path. */
function combine(required: Rule, configured: Rule): Rule {
  const { session, aal, authenticatedWithinMs, scopes, conditions, freshness } = required;
  const isRequired = session === 'required';
  return {
    ...configured,
    name: 'requirement',
    ...{ session, aal, authenticatedWithinMs, scopes, conditions, freshness },
    exchange: isRequired ? configured.exchange : new Set(),
    forwardsCredentials: isRequired && configured.forwardsCredentials,
  };
}

// Pure: no I/O, no clock.
import type { AdmittedTarget } from '../../http/admit.ts';
import { type Asked, readAsked } from '../../http/preflight.ts';
import type { Rule, Rules } from '../../rules/rules.ts';

/** What a browser asks before a cross-origin request (Fetch standard, CORS-preflight request). */
export interface Preflight extends Asked {
  /** The rule of the request that is to follow, which lets this origin ask. */
  readonly rule: Rule;
}

/**
 * Reads a preflight that the rule of the request to follow wants answered. Every other OPTIONS is a request like any
 * other.
 */
export function readPreflight(
  headers: Headers,
  target: AdmittedTarget,
  { rules, methods }: { readonly rules: Rules; readonly methods: ReadonlySet<string> },
): Preflight | undefined {
  const asked = readAsked(target.method, headers);
  if (asked === undefined || !methods.has(asked.method)) return undefined;
  const { rule } = rules.match(target, asked.method);
  return rule.crossOrigins.has(asked.origin) ? { ...asked, rule } : undefined;
}

// Pure: no I/O, no clock.
import type { AdmittedTarget } from '../../http/admit.ts';
import { type Asked, readAsked } from '../../http/preflight.ts';
import type { Rule, Rules } from '../../rules/rules.ts';

/** A CORS preflight, which a browser sends before a cross-origin request (Fetch standard, CORS-preflight request). */
export interface Preflight extends Asked {
  /** The rule of the request that is to follow. It allows this origin. */
  readonly rule: Rule;
}

/**
 * Reads a preflight whose origin is allowed by the rule of the request that is to follow; `undefined` for any other
 * request. Any other `OPTIONS` is authorised like every request.
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

import type { Result } from '../runtime/result.ts';
import type { JsonObject } from '../session/session.ts';

/** What a condition came to. `failed` denies as much as `not-met`, and says why in the log. */
export type ConditionOutcome =
  | { readonly kind: 'met' }
  | { readonly kind: 'not-met' }
  /** `detail` is made of the configuration's own text: never of the session. */
  | { readonly kind: 'failed'; readonly detail: string };

/** A condition over the session, in the Common Expression Language (cel.dev), compiled once. */
export interface Condition {
  readonly source: string;
  evaluate(session: JsonObject): ConditionOutcome;
}

let language: typeof import('./condition-language.ts') | undefined;

/**
 * Loads the condition language, which is a fifth of the Worker's code and needed only where a rule has `allow`. Rejects
 * when its module is missing or does not start; the next call tries again.
 */
export async function loadConditionLanguage(): Promise<void> {
  try {
    // Each request waits for a promise of its own; the runtime evaluates the module once for all of them.
    language ??= await import('./condition-language.ts');
  } catch (error) {
    throw new Error(
      `The condition language could not be loaded (${error}). Deploy condition-language.js beside worker.js, as wrangler.toml does.`,
      { cause: error },
    );
  }
}

/**
 * Reads a condition; the failure is for the operator, and names what was expected. Throws before
 * {@link loadConditionLanguage} has loaded the language.
 */
export function compileCondition(source: string): Result<Condition, string> {
  if (language === undefined) throw new Error('compileCondition() before loadConditionLanguage()');
  return language.compileCondition(source);
}
